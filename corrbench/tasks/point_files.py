"""Predicted points as files: a table a frame, or an array a video."""

import csv
import math
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from corrbench.core.files import write_text
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import PredictionError
from corrbench.tasks.points import as_prediction
from corrbench.tasks.predictions import prediction_files

ENDING = ".csv"
HEADER = ["point", "x", "y"]
VIDEO_FILE, VIDEO_KEY = "points.npz", "points"


def write_points(folder: Path, stem: str, points: Points) -> None:
    """Write folder/STEM.csv: a header, then name, x and y of each point in pixels of the frame, exactly."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for name, (x, y) in zip(points.names, points.positions.tolist(), strict=True):
        rows.writerow([name, repr(x), repr(y)])
    write_text(folder / f"{stem}{ENDING}", text.getvalue())


def read_video(folder: Path, video: Video[Points], skip_first: int) -> Sequence[Points | None]:
    """The predicted points of a video, one item a frame; None where there is no file and none is needed.

    From folder/points.npz, whose array `points` is (T, J, 2) or (2, J, T), and may be longer than the video; where
    there is no such file, from folder/STEM.csv as written here. Annotated frames after `skip_first` need a prediction:
    PredictionError where one is missing, cannot be read, or is of other points than those of frame 0.
    """
    first = video.labels[0]
    names = () if first is None else first.names
    if (folder / VIDEO_FILE).is_file():
        return _read_array(folder / VIDEO_FILE, names, len(video))
    needed = [index for index in range(skip_first, len(video)) if video.labels[index] is not None]
    files = prediction_files(folder, video.stems, ENDING, needed)
    return [read_points(file, names) if file.is_file() else None for file in files]


def read_points(path: Path, names: tuple[str, ...]) -> Points:
    """The points in a table as `write_points` writes it; PredictionError unless they are those named, in this order."""
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PredictionError(f"{path}: not a readable table ({error}); write it again") from error
    if not rows or rows[0] != HEADER:
        found = ",".join(rows[0]) if rows else "nothing"
        raise PredictionError(f"{path}: the first line has to be {','.join(HEADER)}; found {found}")
    if tuple(row[0] for row in rows[1:] if row) != names or len(rows) != len(names) + 1:
        raise PredictionError(
            f"{path}: {len(rows) - 1} points, expected the {len(names)} of the ground truth, in this order: "
            f"{', '.join(names[:3])}, …; write -1,-1 for one that is lost"
        )
    positions = [_position(path, number, row) for number, row in enumerate(rows[1:], start=2)]
    return as_prediction(names, torch.tensor(positions, dtype=torch.float64).reshape(-1, 2))


def _read_array(path: Path, names: tuple[str, ...], frames: int) -> list[Points]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if VIDEO_KEY not in stored.files:
                raise PredictionError(f"{path}: it has no array {VIDEO_KEY!r}; found {', '.join(stored.files)}")
            array = stored[VIDEO_KEY]
    except (BadZipFile, EOFError, KeyError, ValueError, OSError) as error:
        raise PredictionError(f"{path}: not a readable .npz of plain numbers ({error}); write it again") from error
    found, shape = array.shape, array.shape
    if array.ndim == 3 and shape[1:] != (len(names), 2):
        array = array.transpose(2, 1, 0)
    if array.dtype.kind not in "fiu" or array.ndim != 3 or array.shape[1:] != (len(names), 2) or len(array) < frames:
        raise PredictionError(
            f"{path}: {VIDEO_KEY!r} has the shape {found} and the type {array.dtype}; expected numbers "
            f"({frames}, {len(names)}, 2) or (2, {len(names)}, {frames}), x and y of every point in every frame"
        )
    positions = torch.from_numpy(array[:frames].astype(np.float64))
    return [as_prediction(names, frame) for frame in positions]


def _position(path: Path, number: int, row: list[str]) -> tuple[float, float]:
    try:
        _, x, y = row
        position = float(x), float(y)
    except ValueError:
        position = math.nan, math.nan
    if not all(map(math.isfinite, position)):
        raise PredictionError(
            f"{path}, line {number}: {','.join(row)!r} is not a point, x and y; write -1,-1 for one that is lost"
        )
    return position
