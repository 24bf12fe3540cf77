"""Human part propagation: classes carried through the video, scored by mean IoU; their instances by AP^r_vol."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.images import LazyFiles
from corrbench.core.video import Video
from corrbench.metrics.parts import PartScores, part_scores
from corrbench.protocols.part_rules import PartScoring
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.part_files import read_parts, write_parts
from corrbench.tasks.part_labels import PartPass, PartPrediction, start_parts
from corrbench.tasks.part_scorer import Label, PartScorer, Prediction, class_names, volume
from corrbench.tasks.task import SequenceScores, Summary


class PartTask:
    """The task `vip`."""

    name = "vip"
    reader = "vip"
    labels = "instances"  # of the embedded sample
    default_protocol = "stt"
    metrics: tuple[str, ...] = (
        "mIoU",
        "AP_vol",
        "mIoU without first frame",
        "accuracy",
        "mean accuracy",
        "frequency-weighted IoU",
    )

    def start(self, truth: Label, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> PartPass:
        """The walk of the parts of frame 0 through its video, see `start_parts`."""
        return start_parts(truth, grid, network, protocol)

    def scorer(self, video: Video[Label], protocol: Protocol) -> PartScorer:
        """A new scorer for the video."""
        return PartScorer(video, protocol.part(PartScoring))

    def write(self, folder: Path, stem: str, prediction: Prediction) -> None:
        """Write folder/STEM.png, and instances beside it, see `write_parts`."""
        write_parts(folder, stem, prediction)

    def read(
        self, folder: Path, video: Video[Label], protocol: Protocol
    ) -> LazyFiles[Tensor] | LazyFiles[PartPrediction]:
        """The predictions in folder/STEM.png, one a frame; that of frame 0 may be missing where it is not scored."""
        needed = range(0 if protocol.part(PartScoring).include_first else 1, len(video))
        return read_parts(folder, video.stems, needed)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The numbers of one confusion matrix, the sum over all frames of all videos, and those of each class.

        `AP_vol` is the AP^r_vol of all videos, NaN unless every scored frame has instances. No metrics where no pixel
        is counted.
        """
        scoring = protocol.part(PartScoring)
        counted = _pooled(sequences, scoring)
        unscored = [name for name, scores in sequences.items() if not scores.stems]
        notes = [f"left out, for want of annotations to score: {', '.join(unscored)}"] if unscored else []
        if not counted.any():
            return Summary({}, {}, tuple(notes))
        scores, names = part_scores(counted), class_names(scoring.classes)
        missing = [name for name, iou in zip(names, scores.iou.tolist(), strict=True) if iou != iou]
        if missing:
            notes.append(
                f"mIoU is the mean over {len(names) - len(missing)} of {len(names)} classes; "
                f"neither annotated nor predicted: {', '.join(missing)}"
            )
        precision, lacking = volume(sequences)
        notes += lacking
        later = part_scores(_pooled(sequences, scoring, start=1))
        return Summary(
            metrics={
                "mIoU": scores.mean_iou.item(),
                "AP_vol": precision,
                "mIoU without first frame": later.mean_iou.item(),
                "accuracy": scores.accuracy.item(),
                "mean accuracy": scores.mean_accuracy.item(),
                "frequency-weighted IoU": scores.weighted_iou.item(),
            },
            objects=_table(names, scores, counted),
            notes=tuple(notes),
        )

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """A table of IoU and accuracy of the classes over all videos, which the official evaluator prints."""
        table = self.summarise(sequences, protocol).objects
        rows = [f"{name},{values['IoU']:.4f},{values['accuracy']:.4f}" for name, values in table.items()]
        return {f"classes-{split}.csv": "\n".join(["Class,IoU,Accuracy", *rows]) + "\n"} if rows else {}


def vip() -> PartTask:
    """The plugin `vip` of `corrbench.tasks`."""
    return PartTask()


def _pooled(sequences: Mapping[str, SequenceScores], scoring: PartScoring, start: int = 0) -> Tensor:
    """The sum (K, K) of the confusion matrices of all frames from `start` on."""
    total = torch.zeros(scoring.classes, scoring.classes, dtype=torch.float64)
    for scores in sequences.values():
        total += scores.values["confusion"][scores.values["index"] >= start].sum(0)
    return total


def _table(names: tuple[str, ...], scores: PartScores, counted: Tensor) -> dict[str, dict[str, float]]:
    """IoU and accuracy of each class; NaN where there is nothing to count."""
    accuracy = counted.diagonal() / counted.sum(1)
    rows = zip(names, scores.iou.tolist(), accuracy.tolist(), strict=True)
    return {name: {"IoU": iou, "accuracy": right} for name, iou, right in rows}
