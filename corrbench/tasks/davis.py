"""Video object segmentation: masks of frame 0 carried through the video, scored by J and F."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.images import VOID, LazyFiles, read_mask, write_mask
from corrbench.core.video import MaskVideo
from corrbench.errors import PredictionError
from corrbench.metrics.davis_csv import global_results, per_sequence_results
from corrbench.metrics.segmentation import frame_scores
from corrbench.metrics.summary import SegmentationSummary, summarise_segmentation
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule, SegmentationScoring
from corrbench.tasks.masks import MaskChannels, to_channels, to_mask
from corrbench.tasks.predictions import prediction_files
from corrbench.tasks.task import SequenceScores, Summary

ABSENT_SHARE = 0.5  # of scored frames without the object, from which on a note says so


@dataclass(frozen=True)
class MaskPass:
    """One walk of the masks through a video."""

    truth: Tensor  # (H, W) ids of frame 0
    channels: MaskChannels
    network: tuple[int, int]
    protocol: Protocol

    @property
    def first(self) -> Tensor:
        return self.channels.soft

    def predict(self, index: int, soft: Tensor) -> Tensor:
        """The mask (H, W) uint8 of frame `index`; of frame 0 the ground truth where the protocol says so."""
        rule = self.protocol.part(MaskRule)
        if index == 0 and rule.first_output == "truth":
            return self.truth.masked_fill(self.truth == VOID, 0)
        original = (self.truth.shape[0], self.truth.shape[1])
        return to_mask(soft, self.channels.ids, self.network, original, rule)


class MaskScorer:
    """J and F of the objects of frame 0, on the frames that the protocol scores and the data set annotates."""

    def __init__(self, video: MaskVideo, scoring: SegmentationScoring) -> None:
        self._video = video
        self._scoring = scoring
        first = video.labels[0]
        self._objects = 0 if first is None else int(first.masked_fill(first == VOID, 0).max())
        # Python numbers, not tensors: small blocks kept between the large ones of a frame would fragment the heap.
        self._stems: list[str] = []
        self._region: list[list[float]] = []  # (n, O)
        self._boundary: list[list[float]] = []
        self._absent: list[list[bool]] = []

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        return self._scoring.skip_first <= index < len(self._video) - self._scoring.skip_last

    def add(self, index: int, predicted: Tensor, truth: Tensor | None) -> None:
        """Score the ids (H, W) of one frame. PredictionError for void, an id that frame 0 lacks, or another size."""
        if truth is None:
            return
        self._check(index, predicted, truth)
        truth = truth.to(predicted.device)
        region, boundary = frame_scores(predicted, truth, self._objects, self._scoring.boundary_tolerance)
        self._stems.append(self._video.stems[index])
        self._region.append(region.tolist())
        self._boundary.append(boundary.tolist())
        self._absent.append([not bool((truth == number).any()) for number in range(1, self._objects + 1)])

    def scores(self) -> SequenceScores:
        """J and F, each (O, n)."""
        objects = tuple(str(number) for number in range(1, self._objects + 1))
        values = {
            measure: torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(objects)).t().contiguous()  # (O, n)
            for measure, rows in (("J", self._region), ("F", self._boundary))
        }
        shares = [sum(column) / len(column) for column in zip(*self._absent, strict=True)]
        notes = [
            f"{self._video.name}: object {number} is absent from {share:.0%} of the scored frames; "
            "predicting nothing there scores 1"
            for number, share in zip(objects, shares, strict=False)  # no shares where nothing was scored
            if share > ABSENT_SHARE
        ]
        return SequenceScores(objects, tuple(self._stems), values, tuple(notes))

    def _check(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        where = f"{self._video.name}, frame {self._video.stems[index]}"
        if predicted.shape != truth.shape:
            raise PredictionError(
                f"{where}: the prediction has size {tuple(predicted.shape)}, the ground truth {tuple(truth.shape)} "
                "(rows, columns); resize it with nearest neighbour before scoring"
            )
        largest = int(predicted.max())
        if largest == VOID:
            raise PredictionError(f"{where}: the prediction holds 255 (void); write 0 where there is no object")
        if largest > self._objects:
            raise PredictionError(
                f"{where}: the prediction holds id {largest}, but frame 0 of the ground truth has objects "
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
        return MaskPass(truth, to_channels(truth, grid, network, protocol.part(MaskRule)), network, protocol)

    def scorer(self, video: MaskVideo, protocol: Protocol) -> MaskScorer:
        """A new scorer for the video."""
        return MaskScorer(video, protocol.part(SegmentationScoring))

    def write(self, folder: Path, stem: str, prediction: Tensor) -> None:
        """Write the ids (H, W) as folder/stem.png, indexed with the DAVIS palette."""
        write_mask(folder / f"{stem}.png", prediction)

    def read(self, folder: Path, video: MaskVideo, protocol: Protocol) -> LazyFiles:
        """The predictions in folder/STEM.png, one a frame; those of frames that are not scored may be missing."""
        scoring = protocol.scoring
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
    return summarise_segmentation(values, protocol.scoring.recall_threshold, protocol.scoring.decay_bins)
