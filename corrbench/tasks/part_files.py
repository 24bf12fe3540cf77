"""Predicted parts as files: classes as indexed images, instances as the data set's authors keep them.

Source: ATEN 0c1f3a58 evaluate/test_inst_part_ap.py: an image of instance ids, and beside it a text file whose line i,
`class score`, is about the instance whose pixels hold i.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.files import write_text
from corrbench.core.images import LazyFiles, read_mask, write_mask
from corrbench.core.parts import PartInstances
from corrbench.errors import PredictionError
from corrbench.tasks.part_labels import PartPrediction
from corrbench.tasks.predictions import prediction_files

FOLDER = "instances"  # beside the images of classes
MODES = ("1", "L", "P", "I", "I;16", "I;16B")


def write_parts(folder: Path, stem: str, prediction: Tensor | PartPrediction) -> None:
    """Write the classes as folder/STEM.png, and instances as folder/instances/STEM.png and STEM.txt."""
    if not isinstance(prediction, PartPrediction):
        write_mask(folder / f"{stem}.png", prediction)
        return
    write_mask(folder / f"{stem}.png", prediction.classes)
    instances = prediction.instances
    write_mask(folder / FOLDER / f"{stem}.png", instances.places)
    rows = zip(instances.classes.tolist(), prediction.scores.tolist(), strict=True)
    text = "".join(f"{part} {score!r}\n" for part, score in rows)
    write_text(folder / FOLDER / f"{stem}.txt", text)


def read_parts(
    folder: Path, stems: Sequence[str], needed: Sequence[int]
) -> LazyFiles[Tensor] | LazyFiles[PartPrediction]:
    """The predictions of a video, one a frame, read when they are indexed; with instances where that folder is there.

    PredictionError where a file of a frame that is `needed` is missing; upon indexing, where it cannot be read.
    """
    files = prediction_files(folder, stems, ".png", needed)
    inner = folder / FOLDER
    if not inner.is_dir():
        return LazyFiles(files, read_mask)
    for ending in (".png", ".txt"):
        prediction_files(inner, stems, ending, needed)
    return LazyFiles(files, _read_both)


def _read_both(path: Path) -> PartPrediction:
    """The classes in a file, and the instances in those of its name in the folder beside it."""
    image = path.parent / FOLDER / path.name
    pixels, listed = _pixels(image), _listed(image.with_suffix(".txt"))
    there = torch.unique(pixels)
    there = there[there > 0]
    if len(there) and int(there[-1]) > len(listed):
        raise PredictionError(
            f"{image}: it holds {int(there[-1])}, but {image.stem}.txt has {len(listed)} lines; line i is about the "
            "instance whose pixels hold i"
        )
    # A line without pixels is no instance: the official code keeps its score, and takes it for that of the next.
    rows = [listed[number - 1] for number in there.tolist()]
    classes = torch.tensor([part for part, _ in rows], dtype=torch.int64)
    scores = torch.tensor([score for _, score in rows], dtype=torch.float64)
    return PartPrediction(read_mask(path), PartInstances(pixels, there, classes), scores)


def _pixels(path: Path) -> Tensor:
    """The instance of each pixel, (H, W) int64; unlike in a mask, 255 is one."""
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise PredictionError(f"{path}: an image of mode {image.mode}; instances are an indexed or grey PNG")
            return torch.from_numpy(np.array(image).astype(np.int64))
    except (OSError, SyntaxError, ValueError) as error:
        raise PredictionError(f"{path}: not a readable image ({error}); write it again") from error


def _listed(path: Path) -> list[tuple[int, float]]:
    """Class and score of each line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PredictionError(f"{path}: not a readable text ({error}); write it again") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            part, score = line.split()
            row = int(part), float(score)
        except ValueError:
            row = 0, math.nan
        if not math.isfinite(row[1]):
            raise PredictionError(f"{path}, line {number}: {line!r} is not `class score`; write a line an instance")
        rows.append(row)
    return rows
