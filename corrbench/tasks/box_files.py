"""Files of predicted boxes, as the got-10k toolkit and pysot write and read them.

A file has one row x,y,w,h a frame, x and y counted from 1. Sources: got-10k toolkit 956e7286,
got10k/experiments/otb.py and got10k.py (`_record`); pysot d04028f8, toolkit/datasets/video.py and tools/test.py.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.files import safe_name, write_text
from corrbench.errors import PredictionError

FIRST_PIXEL = 1
SHOWN = 5  # names listed in an error
_SEPARATORS = re.compile(r"[,\s]+")
_NUMBERED = re.compile(r"(.+)[.](\d+)")


@dataclass(frozen=True)
class Track:
    """The boxes of a whole sequence, and how long each took."""

    boxes: Tensor  # (T, 4) float64 (x, y, w, h), x and y counted from 0
    seconds: tuple[float, ...] = ()  # T, or none where nobody measured


def as_written(box: Tensor) -> Tensor:
    """The box (4,) float64 that is read again where this one has been written."""
    return _box([float(word) for word in _row(box).split(",")])


def write_track(folder: Path, name: str, track: Track) -> None:
    """Write folder/NAME_001.txt, and folder/NAME_time.txt where there are seconds."""
    stem = safe_name(name)
    _write(folder / f"{stem}_001.txt", [_row(box) for box in track.boxes])
    if track.seconds:
        _write(folder / f"{stem}_time.txt", [f"{spent:.8f}" for spent in track.seconds])


def read_track(path: Path) -> list[Tensor]:
    """The boxes of a file, each (4,) float64; NaN where a row says so.

    Columns are separated by commas, tabs or blanks; blank lines are none.
    PredictionError when the file cannot be read or a row has not four numbers.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PredictionError(f"{path}: not a readable text ({error}); write it again") from error
    boxes = []
    for number, line in enumerate(lines, start=1):
        if line.strip(", \t"):
            boxes.append(_parsed(line, f"{path}, line {number}"))
    return boxes


def track_files(root: Path, sequences: Sequence[str]) -> dict[str, Path]:
    """The file of each sequence, root/NAME.txt or root/NAME/NAME_001.txt.

    NAME may be in any of three styles: Jogging.1 (got10k), Jogging-1 (pysot), Jogging_1 (pytracking); where a sequence
    is named without number, as Human4, the only one with a number will do (Human4-2).
    PredictionError that says what is missing, or which level of folders was meant.
    """
    if not root.is_dir():
        wrong = "this is a file" if root.exists() else "no such folder"
        raise PredictionError(f"--predictions {root}: {wrong}; give the folder that holds SEQUENCE.txt")
    found = {name: _file(root, name) for name in sequences}
    missing = [name for name, path in found.items() if path is None]
    if not missing:
        return {name: path for name, path in found.items() if path is not None}
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    below = [folder for folder in folders if any(_file(folder, name) for name in sequences)]
    if len(missing) == len(found) and below:
        raise PredictionError(
            f"--predictions {root}: the files lie one level below, in {_some([f.name for f in below])}; give {below[0]}"
        )
    if len(missing) == len(found) and any(_file(root.resolve().parent, name) for name in sequences):
        above = root.resolve().parent
        raise PredictionError(
            f"--predictions {root}: this is the folder of one sequence; give the folder above it, {above}"
        )
    there = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    raise PredictionError(
        f"--predictions {root}: no file for {len(missing)} of {len(sequences)} sequences: {_some(missing)}; looked for "
        f"{missing[0]}.txt and {missing[0]}/{missing[0]}_001.txt, found {_some(there) if there else 'no files'}; "
        "predict these too, or name what there is by --sequences"
    )


def _file(root: Path, name: str) -> Path | None:
    """The file of one sequence, under the first of its names that there is."""
    for spelled in _spellings(name):
        for path in (root / f"{spelled}.txt", root / spelled / f"{spelled}_001.txt"):
            if path.is_file():
                return path
    return _only_numbered(root, name)


def _spellings(name: str) -> list[str]:
    numbered = _NUMBERED.fullmatch(name)
    others = [f"{numbered[1]}{separator}{numbered[2]}" for separator in "-_"] if numbered else []
    return [safe_name(each) for each in (name, *others)]


def _only_numbered(root: Path, name: str) -> Path | None:
    """The file of NAME-2, NAME_2 or NAME.2, whatever the number, where there is one such file alone."""
    pattern = re.compile(re.escape(safe_name(name)) + r"[-_.]\d{1,2}")
    stems = [path for path in root.glob("*") if pattern.fullmatch(path.stem if path.suffix == ".txt" else path.name)]
    files = [path if path.is_file() else path / f"{path.name}_001.txt" for path in stems]
    there = [path for path in files if path.is_file()]
    return there[0] if len(there) == 1 else None


def _row(box: Tensor) -> str:
    x, y, w, h = box.tolist()
    return ",".join(f"{value:.3f}" for value in (x + FIRST_PIXEL, y + FIRST_PIXEL, w, h))


def _parsed(line: str, where: str) -> Tensor:
    try:
        values = [float(word) for word in _SEPARATORS.split(line) if word]
    except ValueError:
        values = []
    if len(values) != 4:
        raise PredictionError(f"{where}: {line.strip()!r} is not a box; write four numbers x,y,w,h")
    return _box(values)


def _box(values: Sequence[float]) -> Tensor:
    """The box (4,) of a row that counts from 1."""
    if not all(map(math.isfinite, values)):
        return torch.full((4,), math.nan, dtype=torch.float64)
    x, y, w, h = values
    return torch.tensor([x - FIRST_PIXEL, y - FIRST_PIXEL, w, h], dtype=torch.float64)


def _write(path: Path, rows: Sequence[str]) -> None:
    text = "".join(f"{row}\n" for row in rows)
    write_text(path, text)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
