"""Where the frames and the masks of a DAVIS-like data set are: found by looking, never by moving files."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corrbench.errors import DataError

FRAMES, MASKS = "JPEGImages", "Annotations"
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png")
_PREFERRED = ("480p", "Full-Resolution", "1080p")
_MOST_PROBED = 200  # folders looked into below a root that is too high


@dataclass(frozen=True)
class Layout:
    """The root of a data set, and the two folders that hold one folder a sequence."""

    root: Path
    frames: Path
    masks: Path


def find_layout(given: Path, resolution: str | None) -> Layout:
    """The layout in or near a folder; DataError when there is none, or not that resolution.

    The folder may be the root, its JPEGImages or Annotations, or up to two levels above it. The level of
    resolutions may lack in either half. Unless asked for: 480p, else the only one, else Full-Resolution, else
    1080p.
    """
    root = _find_root(given)
    of_frames, of_masks = _resolutions(root / FRAMES), _resolutions(root / MASKS)
    chosen = _choose(root, of_frames, of_masks, resolution)
    return Layout(
        root,
        root / FRAMES / chosen if of_frames else root / FRAMES,
        root / MASKS / chosen if of_masks else root / MASKS,
    )


def visible(folder: Path, folders: bool) -> list[str]:
    """The sorted names of the folders or files in a folder, but for hidden ones; DataError if unreadable."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir() == folders)
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed ({error.strerror}); check the path and its permissions") from error


def is_image(name: str) -> bool:
    """Whether a file name ends as a frame's does, in any case."""
    return name.lower().endswith(_IMAGE_ENDINGS)


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are; `nothing` when there are none."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


def _find_root(given: Path) -> Path:
    root = given.expanduser().absolute()
    if not _is_folder(root):
        there = next(parent for parent in root.parents if _is_folder(parent))
        if there == root.parent and root.name in visible(there, folders=False):
            raise DataError(f"{root}: a file, not a data set; give the folder that holds {FRAMES} and {MASKS}")
        raise DataError(
            f"{root}: no such folder; {there} holds {some(visible(there, folders=True))}; "
            f"give the folder that holds {FRAMES} and {MASKS}"
        )
    if _is_root(root):
        return root
    if root.name in (FRAMES, MASKS) and _is_root(root.parent):
        return root.parent
    below = _roots_below(root)
    davis = [path for path in below if "/davis" in f"/{path.relative_to(root).as_posix().lower()}"]
    for candidates in (davis, below):
        if len(candidates) == 1:
            return candidates[0]
    raise _no_root(root, below)


def _is_root(folder: Path) -> bool:
    return _is_folder(folder / FRAMES) and _is_folder(folder / MASKS)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # inside a folder that may not be entered
        return False


def _roots_below(folder: Path) -> list[Path]:
    """The roots one level below, else those two levels below."""
    level = [folder]
    for _ in range(2):
        level = [path / name for path in level for name in _folders_if_readable(path)][:_MOST_PROBED]
        found = [path for path in level if _is_root(path)]
        if found:
            return found
    return []


def _folders_if_readable(folder: Path) -> list[str]:
    try:
        return visible(folder, folders=True)
    except DataError:  # somebody else's folder beside the data
        return []


def _no_root(root: Path, below: Sequence[Path]) -> DataError:
    wanted = f"looked for {FRAMES} and {MASKS}"
    folders = visible(root, folders=True)
    if below:
        return DataError(f"{root}: {wanted}, found several data sets: {some(map(str, below))}; give one of them")
    above = next((parent for parent in root.parents[:3] if _is_root(parent)), None)
    if above is not None:
        return DataError(f"{root}: {wanted}, found a part of the data set {above}; give that folder")
    for half, other in ((FRAMES, MASKS), (MASKS, FRAMES)):
        if half in folders:
            return DataError(
                f"{root}: {wanted}, found {half} without {other} (there are {some(folders)}); add {other} beside it"
            )
    sequences = [name for name in folders[:_MOST_PROBED] if any(map(is_image, _files_if_readable(root / name)))]
    if sequences:
        return DataError(
            f"{root}: {wanted}, found folders of images ({some(sequences)}); give a folder with "
            f"{FRAMES}/{sequences[0]} and {MASKS}/{sequences[0]} in it"
        )
    return DataError(
        f"{root}: {wanted} here and two levels below, found {some(folders + visible(root, folders=False))}; "
        "give the folder that holds both"
    )


def _files_if_readable(folder: Path) -> list[str]:
    try:
        return visible(folder, folders=False)
    except DataError:
        return []


def _resolutions(half: Path) -> list[str]:
    """The folders in JPEGImages or Annotations that hold folders and no images."""
    return [
        name
        for name in visible(half, folders=True)
        if not any(map(is_image, visible(half / name, folders=False))) and visible(half / name, folders=True)
    ]


def _choose(root: Path, of_frames: list[str], of_masks: list[str], wish: str | None) -> str:
    there = [name for name in of_frames if name in of_masks] if of_frames and of_masks else of_frames or of_masks
    if wish is not None and wish not in there:
        found = some(there) if there else "no level of resolutions"
        raise DataError(
            f"{root}: no resolution {wish!r} of both frames and masks, found {found}; ask for what is there"
        )
    if wish is not None or not (of_frames or of_masks):
        return wish or ""
    if not there:
        raise DataError(
            f"{root}: {FRAMES} has {some(of_frames)}, {MASKS} has {some(of_masks)}; "
            "add the masks of the resolution of the frames"
        )
    preferred = [name for name in _PREFERRED if name in there]
    if len(there) > 1 and not preferred:
        raise DataError(f"{root}: several resolutions ({some(there)}); ask for one of them with resolution=")
    return there[0] if len(there) == 1 else preferred[0]
