"""How much is compared at once: it decides speed and memory, never a result."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import torch

Result = TypeVar("Result")
Grid = tuple[int, int]

TILES = ((1, 1), (2, 3), (4, 5), (6, 7), (8, 9), (12, 14), (16, 18))  # query cells of a tile
GATHERED = 60  # queries whose products with a key take as long as gathering it: measured on a CPU at C = 256


@dataclass(frozen=True)
class Chunks:
    """The sizes of the work; the defaults are the fastest of those tried on a CPU."""

    queries: int = 4  # query frames that share the keys of a tile
    slots: int = 1  # frames of the context in one product
    cells: int = 1280  # of a frame in one product, where it is one frame
    similarities: int = 2**22  # held before the best are taken, at least those of one frame

    def slots_of(self, similarities: int) -> int:
        """How many frames to take together, of which each gives so many similarities."""
        return max(1, self.similarities // similarities)

    def smaller(self) -> "Chunks | None":
        """About half as much at once; None where it cannot be less."""
        if self.similarities <= 2**16:
            return None
        return replace(self, similarities=self.similarities // 2, queries=max(1, self.queries // 2))


def stepping_down(work: Callable[[Chunks], Result], chunks: Chunks) -> tuple[Result, Chunks]:
    """What the work returns, and the sizes it fitted into: they are halved each time the device runs out of memory."""
    while True:
        try:
            return work(chunks), chunks
        except torch.OutOfMemoryError:
            fewer = chunks.smaller()
            if fewer is None:
                raise
            chunks = fewer
        torch.cuda.empty_cache()


def tile_of(grid: Grid, reach: int, queries: int, chunks: Chunks) -> Grid:
    """The tile with the least products and gathered keys among those that fit, for cells that look `reach` far."""

    def size(tile: Grid) -> int:
        return min(tile[0], grid[0]) * min(tile[1], grid[1]) * queries

    def windows(tile: Grid) -> int:
        reached = [
            [min(cells, stop + reach) - max(0, start - reach) for start, stop in spans(cells, step)]
            for cells, step in zip(grid, tile, strict=True)
        ]
        return sum(reached[0]) * sum(reached[1])

    fitting = [
        tile
        for tile in TILES
        if size(tile) * min(grid[0], tile[0] + 2 * reach) * min(grid[1], tile[1] + 2 * reach) <= chunks.similarities
    ]
    return min(fitting or TILES[:1], key=lambda tile: (size(tile) + GATHERED) * windows(tile))


def spans(size: int, step: int) -> Iterator[tuple[int, int]]:
    """Start and end of each piece of `step`, the last one shorter."""
    return pairwise([*range(0, size, step), size])


def runs(numbers: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Rising numbers as ranges (first, last + 1) without gaps, each of at most `most`."""
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1 or index - start == most:
            yield numbers[start], numbers[index - 1] + 1
            start = index
