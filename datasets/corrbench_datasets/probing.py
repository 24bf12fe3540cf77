"""The root of a data set in or near a folder that was given: found by looking, never by moving files."""

from collections.abc import Callable
from pathlib import Path

from corrbench.errors import DataError
from corrbench_datasets.davis_layout import some, visible

_MOST_PROBED = 200  # folders looked into below a root that is too high


def find_root(given: Path, is_root: Callable[[Path], bool], wanted: str) -> Path:
    """The folder itself if it is a root, else the only root up to two levels below it.

    `wanted` says what a root holds, in the message of the DataError raised when there is no root or there are several.
    """
    root = given.expanduser().absolute()
    if not is_folder(root):
        there = next(parent for parent in root.parents if is_folder(parent))
        what = "a file, not a data set" if root.name in visible(there, folders=False) else "no such folder"
        raise DataError(
            f"{root}: {what}; {there} holds {some(visible(there, folders=True))}; give the folder that holds {wanted}"
        )
    if is_root(root):
        return root
    level = [root]
    for _ in range(2):
        level = [path / name for path in level for name in folders(path)][:_MOST_PROBED]
        found = [path for path in level if is_root(path)]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f"{root}: looked for {wanted}, found it in {some(map(str, found))}; give one of them")
    above = next((parent for parent in root.parents[:3] if is_root(parent)), None)
    if above is not None:
        raise DataError(f"{root}: looked for {wanted}, found a part of the data set {above}; give that folder")
    raise DataError(
        f"{root}: looked for {wanted} here and two levels below, found "
        f"{some(folders(root) + visible(root, folders=False))}; give the folder that holds it"
    )


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; one that may not be looked at is none."""
    try:
        return path.is_dir()
    except OSError:  # inside a folder that may not be entered
        return False


def folders(path: Path) -> list[str]:
    """The sorted names of the folders in a folder, but for hidden ones; none where it may not be read."""
    try:
        return visible(path, folders=True)
    except DataError:  # somebody else's folder beside the data
        return []
