"""Video object segmentation: masks of frame 0 carried through the video, scored by J and F."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.images import VOID, LazyFiles, read_mask, write_mask
from corrbench.core.video import MaskVideo
from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_radius
from corrbench.metrics.counting import FrameScores
from corrbench.metrics.davis_csv import global_results, per_sequence_results
from corrbench.metrics.packed import packed_frame_scores
from corrbench.metrics.segmentation import batch_scores
from corrbench.metrics.summary import SegmentationSummary, summarise_segmentation
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule, SegmentationScoring
from corrbench.tasks.masks import MaskPass, at_scored_size, to_channels
from corrbench.tasks.predictions import prediction_files
from corrbench.tasks.task import SequenceScores, Summary

ABSENT_SHARE = 0.5  # of scored frames without the object, from which on a note says so
BATCH_PIXELS = 2**23  # of the masks that a GPU scores together: some 80 MB


class MaskScorer:
    """J and F of the objects of frame 0, on the frames that the protocol scores and the data set annotates.

    Frames may be added in any order, and those on the CPU from several threads. Those on a GPU wait until there are
    enough to be scored together; until then their predictions must not be written to.
    """

    any_order = True

    def __init__(self, video: MaskVideo, scoring: SegmentationScoring) -> None:
        self._video = video
        self._scoring = scoring
        first = video.labels[0]
        self._objects = 0 if first is None else int(first.masked_fill(first == VOID, 0).max())
        # Python numbers, not tensors: small blocks kept between the large ones of a frame would fragment the heap.
        self._frames: dict[int, FrameScores] = {}
        self._waiting: list[tuple[int, Tensor, Tensor]] = []  # frame, prediction on a GPU, truth

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        return self._scoring.skip_first <= index < len(self._video) - self._scoring.skip_last

    def add(self, index: int, predicted: Tensor, truth: Tensor | None) -> None:
        """Score the ids (H, W) of one frame. PredictionError for void, an id that frame 0 lacks, or another size.

        A frame on a GPU may be scored, and refused, by a later call or by `scores`.
        """
        if truth is None:
            return
        truth = at_scored_size(truth, self._scoring)
        self._check_size(index, predicted, truth)
        if predicted.device.type == truth.device.type == "cpu":
            ids, (height, width) = predicted.numpy(), predicted.shape
            self._check_ids(index, int(ids.max()))
            radius = boundary_radius(height, width, self._scoring.boundary_tolerance)
            self._frames[index] = packed_frame_scores(ids, truth.numpy(), self._objects, radius)
            return
        self._wait(index, predicted, truth)

    def scores(self) -> SequenceScores:
        """J and F, each (O, n)."""
        self._score_waiting()
        objects = tuple(str(number) for number in range(1, self._objects + 1))
        frames = [self._frames[index] for index in sorted(self._frames)]
        values = {
            measure: torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(objects)).t().contiguous()  # (O, n)
            for measure, rows in (("J", [f.region for f in frames]), ("F", [f.boundary for f in frames]))
        }
        shares = [sum(column) / len(column) for column in zip(*(f.absent for f in frames), strict=True)]
        notes = [
            f"{self._video.name}: object {number} is absent from {share:.0%} of the scored frames; "
            "predicting nothing there scores 1"
            for number, share in zip(objects, shares, strict=False)  # no shares where nothing was scored
            if share > ABSENT_SHARE
        ]
        stems = tuple(self._video.stems[index] for index in sorted(self._frames))
        return SequenceScores(objects, stems, values, tuple(notes))

    def _wait(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        """Keep the frame until more would be too many."""
        if self._waiting and self._waiting[0][1].shape != predicted.shape:
            self._score_waiting()
        self._waiting.append((index, predicted, truth))
        if (len(self._waiting) + 1) * max(self._objects, 1) * predicted.numel() > BATCH_PIXELS:
            self._score_waiting()

    def _score_waiting(self) -> None:
        if not self._waiting:
            return
        indices, predicted, truth = zip(*self._waiting, strict=True)
        self._waiting.clear()
        device, tolerance = predicted[0].device, self._scoring.boundary_tolerance
        batch = batch_scores(torch.stack(predicted), torch.stack(truth).to(device), self._objects, tolerance)
        for index, largest, scores in zip(indices, batch.largest.tolist(), batch.frames(), strict=True):
            self._check_ids(index, largest)
            self._frames[index] = scores

    def _where(self, index: int) -> str:
        return f"{self._video.name}, frame {self._video.stems[index]}"

    def _check_size(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        if predicted.shape != truth.shape:
            raise PredictionError(
                f"{self._where(index)}: the prediction has size {tuple(predicted.shape)}, the ground truth "
                f"{tuple(truth.shape)} (rows, columns); resize it with nearest neighbour before scoring"
            )

    def _check_ids(self, index: int, largest: int) -> None:
        if largest == VOID:
            raise PredictionError(
                f"{self._where(index)}: the prediction holds 255 (void); write 0 where there is no object"
            )
        if largest > self._objects:
            raise PredictionError(
                f"{self._where(index)}: the prediction holds id {largest}, but frame 0 of the ground truth has objects "
                f"1 to {self._objects}; check that ids are those of frame 0"
            )


class MaskTask:
    """The task `davis`."""

    name = "davis"
    reader = "davis"
    default_protocol = "stt"
    metrics = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")

    def start(self, truth: Tensor, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> MaskPass:
        """The walk of the mask (H, W) of frame 0 through its video."""
        truth = at_scored_size(truth, protocol.part(SegmentationScoring))
        return MaskPass(truth, to_channels(truth, grid, network, protocol.part(MaskRule)), network, protocol)

    def scorer(self, video: MaskVideo, protocol: Protocol) -> MaskScorer:
        """A new scorer for the video."""
        return MaskScorer(video, protocol.part(SegmentationScoring))

    def write(self, folder: Path, stem: str, prediction: Tensor) -> None:
        """Write the ids (H, W) as folder/stem.png, indexed with the DAVIS palette."""
        write_mask(folder / f"{stem}.png", prediction)

    def read(self, folder: Path, video: MaskVideo, protocol: Protocol) -> LazyFiles[Tensor]:
        """The predictions in folder/STEM.png, one a frame; those of frames that are not scored may be missing."""
        scoring = protocol.part(SegmentationScoring)
        needed = range(scoring.skip_first, len(video) - scoring.skip_last)
        return LazyFiles(prediction_files(folder, video.stems, ".png", needed), read_mask)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The means over objects of all sequences that have scored frames; no metrics where none has."""
        summary = _summary(sequences, protocol)
        notes = [note for scores in sequences.values() for note in scores.notes]
        if summary.unscored:
            notes.append(
                f"left out, for want of objects, annotations or frames to score: {', '.join(summary.unscored)}"
            )
        values = [v for scores in sequences.values() for v in scores.values.values() if v.numel()]
        if values and all(bool((v == 1).all()) for v in values):
            notes.append("every value is exactly 1: check that predictions and ground truth are not the same files")
        return Summary(
            metrics=summary.metrics if values else {},
            objects={
                name: {
                    f"{letter}-{key}": getattr(numbers, key.lower())
                    for letter, numbers in (("J", region), ("F", boundary))
                    for key in ("Mean", "Recall", "Decay")
                }
                for name, (region, boundary) in summary.objects.items()
            },
            notes=tuple(notes),
        )

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """The two CSV files of davis2017-evaluation."""
        summary = _summary(sequences, protocol)
        return {
            f"global_results-{split}.csv": global_results(summary),
            f"per-sequence_results-{split}.csv": per_sequence_results(summary),
        }


def davis() -> MaskTask:
    """The plugin `davis` of `corrbench.tasks`."""
    return MaskTask()


def _summary(sequences: Mapping[str, SequenceScores], protocol: Protocol) -> SegmentationSummary:
    values = {name: (scores.values["J"], scores.values["F"]) for name, scores in sequences.items()}
    scoring = protocol.part(SegmentationScoring)
    return summarise_segmentation(values, scoring.recall_threshold, scoring.decay_bins)
