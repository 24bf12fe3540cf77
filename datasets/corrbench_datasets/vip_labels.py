"""The labels of one frame of VIP: which class each pixel has, and which instance of a part it belongs to."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from corrbench.core.images import VOID
from corrbench.core.part_classes import CLASSES
from corrbench.core.parts import PartInstances
from corrbench.errors import DataError

_MODES = ("1", "L", "P")  # of images that hold ids of 8 bits
_WIDE_MODES = ("I", "I;16", "I;16B")  # and of more
_ID = re.compile("[0-9]{1,9}")


def read_classes(path: Path) -> Tensor:
    """The class ids of an indexed or grey PNG, (H, W) uint8: 0 to 19, or 255, which is void; none is changed.

    DataError when the image cannot be read, is in colours, or holds another id.
    """
    ids = _read_ids(path, _MODES).astype(np.uint8)
    unknown = [number for number in np.bincount(ids.ravel()).nonzero()[0].tolist() if len(CLASSES) <= number != VOID]
    if unknown:
        raise DataError(
            f"{path}: class ids {', '.join(map(str, unknown))}, but the classes of VIP are 0 to {len(CLASSES) - 1} "
            f"and {VOID} for void; take the annotations from Category_ids"
        )
    return torch.from_numpy(ids)


def read_instances(path: Path) -> PartInstances:
    """The instances in a PNG of instance ids, and in the text file of its name with a line `instance_id part_class`.

    A frame without parts has an empty text file. DataError when either file is missing or cannot be read, a line is
    anything else, a class is none of the parts, or an instance is given two classes.
    """
    pixels = torch.from_numpy(_read_ids(path, _MODES + _WIDE_MODES).astype(np.int64))
    source = path.with_suffix(".txt")
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: not readable ({error}); copy it again from its source, beside the image") from error
    found: dict[int, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        words = line.split()
        if len(words) != 2 or not all(_ID.fullmatch(word) for word in words):
            raise DataError(f"{source}, line {number}: {line!r} is not `instance_id part_class`, two whole numbers")
        instance, part = map(int, words)
        if not 0 < part < len(CLASSES):
            raise DataError(f"{source}, line {number}: class {part}, but parts are 1 to {len(CLASSES) - 1}; correct it")
        if found.setdefault(instance, part) != part:
            raise DataError(
                f"{source}, line {number}: instance {instance} has class {part}, before {found[instance]}; keep one"
            )
    ids, classes = (torch.tensor(list(numbers), dtype=torch.int64) for numbers in (found, found.values()))
    return PartInstances(pixels, ids, classes)


def _read_ids(path: Path, modes: Collection[str]) -> NDArray[Any]:
    """The numbers stored in a PNG, whatever its palette shows; unlike `read_mask`, 255 is never taken for an object."""
    try:
        with Image.open(path) as image:
            if image.mode not in modes:
                raise DataError(f"{path}: found an image of mode {image.mode}; ids have to be an indexed or grey PNG")
            return np.array(image)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; copy it again from its source") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path}: not a readable image ({error}); copy the file again from its source") from error
