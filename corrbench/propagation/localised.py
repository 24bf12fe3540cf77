"""Labels that are carried inside boxes that follow the objects: matching after localisation.

UVC c448a268 test_with_track.py: bbox_next_frame, recoginition, disappear and test. Weights are those of a softmax over
all cells of a reference; in a box, the best are taken among its cells alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.resample import bilinear
from corrbench.errors import SettingError
from corrbench.propagation.affinity import BLOCK_BYTES
from corrbench.propagation.memory import ContextMemory
from corrbench.propagation.regions import Region, RegionRule, Size, around, smoothed, tight
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.stretch import stretched

Boxes = tuple[Region | None, ...]  # of the channels from 1 on; None for an object that is lost

NEEDED = {
    "neighbourhood": "everywhere",
    "topk_scope": "per_frame",
    "weighting": "softmax_all",
    "memory": "soft",
    "anchor": 0,
}


@dataclass(frozen=True)
class Regions:
    """The rule of the boxes, and where the objects are in frame 0."""

    rule: RegionRule
    first: Tensor  # (H, W), the channel of each pixel, at the size of the frames


class Localiser:
    """Follows the objects of one video; gives each frame what carries labels to it."""

    def __init__(self, memory: ContextMemory, rule: PropagationRule, regions: Regions) -> None:
        """SettingError for a rule that has a neighbourhood or another weighting of its own."""
        for field, value in NEEDED.items():
            if getattr(rule, field) != value:
                raise SettingError(f"{field}={getattr(rule, field)} does not fit: tracked regions need {value}")
        self._memory, self._rule, self._regions = memory, rule, regions.rule
        self._grid: Size = (memory.keys.shape[1], memory.keys.shape[2])
        self._size: Size = (regions.first.shape[0], regions.first.shape[1])
        found = [tight(regions.first == channel, self._regions.first_margin) for channel in self._objects]
        self._latest: Boxes = tuple(box and box.on(self._grid, self._size) for box in found)
        self._boxes: dict[int, Boxes] = {0: self._latest}  # by slot

    def carriers(self, frame: int, count: int) -> Iterator["InRegions"]:
        """What carries labels to each of `count` frames from `frame` on.

        The next one may be asked for when the labels of the one before are in the memory.
        """
        for query in range(frame, frame + count):
            yield InRegions(self, query, self._expected(query))
            slot = self._memory.slot(query)
            self._latest = self._boxes[slot] = self._predicted(self._memory.labels[slot])

    def carried(self, query: int, expected: Boxes, labels: Tensor) -> Tensor:
        """The soft labels (slots, N, K) of the memory, carried to the cells of frame `query`, (N, K)."""
        context = self._memory.context(query)
        counts = [one + other for one, other in zip(context.free, context.restricted, strict=True)]
        total = torch.zeros_like(labels[0])
        for slot, times in enumerate(counts):
            if times:
                boxes = self._boxes[slot] if self._localised(slot, expected, labels[slot]) else None
                total += times * self._from_frame(query, slot, labels[slot], boxes, expected)
        return total / sum(counts)

    @property
    def _objects(self) -> range:
        return range(1, self._memory.labels.shape[2])

    def _localised(self, slot: int, expected: Boxes, labels: Tensor) -> bool:
        """Whether labels (N, K) of a reference are carried inside boxes only: always those of frame 0."""
        sides = [box.least_side if box else 0 for box in (*self._boxes[slot], *expected)]
        kept = bool((labels.sum(0) >= self._regions.least_mass).all())
        return slot == 0 or (kept and all(side >= self._regions.least_side for side in sides))

    def _from_frame(self, query: int, slot: int, labels: Tensor, boxes: Boxes | None, expected: Boxes) -> Tensor:
        """The labels (N, K) of one reference, carried to the cells of a query; objects from box to box, if any."""
        queries, keys = self._keys(self._memory.slot(query)), self._keys(slot)  # (N, C) each
        carried = torch.zeros_like(labels)
        step = max(1, BLOCK_BYTES // (4 * len(keys)))
        for start in range(0, len(queries), step):
            rows = slice(start, start + step)
            logits = (queries[rows] @ keys.t()).div_(self._rule.temperature)  # (B, N)
            totals = torch.logsumexp(logits, dim=1)  # (B,)
            carried[rows] = _best(logits, totals, labels, self._rule.topk)
            if boxes is None:
                continue
            for channel in self._objects:
                target, source = expected[channel - 1], boxes[channel - 1]
                inside = labels.new_zeros(len(logits), 1)
                if target is not None and source is not None:
                    to, cells = (box.cells(self._grid).to(labels.device) for box in (target, source))
                    to = to[(to >= start) & (to < start + step)] - start
                    found = logits[to][:, cells]
                    inside[to] = _best(found, totals[to], labels[cells, channel : channel + 1], self._rule.topk)
                carried[rows, channel : channel + 1] = inside
        return carried

    def _expected(self, query: int) -> Boxes:
        """Where the objects of the frame before are expected in a query: around the mean cells that theirs look at."""
        slot = self._memory.slot(query - 1)
        winners = self._memory.labels[slot].argmax(1)  # (N,)
        keys, queries = self._keys(slot), self._keys(self._memory.slot(query))  # (N, C) each
        centres = torch.cartesian_prod(*(torch.arange(size, device=keys.device) + 0.5 for size in self._grid))  # (N, 2)
        boxes: list[Region | None] = []
        for channel, before in zip(self._objects, self._latest, strict=True):
            cells = keys[winners == channel]  # (n, C)
            if before is None or len(cells) < 2:
                boxes.append(None)
                continue
            weights = torch.softmax(cells @ queries.t() / self._rule.temperature, dim=1)  # (n, N)
            rule = self._regions
            box = around(weights @ centres, rule.expected_margin, rule.expected_bandwidth, self._grid, rule)
            boxes.append(smoothed(box, before, self._grid, rule))
        return tuple(boxes)

    def _predicted(self, labels: Tensor) -> Boxes:
        """Where the objects are in a frame with soft labels (N, K): around the pixels that they win."""
        soft = bilinear(labels.t().reshape(-1, *self._grid), self._size, "torch")
        ids = stretched(soft).argmax(0)  # (H, W)
        rule = self._regions
        boxes: list[Region | None] = []
        for channel, before in zip(self._objects, self._latest, strict=True):
            points = (ids == channel).nonzero()
            if before is None or not len(points):
                boxes.append(None)
                continue
            box = around(points, rule.predicted_margin, rule.predicted_bandwidth, self._size, rule)
            # Bounded by pixels, as in the script, where cells are meant: a box may reach beyond the grid.
            boxes.append(smoothed(box.on(self._grid, self._size), before, self._size, rule))
        return tuple(boxes)

    def _keys(self, slot: int) -> Tensor:
        return self._memory.keys[slot].flatten(0, 1).float()  # (N, C)


@dataclass(frozen=True)
class InRegions:
    """Carries labels to one query frame, into the boxes where its objects are expected."""

    localiser: Localiser
    query: int
    expected: Boxes

    def carry(self, labels: Tensor) -> Tensor:
        """The soft labels (slots, N, K) of the memory, carried to the cells of the query frame, (N, K)."""
        return self.localiser.carried(self.query, self.expected, labels)


def _best(logits: Tensor, totals: Tensor, labels: Tensor, topk: int) -> Tensor:
    """What the k best of logits (B, n) bring of labels (n, K), (B, K), with the share they have of the totals (B,)."""
    values, indices = logits.topk(min(topk, logits.shape[1]), dim=1)  # (B, k)
    weights = torch.exp(values - totals[:, None])
    return torch.einsum("bk,bkc->bc", weights, labels[indices])
