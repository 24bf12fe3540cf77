"""Masks as servers of video object segmentation take them: one indexed PNG a frame."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from corrbench.core.images import VOID
from corrbench.errors import PredictionError
from corrbench.records.pack_members import Member, Wanted, listed, visible

ENDING = ".png"


def mask_sequences(folder: Path) -> list[str]:
    """The folders of a folder, if any of them holds images; else none."""
    folders = [path for path in visible(folder) if path.is_dir()]
    return [path.name for path in folders] if any(map(is_mask_sequence, folders)) else []


def is_mask_sequence(folder: Path) -> bool:
    """Whether there are images in a folder."""
    return any(path.suffix == ENDING and path.is_file() for path in visible(folder))


def mask_members(prefix: str, folder: Path, stored: str, name: str, wanted: Wanted | None) -> list[Member]:
    """The masks in folder/STORED as PREFIX + NAME/STEM.png.

    PredictionError when there are none, other files beside them, frames too few or too many for the data set, or an
    image is not an indexed PNG without void of the size of the others.
    """
    place = folder / stored
    files = visible(place)
    strange = [path.name for path in files if path.suffix != ENDING or not path.is_file()]
    if strange:
        raise PredictionError(f"{place}: {listed(strange)}: only masks, STEM.png, may lie here; move the others away")
    if not files:
        raise PredictionError(f"{place}: an empty folder; predict this sequence, or remove the folder")
    if wanted is not None:
        _check_frames(place, [path.stem for path in files], wanted.stems)
    size = wanted.size if wanted is not None else None
    for path in files:
        size = _check_image(path, size)
    return [Member(f"{prefix}{name}/{path.name}", path.read_bytes) for path in files]


def _check_frames(place: Path, found: Sequence[str], stems: Sequence[str]) -> None:
    there, known = set(found), set(stems)
    missing = [f"{stem}{ENDING}" for stem in stems if stem not in there]
    if missing:
        raise PredictionError(
            f"{place}: {len(missing)} of {len(stems)} predictions are missing: {listed(missing)}; found "
            f"{listed(found)}; predict every frame"
        )
    unknown = [f"{stem}{ENDING}" for stem in found if stem not in known]
    if unknown:
        raise PredictionError(
            f"{place}: {len(unknown)} masks belong to no frame of the data set: {listed(unknown)}; remove them"
        )


def _check_image(path: Path, size: tuple[int, int] | None) -> tuple[int, int]:
    """The size (H, W) of a mask."""
    try:
        with Image.open(path) as image:
            kind, mode = image.format, image.mode
            ids = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise PredictionError(f"{path}: not a readable image ({error}); write it again") from error
    if (kind, mode) != ("PNG", "P"):
        raise PredictionError(
            f"{path}: found {kind} of mode {mode}; the server takes indexed PNG (mode P) of object ids"
        )
    found = (ids.shape[0], ids.shape[1])
    if size not in (None, found):
        raise PredictionError(
            f"{path}: {found} pixels (rows, columns), but the sequence has {size}; resize with nearest"
        )
    if ids.max() == VOID:
        raise PredictionError(f"{path}: the prediction holds 255 (void); write 0 where there is no object")
    return found
