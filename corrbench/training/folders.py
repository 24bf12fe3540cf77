"""Images and clips below a folder, in an order that is the same on every machine."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")
UNLISTED = "folders that cannot be listed"
_RESOLUTIONS = ("480p", "Full-Resolution", "1080p")  # of the same clips; the first of them is read
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Listing:
    """One folder and the names of its files, in natural order; hidden ones left out."""

    folder: Path
    files: tuple[str, ...]

    def ending(self, endings: tuple[str, ...]) -> list[str]:
        """The files whose names end so, in any case."""
        return [name for name in self.files if name.lower().endswith(endings)]

    def frames(self) -> tuple[str, ...]:
        """The images, one for each name without ending: a mask beside its frame, 0001.png, is left out for 0001.jpg."""
        images = self.ending(IMAGES)
        best = {Path(name).stem: name for name in sorted(images, key=_rank, reverse=True)}
        return tuple(name for name in images if best[Path(name).stem] == name)


def listings(root: Path, skipped: Counter[str]) -> Iterator[Listing]:
    """The folder and every folder below it, each before those in it; links are followed, no folder is listed twice.

    Folders of annotations are left out, and of several resolutions in JPEGImages (DAVIS) all but 480p, else
    Full-Resolution, else 1080p. A folder that cannot be listed is counted in `skipped`.
    """
    waiting, seen = [root], set()
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:  # by a link
                continue
            with os.scandir(folder) as entries:
                found = {entry.name: _is_folder(entry) for entry in entries if not entry.name.startswith(".")}
        except OSError:
            skipped[UNLISTED] += 1
            continue
        seen.add((status.st_dev, status.st_ino))
        names = sorted(found, key=natural)
        yield Listing(folder, tuple(name for name in names if not found[name]))
        inner = _entered(folder, [name for name in names if found[name]])
        waiting.extend(folder / name for name in reversed(inner))


def natural(name: str) -> tuple[list[str | int], str]:
    """The key that sorts names as one counts, whatever their case: 2.jpg before 10.jpg, a before B."""
    parts = _NUMBERS.split(name.lower())  # text and numbers in turn
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _rank(name: str) -> int:
    return IMAGES.index(Path(name).suffix.lower())


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entered(folder: Path, names: list[str]) -> list[str]:
    names = [name for name in names if not name.lower().startswith("annotations")]
    if folder.name == "JPEGImages":
        return [name for name in _RESOLUTIONS if name in names][:1] or names
    return names
