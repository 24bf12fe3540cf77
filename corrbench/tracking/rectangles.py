"""Places in an image, measured from its upper left corner, so that a box and a crop are the same kind of thing."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rectangle:
    """A part of an image in pixels, where the pixel in column i and row j covers [i, i + 1] x [j, j + 1].

    A box (x, y, w, h) that begins with column x and row y and covers w columns and h rows is one as it stands.
    """

    x: float  # left and upper edge
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle (x, y)."""
        return self.x + self.w / 2, self.y + self.h / 2

    def box(self) -> Tensor:
        """The box, (4,) float64 on the CPU."""
        return torch.tensor([self.x, self.y, self.w, self.h], dtype=torch.float64)

    def scaled(self, factor: float) -> "Rectangle":
        """The rectangle with the same middle and sides that are `factor` times as long."""
        return around(self.centre, self.w * factor, self.h * factor)


def rectangle(box: Tensor) -> Rectangle:
    """The rectangle of a box (4,)."""
    return Rectangle(*box.tolist())


def around(centre: tuple[float, float], w: float, h: float) -> Rectangle:
    """The rectangle with that middle (x, y) and those sides."""
    return Rectangle(centre[0] - w / 2, centre[1] - h / 2, w, h)


def coverage(box: Rectangle, region: Rectangle, grid: tuple[int, int]) -> Tensor:
    """The share of each cell that the box covers, (h, w) float32 in [0, 1], for a region divided into `grid` cells."""
    rows = _covered(region.y, region.h, grid[0], box.y, box.y + box.h)
    columns = _covered(region.x, region.w, grid[1], box.x, box.x + box.w)
    return (rows[:, None] * columns).float()  # (h, w)


def _covered(start: float, length: float, cells: int, low: float, high: float) -> Tensor:
    """The share of each of the cells, (cells,) float64, that lies between low and high."""
    edges = start + torch.arange(cells + 1, dtype=torch.float64) * (length / cells)
    return (edges[1:].clamp(max=high) - edges[:-1].clamp(min=low)).clamp(min=0) / (length / cells)
