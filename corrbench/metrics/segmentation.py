"""The DAVIS measures of a whole frame of object ids."""

import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_f, boundary_radius
from corrbench.metrics.packed import packed_frame_scores
from corrbench.metrics.region import region_similarity


def frame_scores(predicted_ids: Tensor, truth_ids: Tensor, objects: int, tolerance: float) -> tuple[Tensor, Tensor]:
    """J and F, each (O,) float64 on the CPU, of the objects 1 to O in two frames of ids, (H, W) uint8.

    Object i is where the ids equal i; all else is background to it, void (255) and ids above O included. An
    object absent from both frames scores 1. tolerance, of the boundary, is a fraction of the frame's
    diagonal.
    Raises PredictionError if the sizes differ.
    Source: davis2017-evaluation ac7c43fc, davis2017/evaluation.py, the semi-supervised task.
    """
    if predicted_ids.shape != truth_ids.shape or truth_ids.ndim != 2:
        raise PredictionError(
            f"predicted ids {tuple(predicted_ids.shape)} and true ids {tuple(truth_ids.shape)} have to share "
            "one size (H, W); predict at the size of the annotation"
        )
    height, width = truth_ids.shape
    radius = boundary_radius(height, width, tolerance)
    if truth_ids.device.type == predicted_ids.device.type == "cpu":
        pairs = packed_frame_scores(predicted_ids.numpy(), truth_ids.numpy(), objects, radius)
        scores = torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)
        return scores[:, 0], scores[:, 1]
    ids = torch.arange(1, objects + 1, dtype=torch.uint8, device=truth_ids.device)[:, None, None]
    predicted_masks, true_masks = predicted_ids == ids, truth_ids == ids  # (O, H, W)
    return region_similarity(predicted_masks, true_masks), boundary_f(predicted_masks, true_masks, radius)
