"""TAP-Vid: points tracked through videos, with the frames in which they are hidden.

A data set is one pickle (DAVIS: a dictionary of videos by name; RGB-Stacking: a list), ten of them (Kinetics:
0000_of_0010.pkl …), or .npz files of one video each. Doersch et al., TAP-Vid, NeurIPS 2022.
"""

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.files import require_plain_name, safe_name
from corrbench.core.plain_pickle import read_plain
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.davis_layout import some, visible
from corrbench_datasets.known_splits import OFFICIAL
from corrbench_datasets.probing import folders
from corrbench_datasets.sequences import combined_hash, unknown_sequence
from corrbench_datasets.tapvid_videos import Tracks, read_tracks

_DAVIS = "tapvid_davis"
_LENGTHS = {"tapvid_rgb_stacking": 50}
_SHARD = re.compile(r"[0-9]+_of_([0-9]+)\.pkl")
_PREFERRED = "davis"  # of several in one folder


@dataclass(frozen=True)
class Store:
    """The files that hold one data set together."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Stored:
    """One video in its file."""

    path: Path
    read: Callable[[], object]  # its dictionary


def tapvid(root: Path, *, subset: str | None = None) -> "TapVid":
    """The videos in a file, in a folder of files, or in the folders of a folder; opening decodes nothing.

    Where there are several data sets `subset` says which, by the name of its file or folder (tapvid_davis); without it
    the one that is called after DAVIS is read. A pickle is taken apart, not run (see `plain_pickle`). Videos of a list
    are called after their number, 00000. DataError when there is no such data set, or it holds anything but videos.
    """
    store = _choose(Path(root).expanduser().absolute(), subset)
    videos: dict[str, Stored] = {}
    for path in store.files:
        for name, stored in _videos(path, len(videos)):
            if name in videos:
                raise DataError(f"{path}: a second video called {name}, as in {videos[name].path}; keep one of them")
            videos[require_plain_name(name, str(path))] = stored
    if not videos:
        raise DataError(f"{store.files[0]}: no videos in it; get the file from its source again")
    return TapVid(store, videos)


class TapVid:
    """The videos of one store; implements `corrbench.core.dataset.Dataset`."""

    def __init__(self, store: Store, videos: Mapping[str, Stored]) -> None:
        self.store = store
        self.videos = videos
        self.sequences = tuple(videos)
        self.name = _DAVIS if set(videos) <= set(OFFICIAL["davis2017"]["val"]) else safe_name(store.name)
        self._hashes: dict[str, str] = {}

    def video(self, name: str) -> Video[Points]:
        """One video in the resolution it is stored in, with a label for every frame.

        The points are called after their numbers. They are stored as fractions of width and height from the outer edge
        of the frame, so a position is (x * W - 0.5, y * H - 0.5), whatever size W x H the frames are brought to (tapnet
        leaves out the 0.5 throughout; the pickles that its generate_tapvid.py makes for Kinetics have it taken off
        already, and so lie half a pixel up and left). Visible is what is not stored as occluded, as in the official
        scores; where a point is occluded its position may be anything.
        DataError when there is no such video or it is not stored as `read_tracks` asks; upon indexing, when a frame
        cannot be decoded or has another size than the first.
        """
        tracks = self._tracks(name)
        count = len(tracks.frames)
        height, width = tracks.frames.size
        names = tuple(map(str, range(len(tracks.points))))
        positions = torch.from_numpy(tracks.points * (width, height) - 0.5)  # (N, T, 2)
        visible_points = torch.from_numpy(~tracks.occluded)  # (N, T)
        labels = tuple(
            Points(names, positions[:, index], visible_points[:, index], size=(height, width)) for index in range(count)
        )
        return Video(name, tracks.frames, labels, tuple(f"{index:05d}" for index in range(count)))

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these videos; its hash covers their names, frames, points and occlusions, not their order.

        The first call for a video reads all of it.
        """
        return DatasetIdentity(
            self.name,
            "test",
            tuple(sequences),
            set(sequences) == set(self.sequences) and self._is_whole(),
            combined_hash({name: self._hash(name) for name in sequences}),
        )

    def _is_whole(self) -> bool:
        """Whether all videos of the official set are there; of one that has no list, all of its files."""
        if self.name == _DAVIS:
            return set(self.sequences) == set(OFFICIAL["davis2017"]["val"])
        if self.name in _LENGTHS:
            return len(self.sequences) == _LENGTHS[self.name]
        shard = _SHARD.fullmatch(self.store.files[0].name)
        return shard is None or len(self.store.files) == int(shard[1])

    def _tracks(self, name: str) -> Tracks:
        if name not in self.videos:
            raise unknown_sequence(name, self.sequences, self.store.files[0], self.name)
        stored = self.videos[name]
        return read_tracks(stored.read(), f"{stored.path}, video {name}")

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            self._hashes[name] = self._tracks(name).hash
        return self._hashes[name]


def _choose(root: Path, subset: str | None) -> Store:
    if root.is_file():
        return Store(root.stem, (root,))
    if not root.is_dir():
        raise DataError(f"{root}: no such file or folder; give the folder of {_DAVIS}.pkl")
    stores = [store for folder in (root, *(root / name for name in folders(root))) for store in _stores(folder)]
    if not stores:
        raise DataError(
            f"{root}: looked for .pkl and .npz files here and one level below, found "
            f"{some(folders(root) + visible(root, folders=False))}; give the folder of {_DAVIS}.pkl"
        )
    wanted = [store for store in stores if store.name == subset]
    if subset is None:
        wanted = stores if len(stores) == 1 else [store for store in stores if _PREFERRED in store.name.lower()]
    if len(wanted) != 1:
        asked = "several data sets" if subset is None else f"no data set, or several, called {subset!r}"
        raise DataError(f"{root}: {asked}; there are {some(store.name for store in stores)}; name one with subset=")
    return wanted[0]


def _stores(folder: Path) -> list[Store]:
    """Every pickle is a data set, but for shards, which are one; so are all .npz files of a folder."""
    names = visible(folder, folders=False)
    pickles = [name for name in names if name.endswith((".pkl", ".pickle"))]
    shards = [name for name in pickles if _SHARD.fullmatch(name)]
    groups = [(folder.name, shards), (folder.name, [name for name in names if name.endswith(".npz")])]
    groups += [(Path(name).stem, [name]) for name in pickles if name not in shards]
    return [Store(name, tuple(folder / file for file in files)) for name, files in groups if files]


def _videos(path: Path, first: int) -> list[tuple[str, Stored]]:
    """The videos of a file with their names; those of a list are numbered from `first` on."""
    if path.suffix == ".npz":
        return [(path.stem, Stored(path, partial(_archived, path)))]
    plain = read_plain(path)
    if isinstance(plain, dict):
        named = [(str(name), entry) for name, entry in plain.items()]
    elif isinstance(plain, list):
        named = [(f"{first + index:05d}", entry) for index, entry in enumerate(plain)]
    else:
        raise DataError(f"{path}: it holds a {type(plain).__name__}; give a file with a dictionary or list of videos")
    return [(name, Stored(path, partial(_itself, entry))) for name, entry in named]


def _itself(entry: Any) -> object:
    return entry


def _archived(path: Path) -> object:
    """The arrays of a .npz file; numpy refuses those that would have to be unpickled."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a readable .npz file ({error}); make it again with plain arrays") from error
