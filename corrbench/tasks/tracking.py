"""Box tracking: the box of frame 0 followed through the video, scored by overlaps and distances of centres."""

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError, ProtocolError
from corrbench.metrics.box_curves import (
    SUCCESS_OVERLAPS,
    BoxScores,
    BoxValues,
    box_scores,
    box_values,
    mean_box_scores,
    overlap_scores,
)
from corrbench.metrics.boxes import box_overlaps
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tracking_rules import BoxScoring
from corrbench.tasks.box_files import Track, read_track, track_files, write_track
from corrbench.tasks.task import SequenceScores, Summary

OBJECT = "1"  # the only one
SHIFTS = (1, -1)  # pixels, along x and y, by which boxes are off that count from 0 where 1 is meant, or the reverse
EXACT = 0.001  # pixels, beyond the three decimals of a file
METRICS = {
    "AUC": "auc",
    "P@20": "precision",
    "NP@20": "normalised_precision",
    "SR@0.5": "success_rate",
}


class BoxScorer:
    """Overlaps and centre errors of the boxes of one video. Frames may be added in any order."""

    def __init__(self, video: Video[Tensor], scoring: BoxScoring) -> None:
        self._video = video
        self._scoring = scoring
        self._frames: dict[int, tuple[list[float], list[float]]] = {}  # predicted box and true one

    def wants(self, index: int) -> bool:
        """Whether frame `index` is scored: every one is."""
        return True

    def add(self, index: int, predicted: Tensor, truth: Tensor | None) -> None:
        """Take the box (4,) of one frame; what a frame without truth counts is for the rule to say."""
        if predicted.shape != (4,):
            raise PredictionError(
                f"{self._video.name}, frame {self._video.stems[index]}: predicted {tuple(predicted.shape)} numbers; "
                "a box has four, (x, y, w, h)"
            )
        self._frames[index] = predicted.tolist(), [nan] * 4 if truth is None else truth.tolist()

    def scores(self) -> SequenceScores:
        """Overlap, centre error and normalised error, each (1, n) for the n frames that count.

        `shifted` (2, n) holds the overlaps with the truth moved by (1, 1) and by (-1, -1) pixels. It is NaN where the
        first box is the true one: then boxes and truth count from the same number.
        """
        indices = sorted(self._frames)
        rows = [self._frames[index] for index in indices]
        predicted, truth = (
            torch.tensor([row[side] for row in rows], dtype=torch.float64).reshape(-1, 4) for side in (0, 1)
        )
        size = self._video.frames[0].shape[1:] if self._scoring.pooled else None
        values = box_values(predicted, truth, self._scoring, (size[0], size[1]) if size else None)
        scored = ~values.overlap.isnan()
        return SequenceScores(
            objects=(OBJECT,),
            stems=tuple(
                self._video.stems[index] for index, counts in zip(indices, scored.tolist(), strict=True) if counts
            ),
            values={
                "overlap": values.overlap[None, scored],
                "centre_error": values.centre_error[None, scored],
                "normalised_error": values.normalised_error[None, scored],
                "shifted": _shifted(predicted, truth)[:, scored],
            },
            notes=self._notes(predicted, truth),
        )

    def _notes(self, predicted: Tensor, truth: Tensor) -> tuple[str, ...]:
        unknown, lost = (int(boxes.isnan().any(1).sum()) for boxes in (truth, predicted))
        fate = "left out" if self._scoring.missing_truth == "left_out" else "counted as missed"
        notes = {
            f"{unknown} of {len(truth)} frames have no ground truth and are {fate}": unknown,
            f"{lost} of {len(truth)} frames have no prediction and are counted as missed": lost,
        }
        return tuple(f"{self._video.name}: {note}" for note, count in notes.items() if count)


class TrackingTask:
    """The task `tracking`."""

    name = "tracking"
    reader = "otb"
    labels = "boxes"  # of the embedded sample
    default_protocol = "mask"
    metrics = (*METRICS, "AO", "SR@0.75")

    def first_box(self, video: Video[Tensor]) -> Tensor:
        """The box (4,) that tracking starts from; DataError when there is none, or none with an area."""
        box, where = video.labels[0], f"{video.name}: frame {video.stems[0]}"
        if box is None:
            raise DataError(f"{where} has no box to start from; annotate it")
        if box.shape != (4,):
            raise DataError(f"{where} has a label {tuple(box.shape)}; tracking starts from a box (x, y, w, h)")
        if not (bool(box.isfinite().all()) and box[2] > 0 and box[3] > 0):
            raise DataError(f"{where} has the box {box.tolist()} (x, y, w, h); it needs finite numbers and an area")
        return box

    def start(self, truth: Tensor, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> NoReturn:
        """Nothing: ProtocolError, since boxes are not carried as soft labels of whole frames."""
        raise ProtocolError(f"protocol {protocol.name} for {self.name} has no tracker to follow boxes; choose another")

    def scorer(self, video: Video[Tensor], protocol: Protocol) -> BoxScorer:
        """A new scorer for the video."""
        return BoxScorer(video, protocol.part(BoxScoring))

    def write(self, folder: Path, stem: str, prediction: Track) -> None:
        """Write the track of the whole sequence `stem`: folder/STEM_001.txt, and STEM_time.txt where it was timed."""
        write_track(folder, stem, prediction)

    def locate(self, root: Path, sequences: Sequence[str]) -> dict[str, Path]:
        """The file with the predictions for each sequence, root/NAME.txt or root/NAME/NAME_001.txt."""
        return track_files(root, sequences)

    def read(self, folder: Path, video: Video[Tensor], protocol: Protocol) -> list[Tensor]:
        """The boxes in a file that `locate` found, one a frame.

        PredictionError where there are more than frames, or fewer, unless the rule counts those as lost: then NaN.
        """
        boxes, count = read_track(folder), len(video)
        missing = count - len(boxes)
        if missing < 0:
            raise PredictionError(f"{folder}: {len(boxes)} boxes for {count} frames; write one for every frame")
        if missing and protocol.part(BoxScoring).missing_rows == "refused":
            raise PredictionError(
                f"{folder}: {len(boxes)} boxes for {count} frames; write one for every frame, or score the missing "
                "ones as lost with --allow-short"
            )
        return boxes + [torch.full((4,), nan, dtype=torch.float64)] * missing

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The means over sequences that have scored frames, however long they are; no metrics where none has.

        By the rule of GOT-10k the means over their frames, AO and success rates.
        """
        rule = protocol.part(BoxScoring)
        scored = {name: box_scores(_values(one), rule) for name, one in sequences.items() if one.stems}
        notes = [note for one in sequences.values() for note in one.notes]
        unscored = [name for name in sequences if name not in scored]
        if unscored:
            notes.append(f"left out, for want of frames to score: {', '.join(unscored)}")
        notes += _suspicions(sequences)
        if not scored:
            return Summary({}, {}, tuple(notes))
        if rule.pooled:
            metrics = _pooled([sequences[name] for name in scored])
            objects = {f"{name}_{OBJECT}": _pooled([sequences[name]]) for name in scored}
        else:
            metrics = _metrics(mean_box_scores(list(scored.values())))
            objects = {f"{name}_{OBJECT}": _metrics(scores) for name, scores in scored.items()}
        return Summary(metrics, objects, tuple(notes))

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """None: got10k and pysot keep their results in files of their own making."""
        return {}


def tracking() -> TrackingTask:
    """The plugin `tracking` of `corrbench.tasks`."""
    return TrackingTask()


def _values(scores: SequenceScores) -> BoxValues:
    return BoxValues(*(scores.values[key][0] for key in ("overlap", "centre_error", "normalised_error")))


def _metrics(scores: BoxScores) -> dict[str, float]:
    return {metric: float(getattr(scores, name)) for metric, name in METRICS.items()}


def _pooled(sequences: Sequence[SequenceScores]) -> dict[str, float]:
    """AO and success rates over the frames of all sequences together."""
    scores = overlap_scores([one.values["overlap"][0] for one in sequences])
    rates = {f"SR@{overlap}": rate for overlap, rate in zip(SUCCESS_OVERLAPS, scores.success_rates, strict=True)}
    return {"AO": scores.average_overlap, **rates}


def _shifted(predicted: Tensor, truth: Tensor) -> Tensor:
    """Overlaps (2, T) with the true boxes moved by each of SHIFTS; NaN where the first box is exact or none is true."""
    unknown = truth.isnan().any(1)
    if len(truth) and bool((predicted[0] - truth[0]).abs().max() <= EXACT):
        unknown = torch.ones_like(unknown)
    overlaps = [box_overlaps(predicted, truth + truth.new_tensor([shift, shift, 0, 0])) for shift in SHIFTS]
    return torch.stack(overlaps).masked_fill(unknown, nan)


def _suspicions(sequences: Mapping[str, SequenceScores]) -> list[str]:
    """What looks like a mistake in the files: frame 0 tells nothing, as evaluators replace it."""
    if not any(len(one.stems) > 1 for one in sequences.values()):
        return []
    overlaps = torch.cat([one.values["overlap"][0, 1:] for one in sequences.values()])
    shifted = torch.cat([one.values["shifted"][:, 1:] for one in sequences.values()], dim=1)
    notes = []
    if bool((overlaps == 1).all()):
        notes.append("every overlap is exactly 1: check that predictions and ground truth are not the same files")
    known = ~shifted.isnan().any(0)
    if bool(known.any()):
        as_read = float(overlaps[known].mean())
        best, shift = max(zip(shifted[:, known].mean(1).tolist(), SHIFTS, strict=True))
        if best > as_read:
            notes.append(
                f"predictions fit better with the ground truth moved by ({shift}, {shift}) pixels, mean overlap "
                f"{best:.3f}, than as read, {as_read:.3f}: x and y have to count from 1; check the files"
            )
    return notes
