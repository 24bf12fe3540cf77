"""Pose propagation: the body joints of frame 0 carried through the video, scored by PCK (JHMDB)."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.errors import PredictionError
from corrbench.metrics.pck import CountedJoints, joint_coverage, joint_distances, joint_pck
from corrbench.protocols.point_rules import JOINT_THRESHOLDS, JointScoring
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.joint_dumps import ENDING as DUMPED
from corrbench.tasks.joint_dumps import JointDumps
from corrbench.tasks.point_files import read_video, write_points
from corrbench.tasks.points import PointPass, PointScorer, PointVideo, start_points
from corrbench.tasks.predictions import sequence_folders
from corrbench.tasks.task import SequenceScores, Summary

PCK = tuple(f"PCK@{threshold}" for threshold in JOINT_THRESHOLDS)
STRICT = "strict "  # before the name of a metric: joints count by their ground truth, and frame 0 does not


class JointTask:
    """The task `jhmdb`."""

    name = "jhmdb"
    reader = "jhmdb"
    labels = "pose"  # of the embedded sample
    default_protocol = "stt"
    metrics = ("PCK@0.1", "PCK@0.2", "coverage", f"{STRICT}PCK@0.1", f"{STRICT}PCK@0.2")  # records hold the others too
    pickles = JointDumps()  # predictions of another form, which have to be asked for

    def start(self, truth: Points, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> PointPass:
        """The walk of the joints of frame 0 through their video."""
        return start_points(truth, grid, network, protocol)

    def scorer(self, video: PointVideo, protocol: Protocol) -> PointScorer:
        """A new scorer for the video.

        Its values, all (J, n): `distance` in sizes of the body by the protocol's rule, `strict_distance` by the strict
        one, both NaN where a joint does not count and infinite where it is lost; `inside`, whether it is in the image.
        """
        scoring = protocol.part(JointScoring)
        return PointScorer(video, scoring.skip_first, partial(_measured, scoring))

    def write(self, folder: Path, stem: str, prediction: Points) -> None:
        """Write folder/STEM.csv, see `write_points`."""
        write_points(folder, stem, prediction)

    def locate(self, root: Path, sequences: Sequence[str]) -> dict[str, Path]:
        """The folder root/SEQUENCE of each sequence, see `sequence_folders`."""
        try:
            return sequence_folders(root, sequences)
        except PredictionError as error:
            dumped = next(root.glob(f"*{DUMPED}"), None) if root.is_dir() else None
            if dumped is None:
                raise
            raise PredictionError(
                f"--predictions {root}: found {dumped.name}, joints as videowalk and UVC dump them; add --allow-pickle "
                "to have such pickles read as data, of which nothing is run"
            ) from error

    def read(self, folder: Path, video: PointVideo, protocol: Protocol) -> Sequence[Points | None]:
        """The predictions in folder/STEM.csv, or all of the video in folder/points.npz, see `read_video`."""
        return read_video(folder, video, protocol.part(JointScoring).skip_first)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """PCK over the frames of all sequences together, the mean of joints; no metrics where nothing is scored.

        `coverage` is the share of the joints inside the image that the protocol's rule counts. `objects` are the joints
        of each sequence.
        """
        scored = {name: scores for name, scores in sequences.items() if scores.stems}
        unscored = [name for name in sequences if name not in scored]
        notes = (f"left out, for want of frames to score: {', '.join(unscored)}",) if unscored else ()
        if not scored:
            return Summary({}, {}, notes)
        distances = _pooled(scored, "distance")
        means, strict = (joint_pck(of, JOINT_THRESHOLDS).mean for of in (distances, _pooled(scored, "strict_distance")))
        return Summary(
            metrics={
                **_named(means),
                "coverage": joint_coverage(distances, _pooled(scored, "inside") > 0),
                **{f"{STRICT}{name}": value for name, value in _named(strict).items()},
            },
            objects={
                f"{name}_{joint}": values
                for name, scores in scored.items()
                for joint, values in _by_joint(scores.objects, scores.values["distance"].t()).items()
            },
            notes=notes,
        )

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """A table of the joints over all sequences, as the official scripts compute it; the last row is their mean."""
        scored = {name: scores for name, scores in sequences.items() if scores.stems}
        if not scored:
            return {}
        distances = _pooled(scored, "distance")
        rows = _by_joint(next(iter(scored.values())).objects, distances)
        rows["mean"] = _named(joint_pck(distances, JOINT_THRESHOLDS).mean)
        lines = [",".join(["joint", *PCK])]
        lines += [",".join([joint, *(f"{value:.6f}" for value in values.values())]) for joint, values in rows.items()]
        return {f"per-joint_pck-{split}.csv": "\n".join(lines) + "\n"}


def jhmdb() -> JointTask:
    """The plugin `jhmdb` of `corrbench.tasks`."""
    return JointTask()


def _measured(scoring: JointScoring, index: int, predicted: Points, truth: Points) -> dict[str, Tensor]:
    def distances(counted: CountedJoints) -> Tensor:
        return joint_distances(predicted.positions, truth.positions, truth.visible, counted, scoring.box_share)

    strict = distances("truth_inside")
    return {
        "distance": distances(scoring.counted),
        "strict_distance": torch.full_like(strict, torch.nan) if index == 0 else strict,
        "inside": truth.visible.double(),
    }


def _pooled(sequences: Mapping[str, SequenceScores], measure: str) -> Tensor:
    """The values (n, J) of the scored frames of all sequences, one below the other."""
    return torch.cat([scores.values[measure].t() for scores in sequences.values()])


def _by_joint(names: Sequence[str], distances: Tensor) -> dict[str, dict[str, float]]:
    """The PCK of each joint from distances (n, J)."""
    joints = joint_pck(distances, JOINT_THRESHOLDS).joints.t()  # (J, A)
    return {name: _named(values) for name, values in zip(names, joints, strict=True)}


def _named(values: Tensor) -> dict[str, float]:
    return dict(zip(PCK, values.tolist(), strict=True))
