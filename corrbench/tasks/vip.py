"""Human part propagation: masks of classes carried through the video, scored by mean IoU."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.images import VOID, LazyFiles, read_mask, write_mask
from corrbench.core.video import MaskVideo
from corrbench.errors import PredictionError
from corrbench.metrics.double import to_double
from corrbench.metrics.parts import PartScores, confusion_matrix, part_scores
from corrbench.protocols.part_rules import PartScoring
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule
from corrbench.tasks.masks import MaskPass, to_channels
from corrbench.tasks.predictions import prediction_files
from corrbench.tasks.task import SequenceScores, Summary

# Of VIP, by id. The order is ATEN's (0c1f3a58, evaluate/test_inst_part_ap.py); the scripts of other papers print one
# that is not the data set's.
CLASSES = (
    "background",
    "hat",
    "hair",
    "gloves",
    "sun-glasses",
    "upper-clothes",
    "dress",
    "coat",
    "socks",
    "pants",
    "torso-skin",
    "scarf",
    "skirt",
    "face",
    "left-arm",
    "right-arm",
    "left-leg",
    "right-leg",
    "left-shoe",
    "right-shoe",
)


class PartScorer:
    """The confusion matrices of the frames that the protocol scores and the data set annotates.

    Frames may be added in any order, and from several threads.
    """

    any_order = True

    def __init__(self, video: MaskVideo, scoring: PartScoring) -> None:
        self._video = video
        self._scoring = scoring
        # One block for all frames: small ones kept between the large ones of a frame would fragment the heap.
        self._confusion = torch.zeros(len(video), scoring.classes, scoring.classes, dtype=torch.float64)
        self._scored: set[int] = set()

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        return index > 0 or self._scoring.include_first

    def add(self, index: int, predicted: Tensor, truth: Tensor | None) -> None:
        """Count the class ids (H, W) of one frame. PredictionError for void, an id that is no class, another size."""
        if truth is None:
            return
        self._check(index, predicted, truth)
        matrix = confusion_matrix(predicted, truth.to(predicted.device), self._scoring.classes)
        self._confusion[index] = to_double(matrix).cpu()
        self._scored.add(index)

    def scores(self) -> SequenceScores:
        """`confusion`, pixels of each true class (row) and predicted class (n, K, K), and `index`, the frames (n,)."""
        indices = sorted(self._scored)
        values = {"confusion": self._confusion[indices], "index": torch.tensor(indices, dtype=torch.float64)}
        return SequenceScores(
            class_names(self._scoring.classes), tuple(self._video.stems[index] for index in indices), values
        )

    def _check(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        where = f"{self._video.name}, frame {self._video.stems[index]}"
        if predicted.shape != truth.shape:
            raise PredictionError(
                f"{where}: the prediction has size {tuple(predicted.shape)}, the ground truth {tuple(truth.shape)} "
                "(rows, columns); resize it with nearest neighbour before scoring"
            )
        largest = int(predicted.max())
        if largest == VOID:
            raise PredictionError(f"{where}: the prediction holds 255 (void); write 0 where there is no part")
        if largest >= self._scoring.classes:
            raise PredictionError(
                f"{where}: the prediction holds class {largest}, but the classes are 0 to {self._scoring.classes - 1}; "
                "write class ids, not colours or instances"
            )


class PartTask:
    """The task `vip`."""

    name = "vip"
    reader = "vip"
    labels = "parts"  # of the embedded sample
    default_protocol = "stt"
    metrics: tuple[str, ...] = (
        "mIoU",
        "mIoU without first frame",
        "accuracy",
        "mean accuracy",
        "frequency-weighted IoU",
    )

    def start(self, truth: Tensor, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> MaskPass:
        """The walk of the classes (H, W) of frame 0 through its video; one that frame 0 lacks is never predicted."""
        return MaskPass(truth, to_channels(truth, grid, network, protocol.part(MaskRule)), network, protocol)

    def scorer(self, video: MaskVideo, protocol: Protocol) -> PartScorer:
        """A new scorer for the video."""
        return PartScorer(video, protocol.part(PartScoring))

    def write(self, folder: Path, stem: str, prediction: Tensor) -> None:
        """Write the class ids (H, W) as folder/stem.png, indexed with the palette of DAVIS."""
        write_mask(folder / f"{stem}.png", prediction)

    def read(self, folder: Path, video: MaskVideo, protocol: Protocol) -> LazyFiles:
        """The predictions in folder/STEM.png, one a frame; that of frame 0 may be missing where it is not scored."""
        needed = range(0 if protocol.part(PartScoring).include_first else 1, len(video))
        return LazyFiles(prediction_files(folder, video.stems, ".png", needed), read_mask)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The numbers of one confusion matrix, the sum over all frames of all videos, and those of each class.

        No metrics where no pixel is counted.
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
        later = part_scores(_pooled(sequences, scoring, start=1))
        return Summary(
            metrics={
                "mIoU": scores.mean_iou.item(),
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


def class_names(count: int) -> tuple[str, ...]:
    """The names of the classes 0 to count - 1; an id that VIP has not is its own name."""
    return CLASSES[:count] + tuple(str(number) for number in range(len(CLASSES), count))


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
