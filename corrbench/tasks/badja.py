"""The joints of animals (BADJA): those marked in the first frame carried through the video, scored by PCK."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from corrbench.core.points import Points
from corrbench.errors import DataError
from corrbench.metrics.pck import scaled_distances
from corrbench.metrics.points import mean_over_videos, point_pck
from corrbench.protocols.point_rules import MARK_THRESHOLD, MarkScoring
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.point_files import read_video, write_points
from corrbench.tasks.points import PointPass, PointScorer, PointVideo, start_points
from corrbench.tasks.task import SequenceScores, Summary

PCK = f"PCK@{MARK_THRESHOLD}"


class MarkTask:
    """The task `badja`."""

    name = "badja"
    reader = "badja"
    labels = "points"  # of the embedded sample
    default_protocol = "stt"
    metrics = (PCK, "coverage")

    def start(self, truth: Points, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> PointPass:
        """The walk of the joints of frame 0 through their video."""
        return start_points(truth, grid, network, protocol)

    def scorer(self, video: PointVideo, protocol: Protocol) -> PointScorer:
        """A new scorer for the video.

        Its value is `distance`, (J, n), in units of the frame's scale: NaN where a joint is not marked visible,
        infinite where it is and was lost, or had no mark in frame 0 to start from.
        """
        return PointScorer(video, protocol.part(MarkScoring).skip_first, _measured)

    def write(self, folder: Path, stem: str, prediction: Points) -> None:
        """Write folder/STEM.csv, see `write_points`."""
        write_points(folder, stem, prediction)

    def read(self, folder: Path, video: PointVideo, protocol: Protocol) -> Sequence[Points | None]:
        """The predictions in folder/STEM.csv, or all of the video in folder/points.npz, see `read_video`."""
        return read_video(folder, video, protocol.part(MarkScoring).skip_first)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """PCK of each sequence, and the mean of sequences; no metrics where nothing is scored.

        `coverage` is the share of the marks that have a prediction, right or wrong, averaged alike. `objects` are the
        joints of each sequence that are marked in a scored frame.
        """
        distances = {name: scores.values["distance"] for name, scores in sequences.items() if scores.stems}
        unscored = [name for name in sequences if name not in distances]
        notes = (f"left out, for want of frames to score: {', '.join(unscored)}",) if unscored else ()
        if not distances:
            return Summary({}, {}, notes)
        return Summary(
            metrics={
                PCK: mean_over_videos([point_pck(values, MARK_THRESHOLD) for values in distances.values()]),
                "coverage": mean_over_videos([_coverage(values) for values in distances.values()]),
            },
            objects={
                f"{name}_{joint}": {PCK: point_pck(of_joint, MARK_THRESHOLD)}
                for name, values in distances.items()
                for joint, of_joint in zip(sequences[name].objects, values, strict=True)
                if not of_joint.isnan().all()
            },
            notes=notes,
        )

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """None: the script of PIPs prints its numbers and writes no file."""
        return {}


def badja() -> MarkTask:
    """The plugin `badja` of `corrbench.tasks`."""
    return MarkTask()


def _measured(_: int, predicted: Points, truth: Points) -> dict[str, Tensor]:
    if truth.scale is None:
        raise DataError("marked points come without the scale of their frame; the reader has to give Points.scale")
    scale = truth.positions.new_tensor(truth.scale)
    return {"distance": scaled_distances(predicted.positions, truth.positions, truth.visible, scale)}


def _coverage(distances: Tensor) -> float:
    counts = ~distances.isnan()
    return (counts & distances.isfinite()).double().sum().div(counts.sum()).item()
