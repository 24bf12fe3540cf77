"""Softmax over every cell of every window, row by row of the query: no weight is dropped, and none is kept.

Of MAST a57b043c models/colorizer.py: the windows of all references share one softmax, and where a window leaves the
frame its cells have similarity 0 and label 0, and weigh accordingly.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.propagation.coarse_search import ShiftedWindow, coarse_offsets
from corrbench.propagation.memory import Context, slots_in
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windows import padded, window_rows


@dataclass(frozen=True)
class WholeWindows:
    """Carries labels to one query frame; all work is done then, and memory is that of a row of cells."""

    query: Tensor  # (h, w, C)
    keys: Tensor  # (slots, h, w, C)
    context: Context
    rule: PropagationRule
    radius: int  # cells of this grid

    def carry(self, labels: Tensor) -> Tensor:
        """The soft labels (slots, N, K) of the memory, carried to the cells of the query frame, (N, K)."""
        maps = labels.view(*self.keys.shape[:3], -1)  # (slots, h, w, K)
        parts = self._windows(maps)
        rows = []
        for row in range(self.query.shape[0]):
            found = [part.similarities(row) for part in parts]  # each (w, n)
            weights = torch.softmax(torch.cat(found, dim=1) / self.rule.temperature, dim=1)
            shares = torch.split(weights, [part.shape[1] for part in found], dim=1)
            carried = [part.carried(row, share) for part, share in zip(parts, shares, strict=True)]
            rows.append(torch.stack(carried).sum(0))  # (w, K)
        return torch.cat(rows)  # (N, K)

    def _windows(self, labels: Tensor) -> "list[PlainWindows | ShiftedWindow]":
        """The windows of references far back, oldest first, and those of all others together."""
        rule, gaps = self.rule, self.context.gaps
        slots = slots_in(self.context.restricted).tolist()
        far = [slot for slot in slots if rule.long_gap and gaps[slot] > rule.long_gap]
        far.sort(key=lambda slot: -gaps[slot])
        near = [slot for slot in slots if slot not in far]
        offsets = [coarse_offsets(self.query, self.keys[slot], self.radius, self._dilation(slot), rule) for slot in far]
        parts: list[PlainWindows | ShiftedWindow] = [
            ShiftedWindow(
                self.query,
                self.keys[slot],
                labels[slot],
                offset,
                offset if rule.long_labels == "own" else offsets[-1],
                self.radius,
            )
            for slot, offset in zip(far, offsets, strict=True)
        ]
        if near:
            parts.append(PlainWindows(self.query, self.keys[near], labels[near], self.radius, rule.border == "cut"))
        return parts

    def _dilation(self, slot: int) -> int:
        """How far apart the cells of a coarse search are."""
        return min(self.rule.long_dilation, self.context.gaps[slot] // self.rule.long_gap + 1)


class PlainWindows:
    """The windows around each query cell in references (M, h, w, C)."""

    def __init__(self, query: Tensor, keys: Tensor, labels: Tensor, radius: int, cut: bool) -> None:
        self._query, self._radius = query, radius
        self._keys, self._labels = padded(keys, radius), padded(labels, radius)
        self._outside = padded(keys.new_ones(1, *query.shape[:2], 1), radius)[..., 0] == 0 if cut else None

    def similarities(self, row: int) -> Tensor:
        """Of the query cells of a row with all cells of their windows, (w, M * (2r + 1)^2)."""
        height = 2 * self._radius + 1
        block = self._keys[:, row : row + height]  # (M, 2r + 1, w + 2r, C)
        products = self._query[row].float() @ block.reshape(-1, block.shape[3]).float().t()  # (w, M * (2r+1) * (w+2r))
        found = window_rows(products.view(-1, *block.shape[:3]), height)  # (w, M, 2r + 1, 2r + 1)
        if self._outside is not None:
            outside = self._outside[:, row : row + height].expand(len(found), 1, height, -1).contiguous()
            found = found.masked_fill(window_rows(outside, height), -torch.inf)
        return found.flatten(1)

    def carried(self, row: int, weights: Tensor) -> Tensor:
        """The labels (w, K) that weights (w, M * (2r + 1)^2) of a row bring."""
        height = 2 * self._radius + 1
        block = self._labels[:, row : row + height]  # (M, 2r + 1, w + 2r, K)
        spread = weights.new_zeros(len(weights), *block.shape[:3])  # (w, M, 2r + 1, w + 2r)
        window_rows(spread, height).copy_(weights.view(len(weights), len(block), height, height))
        return spread.flatten(1) @ block.reshape(-1, block.shape[3])
