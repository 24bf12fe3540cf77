"""BADJA: joints of animals, marked in a few frames of seven sequences of DAVIS.

The JSON files are those of github.com/benjiebob/BADJA, in joint_annotations/ or at the root; frames and masks are those
of DAVIS, in any layout the DAVIS reader takes. Biggs et al., Creatures Great and SMAL, ACCV 2018. The videos of
extra_videos/ are left out, as in PIPs (badjadataset.py of github.com/aharley/pips, aa29eee0).
"""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.images import VOID, LazyFiles, read_frame, read_mask
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.badja_files import Files, find_davis, match_files
from corrbench_datasets.badja_joints import JOINTS, Annotation, Marked, read_annotation
from corrbench_datasets.davis import LazyLabels
from corrbench_datasets.davis_layout import Layout, some, visible
from corrbench_datasets.probing import find_root
from corrbench_datasets.sequences import combined_hash, content_hash, unknown_sequence
from corrbench_datasets.sized import read_sized

OFFICIAL = ("bear", "camel", "cows", "dog", "dog-agility", "horsejump-high", "horsejump-low")
_LISTS = "joint_annotations"
_EXTRA = "extra_videos"  # the first part of the image paths of other animals


def badja(root: Path, *, davis: Path | None = None, resolution: str | None = None) -> "Badja":
    """The sequences whose joints lie in a folder and whose frames in `davis`; opening decodes nothing.

    `davis` is found where it lies in the folder or beside it. `resolution` is 480p where present: errors and the size
    of the animal are counted in pixels of the frames that are read. A file without frames in DAVIS is passed over.
    DataError when there are no files, no DAVIS, or no frames of any of them.
    """
    folder = find_root(Path(root), _has_lists, f"{_LISTS}, or the files {OFFICIAL[0]}.json to {OFFICIAL[-1]}.json")
    folder = folder / _LISTS if (folder / _LISTS).is_dir() else folder
    layout = find_davis(folder.parent if folder.name == _LISTS else folder, davis, resolution)
    annotations = {name: read_annotation(folder / f"{name}.json") for name in _lists(folder)}
    there = set(visible(layout.frames, folders=True))
    found = {name: one for name, one in annotations.items() if one.image.parts[0] != _EXTRA and one.sequence in there}
    if not found:
        raise DataError(
            f"{folder}: none of {some(annotations)} has frames in {layout.frames}, which holds {some(sorted(there))}; "
            "give the DAVIS of these sequences with davis="
        )
    return Badja(layout, folder, found)


class Badja:
    """The sequences that have both joints and frames; implements `corrbench.core.dataset.Dataset`."""

    def __init__(self, layout: Layout, source: Path, annotations: Mapping[str, Annotation]) -> None:
        self.layout = layout
        self.source = source
        self.annotations = annotations
        self.sequences = tuple(annotations)
        self._files: dict[str, Files] = {}
        self._hashes: dict[str, str] = {}

    def video(self, name: str) -> Video[Points]:
        """One sequence from its first marked frame to its end; a label is None where the frame is not marked.

        All 37 joints of SMAL are there, of which about 20 are marked; visible are those that are marked visible, also
        where one lies outside of the frame. The scale is the root of the area of the animal's mask, which is that of
        all objects together, since DAVIS-2016 does not tell horse and rider apart. Positions go from the annotated
        images to the frames by (x + 0.5) * scale - 0.5; the annotated size is read where DAVIS holds those images, else
        it is 1920 x 1080.
        DataError when there is no such sequence, or its frames, masks and joints do not fit together; upon indexing,
        when an image cannot be read or has another size, or the mask of a marked frame is empty.
        """
        files = self._read(name)
        return Video(
            name,
            LazyFiles(files.frames, partial(read_sized, read_frame, files.size, files.frames[0])),
            LazyLabels(files.marked, partial(_points, files)),
            tuple(frame.stem for frame in files.frames),
        )

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences.

        Its hash covers their names, the names and content of the frames and of the masks of marked ones, and the
        joints; not their order. The first call for a sequence reads all its files.
        """
        return DatasetIdentity(
            "badja",
            "test",
            tuple(sequences),
            set(sequences) == set(OFFICIAL),
            combined_hash({name: self._hash(name) for name in sequences}),
        )

    def _read(self, name: str) -> Files:
        if name not in self.annotations:
            raise unknown_sequence(name, self.sequences, self.source, "BADJA")
        if name not in self._files:
            self._files[name] = match_files(self.annotations[name], self.layout)
        return self._files[name]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            files = self._read(name)
            marked = [one for one in files.marked if one is not None]
            text = "".join(f"{one.stem} {one.positions.tolist()} {one.visible.tolist()}\n" for one in marked)
            joints = hashlib.sha256(f"{files.scale.tolist()}\n{text}".encode()).hexdigest()
            masks = [("mask", files.masks[one.stem]) for one in marked]
            frames = [("frame", frame) for frame in files.frames]
            self._hashes[name] = content_hash(f"joints {joints}\n", [*frames, *masks])
        return self._hashes[name]


def _has_lists(folder: Path) -> bool:
    return (folder / _LISTS).is_dir() or any((folder / f"{name}.json").is_file() for name in OFFICIAL)


def _lists(folder: Path) -> list[str]:
    """The sorted names of the JSON files, without their endings."""
    return sorted(name.removesuffix(".json") for name in visible(folder, folders=False) if name.endswith(".json"))


def _points(files: Files, marked: Marked) -> Points:
    path = files.masks[marked.stem]
    mask = read_sized(read_mask, files.size, files.frames[0], path)
    area = int(((mask > 0) & (mask != VOID)).sum())
    if area == 0:
        raise DataError(f"{path}: an empty mask, but errors are divided by the root of its area; copy it again")
    positions = (marked.positions + 0.5) * files.scale - 0.5
    return Points(JOINTS, positions, marked.visible, area**0.5, files.size)
