"""DAVIS and every data set in its layout: folders of frames, folders of masks, lists of sequences.

The layout is that of the DAVIS-2017 release: JPEGImages/480p/SEQUENCE/00000.jpg,
Annotations/480p/SEQUENCE/00000.png, ImageSets/2017/val.txt. What may differ: `davis_layout`, `davis_lists`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar, overload

import torch
from torch import Tensor

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.files import safe_name
from corrbench.core.images import VOID, LazyFiles, image_size, read_frame, read_mask
from corrbench.core.video import MaskVideo, Video
from corrbench_datasets.davis_frames import SequenceFiles, sequence_files
from corrbench_datasets.davis_layout import Layout, find_layout
from corrbench_datasets.davis_lists import Split, find_split
from corrbench_datasets.known_splits import is_complete, official_name
from corrbench_datasets.sequences import combined_hash, content_hash, unknown_sequence
from corrbench_datasets.sized import check_size, read_sized

Source = TypeVar("Source")
Label = TypeVar("Label")


def davis(
    root: Path,
    *,
    split: str = "val",
    year: int | None = None,
    resolution: str | None = None,
    name: str | None = None,
) -> "Davis":
    """The data set in a folder; opening it lists folders and decodes nothing.

    `year` is 2017 where listed, else 2016; in 2016 every sequence has one object, the union of all ids.
    `resolution` is 480p where present. `name` goes into records: by default davis2016 or davis2017 when the
    sequences are of the official list of that year, segtrack2 when they are of SegTrack v2, else the name of the
    root folder. DataError when the folder is not such a data set.
    """
    layout = find_layout(Path(root), resolution)
    found = find_split(layout, split, year)
    chosen = name or official_name(found.year, split, found.sequences) or layout.root.resolve().name
    return Davis(layout, split, found, safe_name(chosen))


class Davis:
    """The sequences of one split; implements `corrbench.core.dataset.Dataset`."""

    def __init__(self, layout: Layout, split: str, found: Split, name: str) -> None:
        self.layout = layout
        self.split = split
        self.name = name
        self.source = found.source
        self.sequences = found.sequences
        self.one_object = found.year == 2016  # its task has no object ids
        self._files: dict[str, SequenceFiles] = {}
        self._hashes: dict[str, str] = {}

    def video(self, name: str) -> MaskVideo:
        """One sequence; a frame or mask is decoded when it is indexed. Labels are ids (H, W) uint8, 255 void.

        DataError when the sequence is not of the split, its files do not fit together (see `sequence_files`),
        or the headers of the first frame and mask state different sizes; upon indexing, when an image cannot
        be read or its size differs from the first frame's.
        """
        files = self.files(name)
        size = image_size(files.frames[0])
        first_mask = next(mask for mask in files.masks if mask is not None)
        check_size(first_mask, image_size(first_mask), size, files.frames[0])
        read_label = _read_one_object if self.one_object else read_mask
        return Video(
            name,
            LazyFiles(files.frames, partial(read_sized, read_frame, size, files.frames[0])),
            LazyLabels(files.masks, partial(read_sized, read_label, size, files.frames[0])),
            files.stems,
        )

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences.

        Its hash covers their names, the names and content of their frames and masks, and whether objects are
        united; not their order. The first call for a sequence reads all its files.
        """
        return DatasetIdentity(
            self.name,
            self.split,
            tuple(sequences),
            is_complete(self.name, self.split, sequences, self.sequences),
            combined_hash({name: self._hash(name) for name in sequences}),
        )

    def files(self, name: str) -> SequenceFiles:
        """The files of one sequence; DataError as for `video`, but for the sizes."""
        if name not in self.sequences:
            raise unknown_sequence(name, self.sequences, self.source, f"split {self.split!r} of {self.name}")
        if name not in self._files:
            self._files[name] = sequence_files(self.layout, name)
        return self._files[name]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            files = self.files(name)
            masks = [("mask", mask) for mask in files.masks if mask is not None]
            rule = "one object\n" if self.one_object else ""
            self._hashes[name] = content_hash(rule, [*(("frame", frame) for frame in files.frames), *masks])
        return self._hashes[name]


class LazyLabels(Sequence[Label | None], Generic[Source, Label]):
    """Labels that are read when they are indexed, None where there is none; a slice reads nothing."""

    def __init__(self, sources: Sequence[Source | None], read: Callable[[Source], Label]) -> None:
        self.sources = tuple(sources)
        self.read = read

    def __len__(self) -> int:
        return len(self.sources)

    @overload
    def __getitem__(self, index: int) -> Label | None: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyLabels[Source, Label]": ...
    def __getitem__(self, index: int | slice) -> "Label | LazyLabels[Source, Label] | None":
        if isinstance(index, slice):
            return LazyLabels(self.sources[index], self.read)
        source = self.sources[index]
        return None if source is None else self.read(source)


def _read_one_object(path: Path) -> Tensor:
    """The mask, (H, W) uint8, with all objects made object 1; void stays void."""
    ids = read_mask(path)
    return torch.where(ids == VOID, ids, (ids > 0).to(ids.dtype))
