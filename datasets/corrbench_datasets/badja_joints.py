"""The annotated frames of a BADJA sequence, from its JSON file."""

from dataclasses import dataclass
from itertools import dropwhile, pairwise
from pathlib import Path, PurePosixPath
from typing import Annotated

import torch
from pydantic import BaseModel, Field, FiniteFloat, TypeAdapter, ValidationError
from torch import Tensor

from corrbench.core.files import require_plain_name
from corrbench.errors import DataError

# The joints of the animal model SMAL by their numbers; code/joint_catalog.py of github.com/benjiebob/BADJA, e5d7f276.
JOINTS = (
    *(f"body_{number}" for number in range(7)),
    *(f"upper_right_{number}" for number in range(4)),
    *(f"upper_left_{number}" for number in range(4)),
    "neck_lower",
    "neck_upper",
    *(f"lower_right_{number}" for number in range(4)),
    *(f"lower_left_{number}" for number in range(4)),
    *(f"tail_{number}" for number in range(7)),
    "jaw",
    "nose",
    "chin",
    "right_ear",
    "left_ear",
)
_ALL = Field(min_length=len(JOINTS), max_length=len(JOINTS))


@dataclass(frozen=True)
class Marked:
    """What is marked in one frame."""

    stem: str
    positions: Tensor  # (37, 2) float64 (x, y), counted from 0 in pixels of the image that was annotated
    visible: Tensor  # (37,) bool


@dataclass(frozen=True)
class Annotation:
    """The marked frames of one sequence, in playing order."""

    source: Path
    image: PurePosixPath  # that of the first one, as the file names it: DAVIS/JPEGImages/RESOLUTION/SEQUENCE/STEM.jpg
    frames: tuple[Marked, ...]

    @property
    def sequence(self) -> str:
        """The name of the folder of its frames."""
        return self.image.parent.name


class _Entry(BaseModel):
    image_path: str
    joints: Annotated[list[tuple[FiniteFloat, FiniteFloat]], _ALL]  # (row, column); (0, 0) where hidden
    visibility: Annotated[list[bool], _ALL]

    @property
    def image(self) -> PurePosixPath:
        return PurePosixPath(self.image_path)


def read_annotation(source: Path) -> Annotation:
    """The annotation in a file: a list of frames with image_path, 37 joints (row, column) and 37 visibilities.

    It starts at the first frame that has a visible joint. DataError when the file is not such a list, names images of
    several folders or of one time, or one out of the folder of the data, or has no visible joint.
    """
    try:
        entries = TypeAdapter(list[_Entry]).validate_json(source.read_bytes())
    except OSError as error:
        raise DataError(f"{source}: not readable ({error.strerror}); copy it again from its source") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = "".join(f", {part if isinstance(part, str) else f'entry {part}'}" for part in problem["loc"])
        raise DataError(
            f"{source}{place}: {problem['msg']}; expected a list of frames with image_path, {len(JOINTS)} joints "
            "(row, column) and their visibility, as in the release"
        ) from None
    for entry in entries:
        _check_path(source, entry.image_path)
    entries.sort(key=lambda entry: int(entry.image.stem))
    for before, after in pairwise(entry.image for entry in entries):
        if before.parent != after.parent or int(before.stem) == int(after.stem):
            raise DataError(
                f"{source}: {before} and {after} are of two sequences or of one time; keep one entry a frame, and one "
                "sequence a file"
            )
    seen = list(dropwhile(lambda entry: not any(entry.visibility), entries))
    if not seen:
        raise DataError(f"{source}: no joint is visible in any frame; copy the file again from its source")
    return Annotation(source, seen[0].image, tuple(map(_marked, seen)))


def _check_path(source: Path, path: str) -> None:
    """DataError when a path leads out of the folder it is in, or does not end with a sequence and a number."""
    parts = path.split("/")
    for part in parts:
        require_plain_name(part, f"{source}, image_path {path!r}")
    stem = PurePosixPath(path).stem
    if len(parts) < 2 or not (stem.isascii() and stem.isdigit()):
        raise DataError(f"{source}: image_path {path!r} names no frame; expected …/SEQUENCE/00000.jpg")


def _marked(entry: _Entry) -> Marked:
    rows_first = torch.tensor(entry.joints, dtype=torch.float64)
    return Marked(entry.image.stem, rows_first.flip(1), torch.tensor(entry.visibility))
