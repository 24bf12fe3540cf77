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
    agree: 1; an empty and a non-empty one do not: 0. Only the part of the frame that holds masks is read.
    Raises PredictionError if the shapes differ.
    """
    check_masks(predicted, truth)
    rows, columns = _box(predicted | truth)
    return boundary_f_whole_frame(predicted[..., rows, columns], truth[..., rows, columns], radius)


def boundary_f_whole_frame(predicted: Tensor, truth: Tensor, radius: int) -> Tensor:
    """What boundary_f returns, computed on all pixels: the plain form that tests hold the faster one to."""
    check_masks(predicted, truth)
    predicted_boundary, true_boundary = boundary_map(predicted), boundary_map(truth)
    right = count_pixels(predicted_boundary & dilate_disk(true_boundary, radius))
    found = count_pixels(true_boundary & dilate_disk(predicted_boundary, radius))
    precision = share(right, count_pixels(predicted_boundary))
    recall = share(found, count_pixels(true_boundary))
    both = precision + recall
    return torch.where(both == 0, 0.0, 2 * precision * recall / both)


def _box(masks: Tensor) -> tuple[slice, slice]:
    """The rows and columns that hold every set pixel and all boundaries; empty where nothing is set.

    One pixel of margin is exact: it holds the boundary in the north-west, and being background it keeps the
    rules of the last row and column off the south-east. Dilation needs no more, for it is read on boundary
    pixels only.
    """
    values = masks.to(torch.uint8)  # amax over bytes is several times faster than any over bools
    return _extent(values.amax(-1)), _extent(values.amax(-2))


def _extent(occupied: Tensor) -> slice:
    """The indices from the first to the last non-zero column of (..., n), and one more on either side."""
    size = occupied.shape[-1]
    places = occupied.reshape(-1, size).any(0).nonzero().flatten().tolist()
    return slice(max(places[0] - 1, 0), min(places[-1] + 2, size)) if places else slice(0, 0)
