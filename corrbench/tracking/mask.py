"""The tracker `mask`: the box of frame 0 as soft labels, carried from crop to crop, read as a box in each frame."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from math import sqrt

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation.chunks import Chunks, stepping_down
from corrbench.propagation.context import context_frames
from corrbench.propagation.memory import Context
from corrbench.propagation.propagate import find_affinities, prepared_keys, remembered
from corrbench.propagation.rule import PropagationRule
from corrbench.tracking.mask_box import box_of_mask
from corrbench.tracking.rectangles import Rectangle, around, coverage
from corrbench.tracking.rules import MaskTrackerRule
from corrbench.tracking.tracker import Look

# Added to the similarity of a cell that a context frame did not see: far below any other, so that its weight is exactly
# 0 in float32. Finite, since a softmax over nothing but minus infinity would not be a number.
UNSEEN = -1e4


@dataclass(frozen=True)
class Glimpse:
    """What is remembered of one frame: a region of it, divided into cells."""

    region: Rectangle
    keys: Tensor  # (h, w, C)
    soft: Tensor  # (2, h, w) labels: background and target

    def seen_from(self, region: Rectangle) -> "Glimpse":
        """The same frame on the cells of another region, each of which takes the cell that its centre lies in.

        One more channel is UNSEEN where that is none, else 0. Whatever the sizes are, cells are not averaged: keys keep
        their length, and a region that has moved by whole cells and kept its size is a plain shift.
        """
        height, width, _ = self.keys.shape
        rows, in_rows = _cells(self.region.y, self.region.h, region.y, region.h, height)
        columns, in_columns = _cells(self.region.x, self.region.w, region.x, region.w, width)
        seen = (in_rows[:, None] & in_columns).to(self.soft.device)  # (h, w)
        rows, columns = rows.to(seen.device), columns.to(seen.device)
        keys = self.keys[rows[:, None], columns]  # (h, w, C)
        away = torch.zeros_like(keys[..., :1]).masked_fill(~seen[..., None], UNSEEN)  # (h, w, 1)
        return Glimpse(region, torch.cat([keys, away], dim=2), self.soft[:, rows[:, None], columns] * seen)

    def everywhere(self) -> "Glimpse":
        """The same frame as it was seen, with a further channel of zeros."""
        return Glimpse(self.region, F.pad(self.keys, (0, 1)), self.soft)


class MaskTracker:
    """Label propagation in coordinates of the crop around the last box.

    A context frame that the neighbourhood restricts is brought to the crop of the query frame first, so that the
    neighbourhood means places of the image; one that it does not restrict is looked at as it was seen. The frames
    remembered are those of the propagation rule.
    """

    def __init__(
        self,
        box: Rectangle,
        look: Look,
        rule: MaskTrackerRule,
        propagation: PropagationRule,
        stride: int,
        chunks: Chunks | None = None,
    ) -> None:
        """Start with the box of frame 0; `stride` is that of the features."""
        self._box, self._first = box, box
        self._rule, self._propagation = rule, propagation
        self._radius, self._chunks = propagation.radius_at(stride), chunks or Chunks()
        region, keys = self._glance(look)
        target = coverage(box, region, (keys.shape[0], keys.shape[1])).to(keys.device)
        self._glimpses = {0: Glimpse(region, keys, torch.stack([1 - target, target]))}
        self._index = 0

    def step(self, look: Look) -> Rectangle:
        """Where the target is in the next frame."""
        self._index += 1
        region, keys = self._glance(look)
        soft = self._carried(region, keys)
        self._remember(Glimpse(region, keys, remembered(soft, self._propagation)))
        self._box = self._moved(box_of_mask(soft[1], self._rule), region, soft.shape[1:])
        return self._box

    def _glance(self, look: Look) -> tuple[Rectangle, Tensor]:
        """The square around the last box, and its keys (h, w, C)."""
        side = self._rule.search_factor * sqrt(self._box.w * self._box.h)
        region = around(self._box.centre, side, side)
        return region, prepared_keys(look([region])[0], self._propagation)

    def _carried(self, region: Rectangle, keys: Tensor) -> Tensor:
        """The labels (2, h, w) of a query with keys (h, w, C)."""
        counts = Counter((one.frame, one.masked) for one in context_frames(self._index, self._propagation))
        slots = [
            self._glimpses[frame].seen_from(region) if masked else self._glimpses[frame].everywhere()
            for frame, masked in counts
        ]
        context = Context(
            restricted=tuple(count if masked else 0 for (_, masked), count in counts.items()),
            free=tuple(0 if masked else count for (_, masked), count in counts.items()),
        )
        query = F.pad(keys, (0, 1), value=1.0)[None]  # (1, h, w, C + 1)
        memory = torch.stack([slot.keys for slot in slots])  # (M, h, w, C + 1)
        search = partial(find_affinities, query, memory, [context], self._propagation, self._radius)
        (affinity,), self._chunks = stepping_down(search, self._chunks)
        labels = torch.stack([slot.soft.flatten(1).t() for slot in slots])  # (M, N, 2)
        return affinity.carry(labels).t().reshape(2, *keys.shape[:2])

    def _remember(self, glimpse: Glimpse) -> None:
        self._glimpses[self._index] = glimpse
        oldest = self._index - self._propagation.context
        if oldest > 0:
            del self._glimpses[oldest]

    def _moved(self, found: Rectangle | None, region: Rectangle, grid: tuple[int, ...]) -> Rectangle:
        """The next box from one found in cells of the region, its sides smoothed and kept within bounds."""
        if found is None:
            return self._box
        x, y = found.centre
        down, across = region.h / grid[0], region.w / grid[1]
        sides = (
            self._side(self._box.w, found.w * across, self._first.w),
            self._side(self._box.h, found.h * down, self._first.h),
        )
        return around((region.x + x * across, region.y + y * down), *sides)

    def _side(self, last: float, found: float, first: float) -> float:
        rule = self._rule
        side = rule.size_memory * last + (1 - rule.size_memory) * found
        return min(max(side, rule.least_scale * first), rule.most_scale * first)


def _cells(start: float, length: float, other_start: float, other_length: float, count: int) -> tuple[Tensor, Tensor]:
    """Which of `count` cells of a length the centre of each cell of the other one lies in, and whether in any."""
    centres = other_start + (torch.arange(count, dtype=torch.float64) + 0.5) * (other_length / count)
    cells = ((centres - start) * (count / length)).floor().long()
    return cells.clamp(0, count - 1), (cells >= 0) & (cells < count)
