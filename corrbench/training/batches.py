"""Batches of prepared items: the same for any number of threads and of processes."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from types import TracebackType

import torch
from torch import Tensor

from corrbench.errors import DataError, SettingError
from corrbench.evaluation.ahead import ahead
from corrbench.training.recipe import Feed
from corrbench.training.seeds import mixed_seed
from corrbench.training.sources import Library


@dataclass(frozen=True)
class Place:
    """Where an item is needed, and which it is."""

    step: int
    place: int  # in the batch of all processes
    order: Tensor  # of the items of the library in this epoch
    first: int  # where in it the item is


@dataclass(frozen=True)
class Drawn:
    """One prepared item, None where more than half of the library would not be decoded."""

    item: Mapping[str, Tensor] | None
    unreadable: Mapping[str, str]  # what was tried before: its name, and the reason


class Batches:
    """The batches of steps `first_step` to `steps`, for one of `world` processes.

    Item number `place` of the whole batch of a step is the next of an order of the library that each epoch draws anew,
    and is prepared from a generator seeded by (seed, step, place): so neither threads, nor processes, nor an
    interruption change it. An item that cannot be decoded is noted in `unreadable` and replaced by the one that
    follows in the order. Two feeds of one training need different seeds.
    """

    def __init__(
        self,
        feed: Feed,
        library: Library,
        size: int,
        seed: int,
        *,
        steps: int,
        first_step: int = 0,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
    ) -> None:
        """`size` items a step over all processes; `workers` threads read ahead by a batch.

        SettingError when the batch cannot be divided, or the library is not of the kind that the feed takes.
        """
        if size % world:
            raise SettingError(f"batch={size} does not divide among {world} processes; give a multiple of {world}")
        if library.kind != feed.kind:
            raise SettingError(f"{library.folder}: opened as {library.kind}, asked for {feed.kind}; open it as these")
        self.unreadable: dict[str, str] = {}  # name -> reason, of what this process has met
        self._feed, self._library = feed, library
        self._size, self._seed = size, seed
        self._steps = range(first_step, steps)
        self._part = range(rank * (size // world), (rank + 1) * (size // world))
        self._workers = workers
        self._running: list[Generator[dict[str, Tensor], None, None]] = []

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """One dictionary a step, its values stacked: (B, …) each, B = size / world.

        DataError when more than half of the library cannot be decoded.
        """
        running = self._batches()
        self._running.append(running)
        return running

    def __enter__(self) -> "Batches":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads."""
        while self._running:
            self._running.pop().close()

    def _batches(self) -> Generator[dict[str, Tensor], None, None]:
        waiting = len(self._part) + self._workers
        try:
            with closing(ahead(self._draw, self._places(), self._workers, waiting)) as drawn:
                for _ in self._steps:
                    items = [self._accepted(one) for one in islice(drawn, len(self._part))]
                    yield {key: torch.stack([item[key] for item in items]) for key in items[0]}
        finally:
            if self._workers:
                torch.set_num_threads(torch.get_num_threads())  # what threads that are started later begin with

    def _places(self) -> Iterator[Place]:
        count, current = len(self._library), -1
        for step in self._steps:
            for place in self._part:
                epoch, first = divmod(step * self._size + place, count)
                if epoch != current:
                    shuffling = torch.Generator().manual_seed(mixed_seed(self._seed, "epoch", epoch))
                    order, current = torch.randperm(count, generator=shuffling), epoch
                yield Place(step, place, order, first)

    def _draw(self, place: Place) -> Drawn:
        count = len(place.order)
        unreadable: dict[str, str] = {}
        with _one_thread():
            for later in range(count // 2 + 1):
                index = int(place.order[(place.first + later) % count])
                generator = torch.Generator().manual_seed(mixed_seed(self._seed, "item", place.step, place.place))
                try:
                    frames = self._feed.choose(self._library.length(index), generator)
                    pixels = self._library.read(index, frames)
                except DataError as error:
                    unreadable[self._library.name(index)] = str(error)
                    continue
                return Drawn(self._feed.prepare(pixels, generator), unreadable)
        return Drawn(None, unreadable)

    def _accepted(self, drawn: Drawn) -> Mapping[str, Tensor]:
        self.unreadable.update(drawn.unreadable)
        if drawn.item is None or 2 * len(self.unreadable) > len(self._library):
            raise DataError(
                f"{self._library.folder}: {len(self.unreadable)} of {len(self._library)} {self._library.kind} cannot "
                f"be decoded, such as {next(iter(self.unreadable.values()))}"
            )
        return drawn.item


@contextmanager
def _one_thread() -> Iterator[None]:
    """Operations of torch, started by this thread, run in this thread.

    Sums would depend on how many share them, and readers that each start a team of threads hinder one another. The
    setting is one of the thread; only threads that are started while it holds take it over.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
