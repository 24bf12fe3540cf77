"""What the correlation trackers share: regions around the last box, the best response among them, the next box."""

from math import floor

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.tracking.rectangles import Rectangle, around
from corrbench.tracking.rules import SearchRule


def search_regions(box: Rectangle, rule: SearchRule) -> list[Rectangle]:
    """The regions to look for the target in, from small to large."""
    return [box.scaled(rule.search_factor * rule.scale_step**step) for step in _steps(rule)]


def prepared(features: Tensor, normalise: bool) -> Tensor:
    """Features (S, C, h, w) in float32, each cell of unit length where the rule says so."""
    return F.normalize(features.float(), dim=1) if normalise else features.float()


def taper(height: int, width: int, device: torch.device) -> Tensor:
    """The Hann window (h, w), 1 in the middle and 0 at the border."""
    rows, columns = (torch.hann_window(size, periodic=False, device=device) for size in (height, width))
    return rows[:, None] * columns


def inner_cells(cells: int, rule: SearchRule) -> slice:
    """The cells of an axis of a region that the box takes, as many on both sides of the middle one's left edge."""
    half = max(1, floor(cells / (2 * rule.search_factor)))
    return slice(cells // 2 - half, cells // 2 + half)


def best_response(responses: Tensor, rule: SearchRule) -> tuple[int, int, int]:
    """Which of the responses (S, a, b) has the highest value, other sizes at a discount, and its row and column."""
    peaks, places = responses.flatten(1).max(1)
    discounts = torch.tensor([rule.scale_penalty ** abs(step) for step in _steps(rule)], device=peaks.device)
    scale = int((peaks * discounts).argmax())
    row, column = divmod(int(places[scale]), responses.shape[2])
    return scale, row, column


def next_box(
    region: Rectangle,
    cells: tuple[int, int],
    grid: tuple[int, int],
    first: Rectangle,
    frame: tuple[int, int],
    rule: SearchRule,
) -> Rectangle:
    """The box of a target that has moved by `cells`, (down, right), in a region of `grid` cells, and fills it as ever.

    Its sides stay within bounds: those of the first box, and the size (H, W) of the frame.
    """
    x, y = region.centre
    centre = x + cells[1] * region.w / grid[1], y + cells[0] * region.h / grid[0]
    width, height = (
        min(max(side / rule.search_factor, rule.least_scale * start, rule.least_pixels), rule.most_scale * start, limit)
        for side, start, limit in ((region.w, first.w, float(frame[1])), (region.h, first.h, float(frame[0])))
    )
    return around(centre, width, height)


def _steps(rule: SearchRule) -> range:
    return range(-(rule.scales // 2), rule.scales // 2 + 1)
