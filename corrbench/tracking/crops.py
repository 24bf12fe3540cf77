"""Regions cut out of a frame and brought to the size that a method sees."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.tracking.rectangles import Rectangle

BRIGHTEST = 255


@dataclass(frozen=True)
class _Taps:
    """The two pixels along one axis that each pixel of a crop lies between; a pixel outside of the frame weighs 0."""

    used: slice  # the pixels of the frame that are looked at
    indices: tuple[Tensor, Tensor]  # each (n,), into those
    weights: tuple[Tensor, Tensor]  # each (n,) float32

    def mixed(self, pixels: Tensor, axis: int) -> Tensor:
        """The values between the used pixels along an axis, which is counted from the end."""
        shape = [-1] + [1] * (-axis - 1)
        first, second = (
            pixels.index_select(axis, index.to(pixels.device)) * weight.reshape(shape).to(pixels.device)
            for index, weight in zip(self.indices, self.weights, strict=True)
        )
        return first + second


def cropped(
    frame: Tensor, region: Rectangle, size: tuple[int, int], border_colour: Sequence[float] | None = None
) -> Tensor:
    """The region of a frame (3, H, W), values of 0 to 255, as (3, *size) float32: bilinear, without antialias.

    What lies outside of the frame has the colour given, RGB in [0, 1], or the mean colour of the frame; the outermost
    pixels fade into it.
    """
    if border_colour is None:
        colour = frame.flatten(1).float().mean(1)
    else:
        colour = torch.tensor(border_colour, dtype=torch.float32, device=frame.device) * BRIGHTEST
    colour = colour[:, None, None]  # (3, 1, 1)
    rows = _taps(region.y, region.h, size[0], frame.shape[1])
    columns = _taps(region.x, region.w, size[1], frame.shape[2])
    pixels = frame[:, rows.used, columns.used].float() - colour
    return columns.mixed(rows.mixed(pixels, -2), -1) + colour  # (3, *size)


def _taps(start: float, length: float, count: int, pixels: int) -> _Taps:
    """Where `count` equal parts of a length lie among the pixels of a frame."""
    # On the CPU, since MPS has no float64; the centre of pixel i is at i + 0.5.
    position = start + (torch.arange(count, dtype=torch.float64) + 0.5) * (length / count) - 0.5
    lower = position.floor()
    fraction = position - lower
    taps = [(lower, 1 - fraction), (lower + 1, fraction)]
    indices = [index.clamp(0, pixels - 1).long() for index, _ in taps]
    weights = [(weight * ((index >= 0) & (index < pixels))).float() for index, weight in taps]
    first = int(indices[0].min())
    used = slice(first, int(indices[1].max()) + 1)
    return _Taps(used, (indices[0] - first, indices[1] - first), (weights[0], weights[1]))
