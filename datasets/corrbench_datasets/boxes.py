"""Sequences of frames with one box each: what the readers of tracking data sets have in common."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.images import LazyFiles, image_size, read_frame
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.sequences import combined_hash, content_hash, unknown_sequence


@dataclass(frozen=True)
class BoxSequence:
    """The T frames of a sequence, and the box of each or None where it is not annotated."""

    frames: tuple[Path, ...]
    source: Path  # the text file of the boxes
    boxes: tuple[Tensor | None, ...]  # (4,) float64: x, y, w, h in pixels, x and y counted from 0


class BoxDataset:
    """The sequences of one split of a tracking data set; implements `corrbench.core.dataset.Dataset`."""

    def __init__(
        self,
        name: str,
        split: str,
        root: Path,
        sequences: Iterable[str],
        official: Iterable[str],
        read: Callable[[str], BoxSequence],
    ) -> None:
        self.name = name
        self.split = split
        self.root = root
        self.sequences = tuple(sequences)
        self.official = frozenset(official)
        self._read = read
        self._read_before: dict[str, BoxSequence] = {}
        self._hashes: dict[str, str] = {}

    def video(self, name: str) -> Video[Tensor]:
        """One sequence; a frame is decoded when it is indexed.

        A label is the box of the target, (4,) float64 (x, y, w, h): x and y the first column and row it covers,
        counted from 0, w and h how many. It is None where the target is not there or not annotated.
        DataError when the data set has no such sequence, its files do not fit together, or the first frame has no box,
        one without area, or one that lies outside of it.
        """
        sequence = self.sequence(name)
        _check_first(sequence)
        stems = tuple(frame.stem for frame in sequence.frames)
        return Video(name, LazyFiles(sequence.frames, read_frame), sequence.boxes, stems)

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences.

        Its hash covers their names, the names and content of their frames, and their boxes, however the text files
        write them; not their order. The first call for a sequence reads all its files.
        """
        return DatasetIdentity(
            self.name,
            self.split,
            tuple(sequences),
            set(sequences) == self.official,
            combined_hash({name: self._hash(name) for name in sequences}),
        )

    def sequence(self, name: str) -> BoxSequence:
        """The files and boxes of one sequence; DataError as for `video`, but for the first box."""
        if name not in self.sequences:
            raise unknown_sequence(name, self.sequences, self.root, f"split {self.split!r} of {self.name}")
        if name not in self._read_before:
            self._read_before[name] = self._read(name)
        return self._read_before[name]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            sequence = self.sequence(name)
            boxes = "".join(f"box {None if box is None else box.tolist()}\n" for box in sequence.boxes)
            self._hashes[name] = content_hash(boxes, [("frame", frame) for frame in sequence.frames])
        return self._hashes[name]


def check_rows(source: Path, rows: Sequence[object], frames: Sequence[Path]) -> None:
    """DataError when a text file has not one row for every frame."""
    if len(rows) != len(frames):
        raise DataError(
            f"{source}: {len(rows)} rows for {len(frames)} frames, {frames[0].name} to {frames[-1].name} in "
            f"{frames[0].parent}; there has to be one for every frame: copy the sequence again from its source"
        )


def without(boxes: Sequence[Tensor | None], hidden: Sequence[int]) -> tuple[Tensor | None, ...]:
    """The boxes, None where `hidden` is not 0, but for the first: tracking starts there, whatever a flag says."""
    return tuple(None if index and away else box for index, (box, away) in enumerate(zip(boxes, hidden, strict=True)))


def _check_first(sequence: BoxSequence) -> None:
    """DataError when labels cannot be propagated from the first frame."""
    first, frame = sequence.boxes[0], sequence.frames[0]
    if first is None:
        raise DataError(
            f"{sequence.source}: no box for the first frame, {frame.name}, in which tracking starts; add it"
        )
    x, y, w, h = first.tolist()
    if not (w > 0 and h > 0):
        raise DataError(
            f"{sequence.source}: a box of {w:g} x {h:g} pixels for the first frame, {frame.name}, in which tracking "
            "starts; give it a width and a height"
        )
    height, width = image_size(frame)
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise DataError(
            f"{sequence.source}: the box of the first frame, {w:g} x {h:g} pixels at ({x:g}, {y:g}), lies outside of "
            f"{frame}, {width} x {height} pixels; use boxes and frames of one resolution"
        )
