"""The DAVIS measures of whole frames of object ids."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_counts, boundary_radius, harmonic_mean
from corrbench.metrics.counting import FrameScores, count_pixels, share
from corrbench.metrics.packed import packed_frame_scores
from corrbench.metrics.region import region_counts


@dataclass(frozen=True)
class BatchScores:
    """What is measured on B frames, on the CPU."""

    region: Tensor  # (B, O) float64, J
    boundary: Tensor  # (B, O) float64, F
    absent: Tensor  # (B, O) bool, whether the truth lacks the object
    largest: Tensor  # (B,) int64, the largest id of the prediction

    def frames(self) -> list[FrameScores]:
        """The values of each frame as plain numbers."""
        values = (self.region.tolist(), self.boundary.tolist(), self.absent.tolist())
        return [FrameScores(*frame) for frame in zip(*values, strict=True)]


def frame_scores(predicted_ids: Tensor, truth_ids: Tensor, objects: int, tolerance: float) -> tuple[Tensor, Tensor]:
    """J and F, each (O,) float64 on the CPU, of the objects 1 to O in two frames of ids, (H, W) uint8.

    Object i is where the ids equal i; all else is background to it, void (255) and ids above O included. An
    object absent from both frames scores 1. tolerance, of the boundary, is a fraction of the frame's
    diagonal.
    Raises PredictionError if the sizes differ.
    Source: davis2017-evaluation ac7c43fc, davis2017/evaluation.py, the semi-supervised task.
    """
    if truth_ids.device.type == predicted_ids.device.type == "cpu":
        radius = _radius(predicted_ids, truth_ids, "HW", tolerance)
        scores = packed_frame_scores(predicted_ids.numpy(), truth_ids.numpy(), objects, radius)
        return torch.tensor(scores.region, dtype=torch.float64), torch.tensor(scores.boundary, dtype=torch.float64)
    batch = batch_scores(predicted_ids[None], truth_ids[None], objects, tolerance)
    return batch.region[0], batch.boundary[0]


def batch_scores(predicted_ids: Tensor, truth_ids: Tensor, objects: int, tolerance: float) -> BatchScores:
    """What frame_scores measures, of B frames of ids at once, both (B, H, W) uint8 on one device of any kind.

    All objects of all frames are counted before the device is waited for, once. Some ten bytes are in use for each
    of the B * O * H * W pixels of the masks.
    Raises PredictionError if the sizes differ.
    """
    radius = _radius(predicted_ids, truth_ids, "BHW", tolerance)
    numbers = torch.arange(1, objects + 1, dtype=torch.uint8, device=truth_ids.device)[:, None, None]
    predicted, truth = predicted_ids[:, None] == numbers, truth_ids[:, None] == numbers  # (B, O, H, W)
    counts = torch.cat(
        [region_counts(predicted, truth), boundary_counts(predicted, truth, radius), count_pixels(truth)[None]]
    )  # (7, B, O)
    largest = predicted_ids.flatten(1).amax(1)  # (B,)
    fetched = torch.cat([counts.flatten(), largest.long()]).cpu()
    shared, either, *boundaries, true = fetched[: counts.numel()].reshape(counts.shape)
    return BatchScores(
        share(shared, either), harmonic_mean(torch.stack(boundaries)), true == 0, fetched[counts.numel() :]
    )


def _radius(predicted_ids: Tensor, truth_ids: Tensor, axes: str, tolerance: float) -> int:
    """The radius of the boundaries in frames of one size; PredictionError where the sizes differ."""
    if predicted_ids.shape != truth_ids.shape or truth_ids.ndim != len(axes):
        raise PredictionError(
            f"predicted ids {tuple(predicted_ids.shape)} and true ids {tuple(truth_ids.shape)} have to share "
            f"one size ({', '.join(axes)}); predict at the size of the annotation"
        )
    return boundary_radius(truth_ids.shape[-2], truth_ids.shape[-1], tolerance)
