"""How far a predicted box is from the true one: overlap and errors of the centre. A box is (x, y, w, h)."""

import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.double import to_double


def box_overlaps(predicted: Tensor, truth: Tensor, epsilon: float = 0.0) -> Tensor:
    """Intersection over union of each pair of boxes: (..., 4) -> (...) float64 in [0, 1].

    Boxes are continuous: the area is w * h, not clipped to an image. A box without area, one of negative size or one
    that is not finite overlaps nothing: 0. epsilon is added to the union.
    Raises PredictionError if the shapes differ.
    Source: got-10k toolkit 956e7286, got10k/utils/metrics.py, rect_iou (epsilon 2^-52); pysot d04028f8,
    toolkit/utils/statistics.py, overlap_ratio (none).
    """
    predicted, truth = _doubles(predicted, truth)
    ends = torch.minimum(predicted[..., :2] + predicted[..., 2:], truth[..., :2] + truth[..., 2:])
    shared = (ends - torch.maximum(predicted[..., :2], truth[..., :2])).clamp(min=0).prod(-1)
    union = predicted[..., 2:].prod(-1) + truth[..., 2:].prod(-1) - shared
    return (shared / (union + epsilon)).where(shared > 0, 0.0).clamp(max=1).nan_to_num(nan=0.0)


def bounded_boxes(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (..., 4) bounded to an image of `size` (H, W) as the GOT-10k toolkit does it, float64.

    A corner is moved inside, and then the sides are cut: a box that begins left of the image keeps its width. The
    toolkit bounds boxes that count from 1 to 0 to W; these count from 0, and so are bounded to -1 to W - 1.
    Source: got-10k toolkit 956e7286, got10k/utils/metrics.py, rect_iou with bound.
    """
    boxes = to_double(boxes) + boxes.new_tensor([1, 1, 0, 0])
    most = boxes.new_tensor([size[1], size[0]])
    corners = boxes[..., :2].clamp(min=0).minimum(most)
    sides = boxes[..., 2:].clamp(min=0).minimum(most - corners)
    return torch.cat([corners - 1, sides], -1)


def box_centres(boxes: Tensor) -> Tensor:
    """The centres (x, y) of the pixels that boxes cover: (..., 4) -> (..., 2) float64, x + (w - 1) / 2."""
    boxes = to_double(boxes)
    return boxes[..., :2] + (boxes[..., 2:] - 1) / 2


def centre_errors(predicted: Tensor, truth: Tensor) -> Tensor:
    """The distance between the centres of each pair of boxes, in pixels: (..., 4) -> (...) float64.

    Infinite where a box is not finite. Raises PredictionError if the shapes differ.
    Source: got-10k toolkit, center_error; pysot, convert_bb_to_center and success_error.
    """
    predicted, truth = _doubles(predicted, truth)
    return _distances(box_centres(predicted) - box_centres(truth))


def normalised_centre_errors(
    predicted: Tensor, truth: Tensor, least_side: float, divide_centres: bool = False
) -> Tensor:
    """The distance between the centres with x over the true width, y over the true height: (..., 4) -> (...) float64.

    A true side below least_side counts as that. With divide_centres the centres are divided before their difference is
    taken: the same but for the last bit, which decides where a whole number of pixels falls on a threshold.
    Infinite where a box is not finite. Raises PredictionError if the shapes differ.
    Source: got-10k toolkit, normalized_center_error (least side 1); pysot, convert_bb_to_norm_center (1e-16, centres).
    """
    predicted, truth = _doubles(predicted, truth)
    sides = truth[..., 2:].clamp(min=least_side)
    if divide_centres:
        return _distances(box_centres(predicted) / sides - box_centres(truth) / sides)
    return _distances((box_centres(predicted) - box_centres(truth)) / sides)


def _distances(differences: Tensor) -> Tensor:
    return differences.square().sum(-1).sqrt().nan_to_num(nan=torch.inf, posinf=torch.inf)


def _doubles(predicted: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    if predicted.shape != truth.shape or truth.shape[-1:] != (4,):
        raise PredictionError(
            f"predicted boxes {tuple(predicted.shape)} and true boxes {tuple(truth.shape)} have to share a shape "
            "(..., T, 4): predict one box (x, y, w, h) for every frame"
        )
    return to_double(predicted), to_double(truth)
