"""What the mask metrics have in common: their values, the check of their input, counts of pixels, shares of counts."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.errors import PredictionError


@dataclass(frozen=True)
class FrameScores:
    """What is measured on one frame, one value an object, as plain numbers."""

    region: list[float]  # J
    boundary: list[float]  # F
    absent: list[bool]  # whether the truth lacks the object


def check_masks(predicted: Tensor, truth: Tensor) -> None:
    """Raise PredictionError unless both are bool masks of one shape (..., H, W)."""
    if predicted.shape != truth.shape or predicted.ndim < 2:
        raise PredictionError(
            f"predicted masks {tuple(predicted.shape)} and true masks {tuple(truth.shape)} have to share one "
            "shape (..., H, W); predict at the size of the annotation"
        )
    if predicted.dtype != torch.bool or truth.dtype != torch.bool:
        raise PredictionError(
            f"masks have to be bool; found {predicted.dtype} (predicted) and {truth.dtype} (true): "
            "compare the ids with the id of one object first"
        )


def count_pixels(masks: Tensor) -> Tensor:
    """The number of set pixels of each mask: (..., H, W) bool -> (...) int64, on the device of the masks."""
    return masks.flatten(-2).sum(-1)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole in float64, and 1 where whole is 0; both have to lie on the CPU, for MPS has no float64."""
    return torch.where(whole == 0, 1.0, part.double() / whole.double())
