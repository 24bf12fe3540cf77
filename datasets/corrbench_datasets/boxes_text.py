"""Text files of boxes and of flags, one for every frame, separated in all the ways that tracking data sets do."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from corrbench.errors import DataError
from corrbench_datasets.davis_layout import is_image, some, visible

FIRST_PIXEL = 1  # what the files of OTB, GOT-10k and LaSOT call the first column and the first row
_SEPARATORS = re.compile(r"[,\s]+")


def read_boxes(path: Path) -> tuple[Tensor | None, ...]:
    """The box of each line, (4,) float64 (x, y, w, h) in pixels, x and y the first column and row counted from 0.

    The files count from 1. Columns are separated by commas, tabs or blanks; empty lines are none. A line of NaN alone
    is None, no annotation. Sizes of later lines are taken as they stand, zero and negative ones too (GOT-10k writes
    -1 for a target that has left; frame 118 of LaSOT's tiger-6 has a height of -11).
    DataError when the file is missing or empty, a line has not four numbers, or a number is infinite or one of four
    is NaN.
    """
    boxes = tuple(_box(path, number, line) for number, line in _lines(path))
    if not boxes:
        raise DataError(f"{path}: no boxes in it; write a line x,y,w,h for every frame, or copy the file again")
    return boxes


def read_flags(path: Path) -> tuple[int, ...]:
    """The whole numbers of a file, one a frame, on lines of their own or all on one line with commas between them.

    DataError when the file is missing or holds anything else.
    """
    words = [word for _, line in _lines(path) for word in _words(line)]
    wrong = next((word for word in words if not re.fullmatch(r"[+-]?\d+", word, re.ASCII)), None)
    if wrong is not None:
        raise DataError(f"{path}: {wrong!r} is no whole number; write one for every frame, or copy the file again")
    return tuple(map(int, words))


def find_text(folder: Path, names: Sequence[str]) -> list[Path]:
    """Those of these files that there are in a folder; DataError when there is none."""
    there = [folder / name for name in names if (folder / name).is_file()]
    if not there:
        others = [name for name in visible(folder, folders=False) if not is_image(name)]
        raise DataError(
            f"{folder}: no {' or '.join(names)}, found {some(others)}; copy the sequence again from its source"
        )
    return there


def is_empty(path: Path) -> bool:
    """Whether there is nothing but blank lines in a text file; DataError when it cannot be read."""
    return not _lines(path)


def _box(path: Path, number: int, line: str) -> Tensor | None:
    words = _words(line)
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise DataError(f"{path}, line {number}: {line.strip()!r} is not a box; write four numbers x,y,w,h") from None
    if len(values) != 4:
        raise DataError(f"{path}, line {number}: {len(values)} numbers, {line.strip()!r}; a box has four: x,y,w,h")
    if all(map(math.isnan, values)):
        return None
    if not all(map(math.isfinite, values)):
        raise DataError(
            f"{path}, line {number}: {line.strip()!r} is not finite; write a box, or NaN four times where there is none"
        )
    x, y, w, h = values
    return torch.tensor([x - FIRST_PIXEL, y - FIRST_PIXEL, w, h], dtype=torch.float64)


def _words(line: str) -> list[str]:
    return [word for word in _SEPARATORS.split(line) if word]


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; copy the sequence again from its source") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a readable text ({error}); copy the file again from its source") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if _words(line)]
