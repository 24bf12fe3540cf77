"""JHMDB: clips of people in action with 15 body joints in every frame.

The layout is that of the release: Rename_Images/ACTION/CLIP/00001.png (or Frames, as in VFS),
joint_positions/ACTION/CLIP/joint_positions.mat, splits/ACTION_test_split1.txt. Jhuang et al., Towards Understanding
Action Recognition, ICCV 2013.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.images import LazyFiles, image_size, read_frame
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.jhmdb_clips import Clip, Folders, find_clips, find_folders, is_whole
from corrbench_datasets.jhmdb_joints import JOINTS, read_joints
from corrbench_datasets.sequences import combined_hash, content_hash, unknown_sequence
from corrbench_datasets.sized import read_sized

_FIRST_NUMBERS = (0, 1)  # of frames; the release counts from 1


def jhmdb(root: Path, *, split: str = "test1", list_file: Path | None = None, zero_based: bool = False) -> "Jhmdb":
    """The test clips of a split, by their names without the action; opening reads lists and decodes nothing.

    `split` is test1 (268 clips: the one that is reported), test2 or test3. `list_file` names the clips itself, as
    UVC's testlist_split1.txt does; `split` is then only what records call it. `zero_based` is for copies of the data
    whose joints were counted anew from 0. DataError when the folder is not JHMDB, or lacks a clip.
    """
    folders = find_folders(Path(root))
    return Jhmdb(folders, split, find_clips(folders, split, list_file), zero_based)


@dataclass(frozen=True)
class _Files:
    """The n annotated frames of a clip."""

    frames: tuple[Path, ...]
    size: tuple[int, int]
    joints: NDArray[np.float64]  # (n, 15, 2)


class Jhmdb:
    """The clips of one split; implements `corrbench.core.dataset.Dataset`."""

    def __init__(self, folders: Folders, split: str, clips: Sequence[Clip], zero_based: bool) -> None:
        self.folders = folders
        self.split = split
        self.zero_based = zero_based
        self.clips = {clip.name: clip for clip in clips}
        self.sequences = tuple(self.clips)
        self._files: dict[str, _Files] = {}
        self._hashes: dict[str, str] = {}

    def video(self, name: str) -> Video[Points]:
        """One clip, cut to its annotated frames: a person who leaves is not annotated to the end.

        A joint is visible when it lies inside the frame; one outside has its position too. DataError when there is
        no such clip, its joints cannot be read (see `read_joints`), its frames are not numbered one by one, or there
        are fewer of them than of annotations; upon indexing, when a frame has another size than the first.
        """
        files = self._read(name)
        frames = LazyFiles(files.frames, partial(read_sized, read_frame, files.size, files.frames[0]))
        labels = tuple(_points(joints, files.size) for joints in files.joints)
        return Video(name, frames, labels, tuple(frame.stem for frame in files.frames))

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these clips.

        Its hash covers their names, the names and content of their annotated frames, and the positions of their
        joints; not their order. The first call for a clip reads all its files.
        """
        whole = is_whole(self.split, tuple(self.clips.values()))
        return DatasetIdentity(
            "jhmdb",
            self.split,
            tuple(sequences),
            whole and set(sequences) == set(self.sequences),
            combined_hash({name: self._hash(name) for name in sequences}),
        )

    def _read(self, name: str) -> _Files:
        if name not in self.clips:
            raise unknown_sequence(name, self.sequences, self.folders.root, f"split {self.split!r} of JHMDB")
        if name not in self._files:
            folder = self.folders.frames_of(self.clips[name])
            frames = numbered_frames(folder)
            paths = tuple(frames.values())
            if min(frames) not in _FIRST_NUMBERS:
                raise DataError(
                    f"{folder}: the first frame is {paths[0].name}, and would be given the joints of 00001; copy the "
                    "frames before it"
                )
            size = image_size(paths[0])
            source = self.folders.joints_of(self.clips[name])
            joints = read_joints(source, size, self.zero_based)
            if len(paths) < len(joints):
                raise DataError(
                    f"{folder}: {len(paths)} frames, but {source} has joints for {len(joints)}; copy the frames again"
                )
            self._files[name] = _Files(paths[: len(joints)], size, joints)
        return self._files[name]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            files = self._read(name)
            joints = hashlib.sha256(files.joints.astype("<f8").tobytes()).hexdigest()
            self._hashes[name] = content_hash(f"joints {joints}\n", [("frame", frame) for frame in files.frames])
        return self._hashes[name]


def _points(joints: NDArray[np.float64], size: tuple[int, int]) -> Points:
    """The joints of a frame, (15, 2); a frame reaches half a pixel beyond the centres of its outer pixels."""
    positions = torch.from_numpy(joints)
    beyond = torch.tensor([size[1] - 0.5, size[0] - 0.5], dtype=torch.float64)
    visible = ((positions >= -0.5) & (positions < beyond)).all(1)  # (15,)
    return Points(JOINTS, positions, visible, size=size)
