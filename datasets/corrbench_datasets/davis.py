"""DAVIS and every data set in its layout: folders of frames, folders of masks, lists of sequences.

The layout is that of the DAVIS-2017 release: JPEGImages/480p/SEQUENCE/00000.jpg,
Annotations/480p/SEQUENCE/00000.png, ImageSets/2017/val.txt. What may differ: `davis_layout`, `davis_lists`.
"""

import difflib
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import overload

import torch
from torch import Tensor

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.files import safe_name, sha256
from corrbench.core.images import VOID, LazyFiles, image_size, read_frame, read_mask
from corrbench.core.video import MaskVideo, Video
from corrbench.errors import DataError
from corrbench_datasets.davis_frames import SequenceFiles, sequence_files
from corrbench_datasets.davis_layout import Layout, find_layout, some
from corrbench_datasets.davis_lists import Split, find_split
from corrbench_datasets.known_splits import davis_name, is_complete

_HASHING_THREADS = 4


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
    sequences are of the official list of that year, else the name of the root folder. DataError when the
    folder is not such a data set.
    """
    layout = find_layout(Path(root), resolution)
    found = find_split(layout, split, year)
    chosen = name or davis_name(found.year, split, found.sequences) or layout.root.resolve().name
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
        _check_size(first_mask, image_size(first_mask), size, files.frames[0])
        read_label = _read_one_object if self.one_object else read_mask
        return Video(
            name,
            LazyFiles(files.frames, partial(_read_sized, read_frame, size, files.frames[0])),
            LazyLabels(files.masks, partial(_read_sized, read_label, size, files.frames[0])),
            files.stems,
        )

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences.

        Its hash covers their names, the names and content of their frames and masks, and whether objects are
        united; not their order. The first call for a sequence reads all its files.
        """
        listing = "".join(f"{name} {self._hash(name)}\n" for name in sorted(sequences))
        return DatasetIdentity(
            self.name,
            self.split,
            tuple(sequences),
            is_complete(self.name, self.split, sequences, self.sequences),
            hashlib.sha256(listing.encode()).hexdigest()[:12],
        )

    def files(self, name: str) -> SequenceFiles:
        """The files of one sequence; DataError as for `video`, but for the sizes."""
        if name not in self.sequences:
            near = difflib.get_close_matches(name, self.sequences, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {some(self.sequences)}"
            raise DataError(f"{self.source}: no sequence {name!r} in split {self.split!r} of {self.name}; {hint}")
        if name not in self._files:
            self._files[name] = sequence_files(self.layout, name)
        return self._files[name]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            files = self.files(name)
            paths = [*files.frames, *(mask for mask in files.masks if mask is not None)]
            with ThreadPoolExecutor(_HASHING_THREADS) as pool:
                contents = list(pool.map(sha256, paths))
            kinds = ["frame"] * len(files.frames) + ["mask"] * (len(paths) - len(files.frames))
            lines = [f"{k} {path.stem} {c}\n" for k, path, c in zip(kinds, paths, contents, strict=True)]
            rule = "one object\n" if self.one_object else ""
            self._hashes[name] = hashlib.sha256((rule + "".join(lines)).encode()).hexdigest()
        return self._hashes[name]


class LazyLabels(Sequence[Tensor | None]):
    """Masks that are decoded when they are indexed, None where there is none; a slice decodes nothing."""

    def __init__(self, paths: Sequence[Path | None], read: Callable[[Path], Tensor]) -> None:
        self.paths = tuple(paths)
        self.read = read

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Tensor | None: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyLabels": ...
    def __getitem__(self, index: int | slice) -> "Tensor | LazyLabels | None":
        if isinstance(index, slice):
            return LazyLabels(self.paths[index], self.read)
        path = self.paths[index]
        return None if path is None else self.read(path)


def _read_one_object(path: Path) -> Tensor:
    """The mask, (H, W) uint8, with all objects made object 1; void stays void."""
    ids = read_mask(path)
    return torch.where(ids == VOID, ids, (ids > 0).to(ids.dtype))


def _read_sized(read: Callable[[Path], Tensor], size: tuple[int, int], first: Path, path: Path) -> Tensor:
    image = read(path)
    _check_size(path, (image.shape[-2], image.shape[-1]), size, first)
    return image


def _check_size(path: Path, found: tuple[int, int], size: tuple[int, int], first: Path) -> None:
    if found != size:
        raise DataError(
            f"{path}: {found[0]} x {found[1]} pixels (height x width), but the first frame, {first}, is "
            f"{size[0]} x {size[1]}; use frames and masks of one resolution"
        )
