"""References far back: a coarse search says where the window of each query cell lies, between the cells if need be.

MAST a57b043c models/colorizer.py and models/deform_im2col_util.py. Its bilinear samples are those of torch 1.1
(align_corners), with which its numbers were published: an offset of 1 is one cell.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windows import padded, window_rows


def coarse_offsets(query: Tensor, keys: Tensor, radius: int, dilation: int, rule: PropagationRule) -> Tensor:
    """How far from each cell of a query (h, w, C) its counterpart in keys (h, w, C) lies, (h, w, 2) rows and columns.

    The mean offset over a window of (2r + 1)^2 cells that are `dilation` apart, weighted by a softmax over their
    similarities; cells outside the frame have similarity 0.
    """
    size, reach = 2 * radius + 1, radius * dilation
    grid = padded(keys[None], reach)  # (1, h + 2rd, w + 2rd, C)
    steps = torch.arange(-radius, radius + 1, device=query.device, dtype=torch.float32) * dilation
    offsets = []
    for row in range(query.shape[0]):
        block = grid[:, row : row + 2 * reach + 1 : dilation]  # (1, 2r + 1, w + 2rd, C)
        products = query[row].float() @ block.reshape(-1, block.shape[3]).float().t()
        found = window_rows(products.view(-1, *block.shape[:3]), size, dilation)  # (w, 1, 2r + 1, 2r + 1)
        weights = torch.softmax(found.flatten(1) / rule.temperature, dim=1).view(-1, size, size)
        offsets.append(torch.stack([weights.sum(2) @ steps, weights.sum(1) @ steps], dim=1))  # (w, 2)
    return torch.stack(offsets)


class ShiftedWindow:
    """One window a query cell in one reference (h, w, C), `offsets` (h, w, 2) away from the cell.

    A product with what lies between four cells is what lies between the four products.
    """

    def __init__(
        self, query: Tensor, keys: Tensor, labels: Tensor, offsets: Tensor, label_offsets: Tensor, radius: int
    ) -> None:
        self._query, self._keys = query, keys
        self._labels = F.pad(labels.flatten(0, 1), (0, 0, 0, 1))  # (N + 1, K): the last cell stands for all outside
        self._places, self._label_places = Places(offsets, radius), Places(label_offsets, radius)

    def similarities(self, row: int) -> Tensor:
        """Of the query cells of a row with all places of their windows, (w, (2r + 1)^2)."""
        first, last = self._places.rows(row)
        keys = self._keys[first:last].flatten(0, 1).float()  # all that a window of this row can reach
        products = F.pad(self._query[row].float() @ keys.t(), (0, 1))  # (w, n + 1), 0 outside
        return self._places.between(row, products.gather(1, self._places.cells(row, first, last)))

    def carried(self, row: int, weights: Tensor) -> Tensor:
        """The labels (w, K) that weights (w, (2r + 1)^2) of a row bring."""
        places = self._label_places
        cells = places.cells(row, 0, self._query.shape[0])
        shares = places.shared(row, weights)
        return F.embedding_bag(cells, self._labels, per_sample_weights=shares, mode="sum")


class Places:
    """Where windows lie that are `offsets` (h, w, 2), rows and columns, away from their cells, and between cells."""

    def __init__(self, offsets: Tensor, radius: int) -> None:
        self._grid, self._radius = (offsets.shape[0], offsets.shape[1]), radius
        height = offsets.shape[0]
        down, across = (torch.arange(size, device=offsets.device) for size in self._grid)
        centre = offsets + torch.stack(torch.meshgrid(down, across, indexing="ij"), dim=2)  # (h, w, 2)
        corner = centre.floor()
        self._corner, self._fraction = corner.long(), centre - corner
        self._first = (self._corner[..., 0].amin(1) - radius).clamp(0, height - 1).tolist()
        self._last = (self._corner[..., 0].amax(1) + radius + 2).clamp(1, height).tolist()

    def rows(self, row: int) -> tuple[int, int]:
        """The first row that the windows of a row reach, and one after the last."""
        return self._first[row], self._last[row]

    def cells(self, row: int, first: int, last: int) -> Tensor:
        """The cells around the windows of a row, (w, (2r + 2)^2), as indices into the cells of some rows.

        The index after the last cell stands for all outside.
        """
        width = self._grid[1]
        reach = torch.arange(-self._radius, self._radius + 2, device=self._corner.device)
        down, across = (self._corner[row, :, axis, None] + reach for axis in (0, 1))  # (w, 2r + 2)
        inside = ((down >= first) & (down < last))[:, :, None] & ((across >= 0) & (across < width))[:, None]
        cells = (down[:, :, None] - first) * width + across[:, None]
        return torch.where(inside, cells, (last - first) * width).flatten(1)

    def between(self, row: int, values: Tensor) -> Tensor:
        """Values of these cells, (w, (2r + 2)^2), interpolated at the places of the windows, (w, (2r + 1)^2)."""
        size = 2 * self._radius + 2
        grid, (down, across) = values.view(-1, size, size), self._fractions(row)
        grid = grid[:, :-1] + (grid[:, 1:] - grid[:, :-1]) * down
        return (grid[:, :, :-1] + (grid[:, :, 1:] - grid[:, :, :-1]) * across).flatten(1)

    def shared(self, row: int, weights: Tensor) -> Tensor:
        """Weights of the places, (w, (2r + 1)^2), shared out among the four cells around each, (w, (2r + 2)^2)."""
        size = 2 * self._radius + 1
        grid, (down, across) = weights.view(-1, size, size), self._fractions(row)
        grid = F.pad(grid * (1 - down), (0, 0, 0, 1)) + F.pad(grid * down, (0, 0, 1, 0))
        return (F.pad(grid * (1 - across), (0, 1)) + F.pad(grid * across, (1, 0))).flatten(1)

    def _fractions(self, row: int) -> tuple[Tensor, Tensor]:
        """How far beyond the first of their cells the windows of a row lie, down and across, each (w, 1, 1)."""
        return self._fraction[row, :, 0, None, None], self._fraction[row, :, 1, None, None]
