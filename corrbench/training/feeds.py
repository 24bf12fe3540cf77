"""The data behind the feeds of a recipe: which files each reads, and whether all processes see the same."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from corrbench.errors import DataError, SettingError
from corrbench.training.batches import Batches
from corrbench.training.distributed import World
from corrbench.training.listener import TrainingListener
from corrbench.training.recipe import Feed, Kind
from corrbench.training.seeds import mixed_seed
from corrbench.training.sources import Library, existing_folder, open_library

Folders = Mapping[Kind, Path | None]


def open_libraries(feeds: Sequence[Feed], folders: Folders, world: World, listener: TrainingListener) -> list[Library]:
    """What each feed reads; what was found and skipped is noted.

    SettingError where the folder of a kind was not given; DataError where it holds nothing that fits, or where the
    processes do not find the same.
    """
    libraries = []
    for feed in feeds:
        folder = require_folder(feed.kind, folders, "this stage")
        library = open_library(feed.kind, folder, feed.least_frames)
        listener.note(f"{feed.kind}: {library.summary()}")
        hashes = world.gather(library.hash)
        if len(set(hashes)) > 1:
            other = next(rank for rank, found in enumerate(hashes) if found != hashes[0])
            raise DataError(
                f"{folder}: process {other} finds other {feed.kind} there than process 0; give all the same files"
            )
        libraries.append(library)
    return libraries


def require_folder(kind: Kind, folders: Folders, who: str) -> Path:
    """The folder of a kind; SettingError where none was given, DataError where it is not there."""
    folder = folders[kind]
    if folder is None:
        raise SettingError(f"{who} looks at {kind}, and no folder of them is given; give --{kind} DIR")
    return existing_folder(kind, folder)


def describe(feeds: Sequence[Feed], libraries: Sequence[Library], folders: Folders) -> list[dict[str, Any]]:
    """What a training has looked at, as plain values for its record."""
    return [
        {
            "kind": feed.kind,
            "folder": str(folders[feed.kind]),
            "items": len(library),
            "skipped": dict(library.skipped),
            "hash": library.hash,
        }
        for feed, library in zip(feeds, libraries, strict=True)
    ]


@contextmanager
def open_batches(
    feeds: Sequence[Feed],
    libraries: Sequence[Library],
    size: int,
    seed: int,
    *,
    first_step: int,
    steps: int,
    world: World,
    workers: int,
) -> Iterator[list[Batches]]:
    """This process's part of the batches of each feed, from `first_step` on; each feed draws from a seed of its own."""
    with ExitStack() as stack:
        opened = []
        for number, (feed, library) in enumerate(zip(feeds, libraries, strict=True)):
            one = Batches(
                feed, library, size, mixed_seed(seed, "feed", number), first_step=first_step, steps=steps,
                rank=world.rank, world=world.size, workers=workers,
            )  # fmt: skip
            opened.append(stack.enter_context(one))
        yield opened
