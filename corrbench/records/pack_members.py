"""What goes into an archive, and what a data set has that must be there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SHOWN = 5  # names listed in an error


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str  # its path in the archive
    content: Callable[[], bytes]  # read when it is written


@dataclass(frozen=True)
class Wanted:
    """What the data set has of one sequence."""

    stems: tuple[str, ...]  # of its frames
    size: tuple[int, int] | None  # (H, W) of its frames, where predictions have one


def visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, without hidden files."""
    return sorted((path for path in folder.iterdir() if not path.name.startswith(".")), key=lambda path: path.name)


def listed(names: Sequence[str]) -> str:
    """The first names, for an error."""
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
