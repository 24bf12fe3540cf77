"""Boundary measure F of DAVIS, exact on any device: booleans and integer counts up to the last division.

Source of the rules: davis2017-evaluation ac7c43fc, davis2017/metrics.py, f_measure and _seg2bmap.
"""

import math

import torch
from torch import Tensor

from corrbench.metrics.counting import check_masks, count_pixels, share


def boundary_radius(height: int, width: int, tolerance: float) -> int:
    """The distance, in pixels, up to which boundaries match; tolerance is a fraction of the diagonal."""
    return math.ceil(tolerance * math.sqrt(height * height + width * width))


def boundary_map(masks: Tensor) -> Tensor:
    """The pixels that differ from their east, south or south-east neighbour: (..., H, W) bool -> the same.

    A boundary so lies half a pixel towards the origin. Nothing differs from what is outside the frame: the
    last row looks east only, the last column south only, and a full frame has no boundary.
    """
    boundary = torch.zeros_like(masks)
    boundary[..., :, :-1] |= masks[..., :, :-1] ^ masks[..., :, 1:]
    boundary[..., :-1, :] |= masks[..., :-1, :] ^ masks[..., 1:, :]
    boundary[..., :-1, :-1] |= masks[..., :-1, :-1] ^ masks[..., 1:, 1:]
    return boundary


def dilate_disk(maps: Tensor, radius: int) -> Tensor:
    """The pixels within radius of a set pixel, x^2 + y^2 <= radius^2: (..., H, W) bool -> the same.

    Nothing enters from outside the frame.
    """
    height, width = maps.shape[-2:]
    dilated, widened, reach = maps.clone(), maps.clone(), 0
    for y in range(radius, -1, -1):
        # The rows of a disk grow towards its middle, so each widens the one before it.
        while reach < math.isqrt(radius * radius - y * y):
            reach += 1
            if reach < width:
                widened[..., reach:] |= maps[..., :-reach]
                widened[..., :-reach] |= maps[..., reach:]
        if y == 0:
            dilated |= widened
        elif y < height:
            dilated[..., y:, :] |= widened[..., :-y, :]
            dilated[..., :-y, :] |= widened[..., y:, :]
    return dilated


def boundary_f(predicted: Tensor, truth: Tensor, radius: int) -> Tensor:
    """Harmonic mean of boundary precision and recall: (..., H, W) bool -> (...) float64, on the CPU.

    A boundary pixel is right if one of the other mask lies within radius pixels. Two empty boundaries
    agree: 1; an empty and a non-empty one do not: 0. Raises PredictionError if the shapes differ.
    """
    check_masks(predicted, truth)
    return harmonic_mean(boundary_counts(predicted, truth, radius).cpu())


def boundary_counts(predicted: Tensor, truth: Tensor, radius: int) -> Tensor:
    """Boundary pixels of two masks, bool (..., H, W), and how many match: (4, ...) int64 on the device of the masks.

    In this order: predicted, of these right; true, of these found.
    """
    boundaries = boundary_map(torch.stack([predicted, truth]))  # (2, ..., H, W)
    matched = boundaries & dilate_disk(boundaries, radius).flip(0)
    return torch.stack([count_pixels(boundaries), count_pixels(matched)], 1).flatten(0, 1)


def harmonic_mean(counts: Tensor) -> Tensor:
    """F from the counts (4, ...) of boundary_counts, on the CPU: (...) float64."""
    predicted, right, true, found = counts
    precision, recall = share(right, predicted), share(found, true)
    both = precision + recall
    return torch.where(both == 0, 0.0, 2 * precision * recall / both)
