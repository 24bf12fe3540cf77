"""The frames and masks of DAVIS that belong to the joints of BADJA."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.images import image_size
from corrbench.errors import DataError
from corrbench_datasets.badja_joints import Annotation, Marked
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.davis_layout import FRAMES, Layout, find_layout, some

_ANNOTATED_SIZE = (1080, 1920)  # of the images of all seven sequences, where they are not at hand
_ASPECT_TOLERANCE = 0.01  # 854 x 480 is 0.0008 off 1920 x 1080


@dataclass(frozen=True)
class Files:
    """The T frames from the first marked one on, what is marked in each, and the masks of the marked ones."""

    frames: tuple[Path, ...]
    marked: tuple[Marked | None, ...]
    masks: Mapping[str, Path]  # by the stem of the frame
    scale: Tensor  # (2,) (x, y) pixels of a frame over pixels of the annotated images
    size: tuple[int, int]


def find_davis(root: Path, davis: Path | None, resolution: str | None) -> Layout:
    """The DAVIS that is named, or else that in a folder or beside it; DataError when there is none, or several."""
    if davis is not None:
        return find_layout(davis, resolution)
    try:
        return find_layout(root, resolution)
    except DataError:
        pass
    try:
        return find_layout(root.parent, resolution)
    except DataError as error:
        raise DataError(
            f"{root}: no DAVIS in it, and none to be found beside it ({error}); name the folder with davis=, as in "
            "--dataset 'badja?davis=DIR'"
        ) from None


def match_files(annotation: Annotation, layout: Layout) -> Files:
    """The files of a sequence; DataError when a marked frame or its mask is missing, or the joints do not fit."""
    folder = layout.frames / annotation.sequence
    frames = {path.stem: path for path in numbered_frames(folder).values()}
    marked = {one.stem: one for one in annotation.frames}
    masks = {stem: layout.masks / folder.name / f"{stem}.png" for stem in marked}
    for what, where, missing in (
        ("frames", folder, [stem for stem in marked if stem not in frames]),
        ("masks", layout.masks / folder.name, [stem for stem in marked if not masks[stem].is_file()]),
    ):
        if missing:
            raise DataError(
                f"{annotation.source}: {len(missing)} of {len(marked)} marked frames have no {what} in {where}: "
                f"{some(missing)}; copy the {what} again"
            )
    stems = list(frames)
    kept = stems[stems.index(annotation.frames[0].stem) :]
    size = image_size(frames[kept[0]])
    return Files(
        tuple(frames[stem] for stem in kept),
        tuple(marked.get(stem) for stem in kept),
        masks,
        _scale(annotation, layout, size),
        size,
    )


def _scale(annotation: Annotation, layout: Layout, size: tuple[int, int]) -> Tensor:
    """From annotated images to frames of `size` (H, W), as (x, y)."""
    resolution = annotation.image.parent.parent.name
    original = layout.root / FRAMES / resolution / annotation.sequence / annotation.image.name
    height, width = image_size(original) if original.is_file() else _ANNOTATED_SIZE
    if abs(size[1] * height / (size[0] * width) - 1) > _ASPECT_TOLERANCE:
        raise DataError(
            f"{annotation.source}: the frames in {layout.frames / annotation.sequence} are {size[1]} x {size[0]} "
            f"(width x height), the annotated ones {width} x {height}; use frames of the same shape"
        )
    joints = torch.cat([one.positions[one.visible] for one in annotation.frames])
    outside = ((joints < 0) | (joints >= torch.tensor([width, height]))).any(1)
    if outside.float().mean() > 0.5:
        raise DataError(
            f"{annotation.source}: {int(outside.sum())} of {len(joints)} visible joints lie outside of images of "
            f"{width} x {height} (width x height); joints have to be (row, column) in pixels of {annotation.image}"
        )
    return torch.tensor([size[1] / width, size[0] / height], dtype=torch.float64)
