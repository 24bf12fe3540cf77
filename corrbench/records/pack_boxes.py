"""Boxes as the server of GOT-10k takes them: a file of boxes and a file of times for each sequence.

Source: got-10k/toolkit 956e7286, got10k/experiments/got10k.py, _record and report.
"""

import math
import re
from pathlib import Path

from corrbench.errors import PredictionError
from corrbench.records.pack_members import Member, Wanted, visible

ENDING, TIMES = ".txt", "_time.txt"
_RUN = re.compile(r"_[0-9]{3}\.txt")  # of one repetition
_SEPARATORS = re.compile(r"[,\s]+")


def box_sequences(folder: Path) -> list[str]:
    """The sequences of a folder, from SEQUENCE.txt or SEQUENCE/SEQUENCE_001.txt; none where neither is there."""
    there = visible(folder)
    flat = [path.stem for path in there if path.suffix == ENDING and path.is_file() and not path.name.endswith(TIMES)]
    folders = [path for path in there if path.is_dir()]
    if any(map(is_box_sequence, folders)):
        return sorted({*flat, *(path.name for path in folders if path.name != "times")})
    return flat


def is_box_sequence(folder: Path) -> bool:
    """Whether a folder holds the boxes of the sequence that it is named after."""
    return (folder / f"{folder.name}_001{ENDING}").is_file()


def box_members(folder: Path, stored: str, name: str, wanted: Wanted | None) -> list[Member]:
    """NAME/NAME_001.txt, and further repetitions where there are some, and NAME/NAME_time.txt.

    Boxes are read from STORED/STORED_001.txt or STORED.txt with commas, tabs or blanks, and keep the numbers they have;
    times, in seconds, lie beside them or in `times`. PredictionError when a file is missing, holds anything else, or
    has not one line a frame.
    """
    inner = folder / stored
    if inner.is_dir():
        runs = [path for path in visible(inner) if _RUN.fullmatch(path.name.removeprefix(stored))]
        places = [inner / f"{stored}{TIMES}"]
    else:
        runs = [folder / f"{stored}{ENDING}"]
        places = [folder / "times" / f"{stored}{TIMES}", folder / f"{stored}{TIMES}"]
    if not runs:
        raise PredictionError(f"{inner}: no {stored}_001{ENDING} in it; track this sequence, or remove the folder")
    times = next((path for path in places if path.is_file()), None)
    if times is None:
        raise PredictionError(
            f"{places[0]}: no such file; the server takes the seconds that each frame took, one a line"
        )
    tables = [_rows(path, 4) for path in runs]
    frames = len(wanted.stems) if wanted is not None else len(tables[0])
    seconds = _rows(times, None)
    for path, table in [*zip(runs, tables, strict=True), (times, seconds)]:
        if len(table) != frames:
            raise PredictionError(
                f"{path}: {len(table)} lines, but the sequence has {frames} frames; write one a frame"
            )
    texts = {f"{name}_{number:03d}{ENDING}": _text(table, 3) for number, table in enumerate(tables, start=1)}
    texts[f"{name}{TIMES}"] = _text(seconds, 8)
    return [Member(f"{name}/{file}", text.encode) for file, text in sorted(texts.items())]


def _rows(path: Path, columns: int | None) -> list[list[float]]:
    """The finite numbers of each line that is not blank; every line has as many as asked for, or as the first."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PredictionError(f"{path}: not a readable text ({error}); write it again") from error
    rows: list[list[float]] = []
    for number, line in enumerate(lines, start=1):
        words = [word for word in _SEPARATORS.split(line) if word]
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        columns = columns or len(words)
        if len(values) != columns or not all(map(math.isfinite, values)):
            raise PredictionError(
                f"{path}, line {number}: {line.strip()!r} is not {columns} finite numbers; correct it"
            )
        rows.append(values)
    if not rows:
        raise PredictionError(f"{path}: an empty file; write one line a frame")
    return rows


def _text(rows: list[list[float]], decimals: int) -> str:
    return "".join(",".join(f"{value:.{decimals}f}" for value in row) + "\n" for row in rows)
