"""Where the sample is kept: made on first use, whole or absent, and made anew when something is missing."""

import errno
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from corrbench.core.folders import cache_folder
from corrbench.errors import DataError
from corrbench_datasets.sample.write import (
    ABOUT,
    FRAMES,
    LIST,
    MASKS,
    TRUTH,
    VERSION,
    parameters,
    write_sample,
)


def stored(frames: int, difficulty: int) -> Path:
    """The folder of the sample in the user's cache, whole; written now if it is not there."""
    folder = cache_folder() / "sample" / f"v{VERSION}-frames{frames}-difficulty{difficulty}"
    if not is_whole(folder, frames=frames, difficulty=difficulty):
        try:
            _make(folder, frames, difficulty)
        except OSError as error:
            raise DataError(
                f"{folder}: the embedded sample cannot be written here ({error}); free some space, or set "
                "CORRBENCH_HOME to a folder that can be written"
            ) from error
    return folder


def is_whole(folder: Path, *, frames: int, difficulty: int) -> bool:
    """Whether the folder holds this sample with every file; contents are not read."""
    try:
        about = read_about(folder)
        if about["version"] != VERSION or about["parameters"] != parameters(frames, difficulty):
            return False
        kinds = ((FRAMES, ".jpg"), (MASKS, ".png"), (TRUTH, ".npz"))
        return (folder / LIST).stat().st_size > 0 and all(
            _filled(folder / kind / name) == {f"{index:05d}{ending}" for index in range(frames)}
            for name in about["sequences"]
            for kind, ending in kinds
        )
    except (DataError, OSError, KeyError, TypeError):
        return False


def read_about(folder: Path) -> dict[str, Any]:
    """What sample.json says; DataError when it is missing or damaged."""
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / ABOUT}: not readable ({error}); delete its folder to make it anew") from error
    return about


def _filled(folder: Path) -> set[str]:
    """The names of the files that are not empty."""
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.stat().st_size}


def _make(folder: Path, frames: int, difficulty: int) -> None:
    """Write the sample beside its place, then rename it: of two processes that do so at once, one wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as aside:
        fresh = Path(aside) / "fresh"  # a folder of its own: the temporary one is closed to everybody else
        write_sample(fresh, frames=frames, difficulty=difficulty)
        while not is_whole(folder, frames=frames, difficulty=difficulty):
            with suppress(FileNotFoundError):  # there was none, or another process has just taken it away
                folder.rename(Path(tempfile.mkdtemp(dir=aside)) / "damaged")
            try:
                fresh.rename(folder)
            except OSError as error:
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:  # these: another process was quicker
                    raise
