"""Boxes that follow objects from frame to frame, in whole cells of the feature grid.

UVC c448a268 libs/track_utils.py and test_with_track.py, adjust_bbox. Points and sizes are (row, column) here; cell i
covers [i, i + 1].
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from corrbench.errors import SettingError

Span = tuple[int, int]  # the first, and one after the last
Size = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class RegionRule:
    """How a box follows each object, and when labels are carried inside it only."""

    first_margin: float  # boxes of frame 0 are larger than the object by this share, half of it on each side
    expected_margin: float  # the same of boxes around the cells where an object is expected
    expected_bandwidth: float  # cells from the middle of those that a mean shift takes for the object
    predicted_margin: float  # the same two of boxes around the pixels where an object was predicted
    predicted_bandwidth: float  # pixels
    kernel: float  # cells or pixels: the standard deviation of the mean shift's Gaussian
    still: float  # cells or pixels: it ends where row + column grows by less, also where it shrinks
    half_side: float  # half a box's side in mean absolute deviations from its middle
    new_share: float  # of a new side, the rest of which is that of the frame before
    least_mass: float  # cells: a channel with fewer in a reference, or
    least_side: int  # a box with a shorter side, lets labels come from everywhere

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (value >= 0 and math.isfinite(value)):
                raise SettingError(f"{item.name}={value} does not fit: it has to be at least 0")
        for name in ("kernel", "still"):
            if getattr(self, name) == 0:
                raise SettingError(f"{name}=0 does not fit: it has to be above 0")
        if self.new_share > 1:
            raise SettingError(f"new_share={self.new_share} does not fit: it has to be at most 1")


@dataclass(frozen=True)
class Region:
    """A box of whole cells, or of whole pixels."""

    rows: Span
    columns: Span

    @property
    def least_side(self) -> int:
        """The shorter side."""
        return min(self.rows[1] - self.rows[0], self.columns[1] - self.columns[0])

    def cells(self, grid: Size) -> Tensor:
        """The flat indices of its cells that lie in a grid (h, w), (n,)."""
        rows, columns = (
            torch.arange(*_clipped(span, size)) for span, size in zip((self.rows, self.columns), grid, strict=True)
        )
        return (rows[:, None] * grid[1] + columns).flatten()

    def on(self, grid: Size, size: Size) -> "Region":
        """The box of pixels of frames (H, W) on their grid (h, w), all four sides rounded down."""
        return Region(_scaled(self.rows, grid[0], size[0]), _scaled(self.columns, grid[1], size[1]))


def tight(inside: Tensor, margin: float) -> Region | None:
    """The box between the outermost pixels of a mask (H, W), and a margin around it; None where it is empty."""
    places = inside.nonzero()
    if not len(places):
        return None
    size = (inside.shape[0], inside.shape[1])
    return _enlarged(places.amin(0).tolist(), places.amax(0).tolist(), margin, size)


def around(points: Tensor, margin: float, bandwidth: float, size: Size, rule: RegionRule) -> Region:
    """The box around points (n, 2) in a frame (H, W), n at least 1, with a margin.

    Its middle is where most of them lie; half a side is a multiple of their mean distance from it, outliers included.
    """
    points = points.cpu().double()  # MPS has no float64
    middle = mean_shift(points, bandwidth, rule)
    half = rule.half_side * (points - middle).abs().mean(0)
    low = (middle - half).clamp(min=0)
    high = torch.minimum(middle + half, torch.tensor(size))
    return _enlarged(low.tolist(), high.tolist(), margin, size)


def mean_shift(points: Tensor, bandwidth: float, rule: RegionRule) -> Tensor:
    """The middle (2,) of points (n, 2) float64: from the point nearest their mean to where more of them lie."""
    middle = points[(points - points.mean(0)).norm(dim=1).argmin()]
    while True:
        distances = (points - middle).norm(dim=1)
        weights = torch.exp(-0.5 * (distances / rule.kernel) ** 2) * (distances <= bandwidth)
        moved: Tensor = (weights[:, None] * points).sum(0) / weights.sum()
        if (moved - middle).sum() < rule.still:
            return moved
        middle = moved


def smoothed(now: Region, before: Region, limits: Size, rule: RegionRule) -> Region:
    """The new box with sides that change slowly, around the middle it has, rounded outwards."""
    spans = ((now.rows, before.rows), (now.columns, before.columns))
    return Region(*(_smoothed(new, old, limit, rule) for (new, old), limit in zip(spans, limits, strict=True)))


def _smoothed(new: Span, old: Span, limit: int, rule: RegionRule) -> Span:
    middle = (new[0] + new[1]) / 2
    side = rule.new_share * (new[1] - new[0]) + (1 - rule.new_share) * (old[1] - old[0])
    return _clipped((math.floor(middle - side / 2), math.ceil(middle + side / 2)), limit)


def _enlarged(low: Sequence[float], high: Sequence[float], margin: float, size: Size) -> Region:
    """The whole cells that cover low to high, two of rows and columns, and a margin on each side."""
    rows, columns = (
        _clipped((math.floor(start - share), math.ceil(stop + share)), limit)
        for start, stop, share, limit in zip(
            low, high, [(stop - start) * margin / 2 for start, stop in zip(low, high, strict=True)], size, strict=True
        )
    )
    return Region(rows, columns)


def _clipped(span: Span, limit: int) -> Span:
    return max(0, min(span[0], limit)), max(0, min(span[1], limit))


def _scaled(span: Span, cells: int, pixels: int) -> Span:
    return span[0] * cells // pixels, span[1] * cells // pixels
