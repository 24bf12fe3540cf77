"""The most similar cells of the context: query tiles against the blocks of cells they can reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.propagation.chunks import Chunks, Grid, runs, spans, tile_of

Window = tuple[str, int]  # disc or square, and its radius in cells
Slots = tuple[int, int]  # the first, and one after the last

STRIPES = 16  # of a row, compared value by value before its best are looked for
LONG = 4096  # values of a row from which on that pays, on a CPU


@dataclass(frozen=True)
class Found:
    """The best candidates of each query cell, best first."""

    values: Tensor  # (Q, N, c) similarities, -inf where there is no candidate
    indices: Tensor  # (Q, N, c), into slots * N cells of the memory


@dataclass(frozen=True)
class Tile:
    """A piece of the query grid and the block of cells that it can reach."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    block_rows: tuple[int, int]
    block_columns: tuple[int, int]

    @property
    def block_cells(self) -> int:
        """How many cells can be reached in one frame."""
        return (self.block_rows[1] - self.block_rows[0]) * (self.block_columns[1] - self.block_columns[0])


def best_cells(
    queries: Tensor, keys: Tensor, counts: Sequence[Sequence[int]], window: Window | None, topk: int, chunks: Chunks
) -> Found:
    """The `topk` best cells for each cell of query frames (Q, h, w, C) among keys (slots, h, w, C).

    Query frame q looks at the slots with counts[q][slot] above 0, inside the window, or everywhere where that is None.
    """
    frames, height, width, _ = queries.shape
    used = [slot for slot, times in enumerate(zip(*counts, strict=True)) if any(times)]
    reach = max(height, width) if window is None else window[1] - (window[0] == "disc")
    shape = tile_of((height, width), reach, frames, chunks)
    mask = None if window is None else _mask(shape, window, reach, queries.device)
    values = torch.full((frames, height, width, topk), -torch.inf, device=queries.device)
    indices = torch.zeros(values.shape, dtype=torch.long, device=queries.device)
    work = _Products(queries, keys, counts, chunks)
    for tile in _tiles((height, width), shape, reach):
        rows, columns = slice(*tile.rows), slice(*tile.columns)
        near = None if mask is None else _clipped(mask, tile, reach)
        parts = []
        for slots in runs(used, chunks.slots_of(shape[0] * shape[1] * frames * tile.block_cells)):
            logits = work.similarities(tile, slots)  # (Q, B, M, a * b)
            if near is not None:
                logits += near
            best, place = highest(logits.flatten(0, 1).flatten(1), topk)  # (Q * B, c)
            parts.append((best, _cells_at(place, tile, slots[0], (height, width))))
        best, where = parts[0] if len(parts) == 1 else (torch.cat(pieces, dim=1) for pieces in zip(*parts, strict=True))
        if len(parts) > 1:
            best, order = best.topk(min(topk, best.shape[1]), dim=1)
            where = where.gather(1, order)
        found = values[:, rows, columns].shape[:3] + best.shape[1:]
        values[:, rows, columns, : best.shape[1]] = best.view(found)
        indices[:, rows, columns, : best.shape[1]] = where.view(found)
    return Found(values.flatten(1, 2), indices.flatten(1, 2))


def highest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The highest of each row of (R, n), best first, and where they are: both (R, min(count, n)).

    The best of a long row lie among the places where the highest of each few values, a stripe apart, are best.
    """
    size = values.shape[1] // STRIPES
    if values.shape[1] < LONG or size < count:
        return values.topk(min(count, values.shape[1]), dim=1)
    even = size * STRIPES
    peaks = values[:, :even].view(-1, STRIPES, size).amax(1)  # (R, size)
    columns = peaks.topk(count, dim=1, sorted=False).indices
    stripes = torch.arange(0, even, size, device=values.device)[:, None]
    rest = torch.arange(even, values.shape[1], device=values.device).expand(len(values), -1)
    places = torch.cat([(columns[:, None] + stripes).flatten(1), rest], dim=1)
    best, order = values.gather(1, places).topk(count, dim=1)
    return best, places.gather(1, order)


class _Products:
    """Similarities of tiles, in buffers that all tiles share."""

    def __init__(self, queries: Tensor, keys: Tensor, counts: Sequence[Sequence[int]], chunks: Chunks) -> None:
        self._queries, self._keys, self._counts, self._chunks = queries, keys, counts, chunks
        # A CPU multiplies half precision as float32; elsewhere the sums of products are float32.
        self._kind = torch.float32 if queries.device.type == "cpu" else queries.dtype
        self._block = keys.new_empty(0, dtype=self._kind)
        self._logits = keys.new_empty(0, dtype=torch.float32)

    def similarities(self, tile: Tile, slots: Slots) -> Tensor:
        """Of all cells of the tile with its block in some slots, (Q, B, M, a * b); -inf where a query does not look."""
        cells = self._queries[:, slice(*tile.rows), slice(*tile.columns)].flatten(1, 2)  # (Q, B, C)
        cells = cells.to(self._kind)
        frames, count, _ = cells.shape
        used = tile.block_cells
        size = used * (slots[1] - slots[0])
        self._logits = _at_least(self._logits, frames * count * size)
        logits = self._logits[: frames * count * size].view(frames, count, size)
        for low, high in runs(range(*slots), self._chunks.slots):
            asking = [frame for frame, times in enumerate(self._counts) if any(times[low:high])]
            asked = slice(asking[0], asking[-1] + 1) if asking else slice(0, 0)
            start = (low - slots[0]) * used
            for rows in self._bands(tile):
                block = self._keys[low:high, rows, slice(*tile.block_columns)].to(self._kind)  # (M, a, b, C)
                self._multiply(cells[asked], block, logits[asked], start)
                start += block[..., 0].numel()
            for frame in range(frames):
                for slot in range(low, high):
                    if not self._counts[frame][slot]:
                        begin = (slot - slots[0]) * used
                        logits[frame, :, begin : begin + used] = -torch.inf
        return logits.view(frames, count, -1, used)

    def _bands(self, tile: Tile) -> Iterator[slice]:
        """The rows of the block in pieces, where one frame is taken at a time."""
        top, bottom = tile.block_rows
        across = tile.block_columns[1] - tile.block_columns[0]
        step = max(1, self._chunks.cells // across) if self._chunks.slots == 1 else bottom - top
        return (slice(top + start, top + stop) for start, stop in spans(bottom - top, step))

    def _multiply(self, cells: Tensor, block: Tensor, logits: Tensor, start: int) -> None:
        """Write the products of cells (q, B, C) and a block (M, a, b, C) into columns of the logits (q, B, n)."""
        if not cells.numel():
            return
        if not block.is_contiguous():
            self._block = _at_least(self._block, block.numel())
            block = self._block[: block.numel()].view(block.shape).copy_(block)
        keys = block.flatten(0, 2)
        target = logits.flatten(0, 1)[:, start : start + len(keys)]
        if keys.dtype == torch.float32:
            torch.mm(cells.flatten(0, 1), keys.t(), out=target)
        else:
            torch.mm(cells.flatten(0, 1), keys.t(), out_dtype=torch.float32, out=target)


def _at_least(buffer: Tensor, size: int) -> Tensor:
    return buffer if buffer.numel() >= size else buffer.new_empty(size)


def _tiles(grid: Grid, shape: Grid, reach: int) -> Iterator[Tile]:
    for top, bottom in spans(grid[0], shape[0]):
        for left, right in spans(grid[1], shape[1]):
            block_rows = max(0, top - reach), min(grid[0], bottom + reach)
            yield Tile((top, bottom), (left, right), block_rows, (max(0, left - reach), min(grid[1], right + reach)))


def _cells_at(place: Tensor, tile: Tile, slot: int, grid: Grid) -> Tensor:
    """Columns of the similarities of a tile, whose first slot is `slot`, as indices into slots * N cells."""
    across = tile.block_columns[1] - tile.block_columns[0]
    row, column = place.div(across, rounding_mode="floor"), place % across
    down = tile.block_rows[1] - tile.block_rows[0]
    frame, row = row.div(down, rounding_mode="floor"), row % down
    return ((frame + slot) * grid[0] + row + tile.block_rows[0]) * grid[1] + column + tile.block_columns[0]


def _mask(tile: Grid, window: Window, reach: int, device: torch.device) -> Tensor:
    """0 where a cell of a tile may look at a cell of the block around it and -inf elsewhere, (rows, columns, a, b)."""
    down, across = (torch.arange(size)[:, None] + reach - torch.arange(size + 2 * reach) for size in tile)
    shape, radius = window
    if shape == "disc":
        near = (down**2)[:, None, :, None] + (across**2)[None, :, None, :] < radius**2
    else:
        near = (down.abs() <= radius)[:, None, :, None] & (across.abs() <= radius)[None, :, None, :]
    return torch.zeros(near.shape).masked_fill(~near, -torch.inf).to(device)


def _clipped(mask: Tensor, tile: Tile, reach: int) -> Tensor:
    """The mask of a tile whose block ends at the borders of the grid, (B, 1, a * b)."""
    (top, bottom), (left, right) = tile.rows, tile.columns
    down = slice(tile.block_rows[0] - top + reach, tile.block_rows[1] - top + reach)
    across = slice(tile.block_columns[0] - left + reach, tile.block_columns[1] - left + reach)
    part = mask[: bottom - top, : right - left, down, across]
    return part.flatten(2).flatten(0, 1)[:, None]
