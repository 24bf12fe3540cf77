"""Mean IoU of body parts, and what else a confusion matrix says, as on VIP.

Source of the rules: ATEN 0c1f3a58, evaluate/test_parsing.py, which CRW and UVC follow.
"""

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.double import to_double


@dataclass(frozen=True)
class PartScores:
    """The numbers of confusion matrices (..., K, K), as fractions in float64; NaN where there is nothing to count."""

    iou: Tensor  # (..., K), NaN for a class that is neither annotated nor predicted
    mean_iou: Tensor  # (...), over the classes that have one
    accuracy: Tensor  # (...), right pixels over all
    mean_accuracy: Tensor  # (...), right pixels over those of the class, averaged over the annotated classes
    weighted_iou: Tensor  # (...), IoU weighted by how many pixels of the truth a class has


def confusion_matrix(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """How many pixels of each true class (row) were predicted as each class (column): (..., H, W) -> (..., K, K) int64.

    Both hold class ids. Where the truth is none of 0 to K - 1, as in void (255), a pixel is ignored, whatever was
    predicted. The matrix of several frames is the sum of theirs.
    Raises PredictionError if the shapes differ, the ids are no integers, or an id predicted for a pixel that is not
    ignored is none of 0 to K - 1; the scripts book the pixels of such an id to another class, or break.
    """
    if predicted.shape != truth.shape or truth.ndim < 2:
        raise PredictionError(
            f"predicted classes {tuple(predicted.shape)} and true classes {tuple(truth.shape)} have to share one shape "
            "(..., H, W); predict at the size of the annotation"
        )
    if predicted.is_floating_point() or truth.is_floating_point():
        raise PredictionError(f"class ids have to be integers; found {predicted.dtype} (predicted) and {truth.dtype}")
    frames = truth.shape[:-2]
    predicted, truth = predicted.long(), truth.long()
    counted = (truth >= 0) & (truth < classes)
    unknown = predicted[counted & ((predicted < 0) | (predicted >= classes))]
    if len(unknown):
        raise PredictionError(
            f"class {unknown[0].item()} is predicted, but the classes are 0 to {classes - 1} (pixels of such classes: "
            f"{len(unknown)}); write class ids, not colours, and no void"
        )
    number = torch.arange(prod(frames), device=truth.device).reshape(*frames, 1, 1)
    cells = ((number * classes + truth) * classes + predicted)[counted]
    return torch.bincount(cells, minlength=prod(frames) * classes**2).reshape(*frames, classes, classes)


def part_scores(confusion: Tensor) -> PartScores:
    """The numbers of one confusion matrix (K, K), or of several (..., K, K) each by itself.

    The official mean IoU is that of the sum over all frames of all videos, background included: not a mean over frames
    or videos.
    """
    pixels = to_double(confusion)
    right, true = pixels.diagonal(dim1=-2, dim2=-1), pixels.sum(-1)  # (..., K)
    iou = right / (true + pixels.sum(-2) - right)
    total = true.sum(-1)
    return PartScores(
        iou=iou,
        mean_iou=iou.nanmean(-1),
        accuracy=right.sum(-1) / total,
        mean_accuracy=(right / true).nanmean(-1),
        weighted_iou=(true * iou).nansum(-1) / total,
    )
