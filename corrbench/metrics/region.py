"""Region similarity J of DAVIS."""

import torch
from torch import Tensor

from corrbench.metrics.counting import check_masks, count_pixels, share


def region_similarity(predicted: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of each pair of masks: (..., H, W) bool -> (...) float64 in [0, 1], on the CPU.

    Two empty masks agree: 1. Raises PredictionError if the shapes differ.
    Source: davis2017-evaluation ac7c43fc, davis2017/metrics.py, db_eval_iou without void pixels.
    """
    check_masks(predicted, truth)
    return share(*region_counts(predicted, truth).cpu())


def region_counts(predicted: Tensor, truth: Tensor) -> Tensor:
    """The pixels in both and in either of two masks, bool (..., H, W): (2, ...) int64 on their device."""
    return torch.stack([count_pixels(predicted & truth), count_pixels(predicted | truth)])
