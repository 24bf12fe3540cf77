"""What a training looks at: the images or clips of one folder, numbered, decoded when they are read."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from corrbench.core.images import read_frame
from corrbench.errors import DataError
from corrbench.training.folders import IMAGES, VIDEOS, listings
from corrbench.training.recipe import Kind
from corrbench.training.video_files import INSTALL, readable, video_file

CACHE_BYTES = 2**30
UNREADABLE = "video files that cannot be read"


class Source(Protocol):
    """The frames of one item."""

    def __len__(self) -> int: ...
    def read(self, frames: Sequence[int]) -> list[Tensor]:
        """The frames of these numbers, (3, H, W) uint8 RGB each; DataError when one cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Files:
    """One image file a frame; a single image is a clip of one."""

    folder: Path
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def read(self, frames: Sequence[int]) -> list[Tensor]:
        """As `Source`."""
        return [read_frame(self.folder / self.names[frame]) for frame in frames]


class Library:
    """Images or clips in a fixed order. Items may be read by several threads."""

    def __init__(
        self,
        kind: Kind,
        folder: Path,
        sources: Sequence[tuple[str, Source]],
        skipped: Mapping[str, int],
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.kind = kind
        self.folder = folder
        self.skipped = dict(skipped)
        self._sources = tuple(sources)
        self._cache = _Cache(cache_bytes)

    def __len__(self) -> int:
        return len(self._sources)

    def name(self, item: int) -> str:
        """The path of a file or folder below the library's folder, with forward slashes."""
        return self._sources[item][0]

    def length(self, item: int) -> int:
        """How many frames it has: 1 for an image."""
        return len(self._sources[item][1])

    def read(self, item: int, frames: Sequence[int]) -> Tensor:
        """These frames of an item, (T, 3, H, W) uint8 RGB; a number may come more than once.

        DataError when one cannot be decoded, or they differ in size.
        """
        name, source = self._sources[item]
        at_hand = {frame: kept for frame in set(frames) if (kept := self._cache.get((item, frame))) is not None}
        missing = sorted(set(frames) - set(at_hand))
        for frame, pixels in zip(missing, source.read(missing) if missing else (), strict=True):
            self._cache.put((item, frame), pixels)
            at_hand[frame] = pixels
        sizes = sorted({tuple(pixels.shape[-2:]) for pixels in at_hand.values()})
        if len(sizes) > 1:
            both = " and ".join(f"{height}x{width}" for height, width in sizes[:2])
            raise DataError(f"{self.folder / name}: frames of different sizes, {both}; bring them to one size")
        return torch.stack([at_hand[frame] for frame in frames])

    @property
    def hash(self) -> str:
        """12 hex digits over the names and lengths in their order; the pixels are not in it."""
        listing = [(self.name(item), self.length(item)) for item in range(len(self))]
        return hashlib.sha256(json.dumps(listing, separators=(",", ":")).encode()).hexdigest()[:12]

    def summary(self) -> str:
        """What it holds and what was left out, in a line."""
        held = f"{len(self)} images"
        if self.kind == "videos":
            lengths = [self.length(item) for item in range(len(self))]
            held = f"{len(self)} clips with {sum(lengths)} frames, {min(lengths)} to {max(lengths)} each,"
        left_out = ", ".join(f"{reason} ({count})" for reason, count in sorted(self.skipped.items()))
        return f"{held} in {self.folder} ({self.hash})" + (f"; left out: {left_out}" if left_out else "")


class _Cache:
    """Decoded frames, kept until the bytes are used up: what comes first stays.

    Epochs visit every item once in a new order. Then keeping what was seen last would never help where not all fits.
    """

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._kept: dict[tuple[int, int], Tensor] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int]) -> Tensor | None:
        return self._kept.get(key)

    def put(self, key: tuple[int, int], pixels: Tensor) -> None:
        with self._lock:
            if key not in self._kept and pixels.nbytes <= self._room:
                self._room -= pixels.nbytes
                self._kept[key] = pixels


def existing_folder(kind: Kind, folder: Path) -> Path:
    """The folder's full path; DataError where there is none."""
    root = Path(folder).expanduser().absolute()
    if not root.is_dir():
        raise DataError(f"{root}: {'a file' if root.exists() else 'no such folder'}; give a folder of {kind}")
    return root


def open_library(kind: Kind, folder: Path, least_frames: int = 1, cache_bytes: int = CACHE_BYTES) -> Library:
    """The images, or the clips of at least so many frames, anywhere below a folder; nothing is decoded.

    A clip is a video file, or a folder that holds images itself, such as JPEGImages/480p/NAME; see `listings` for what
    is not entered. What is left out is counted by reason. Up to `cache_bytes` of decoded frames are kept in memory.
    DataError when there is nothing that can be used.
    """
    root = existing_folder(kind, folder)
    skipped: Counter[str] = Counter()
    others: Counter[str] = Counter()
    items = _images(root, skipped, others) if kind == "images" else _clips(root, skipped, others)
    kept = [(name, source) for name, source in items if len(source) >= least_frames]
    if len(kept) < len(items):
        skipped[f"fewer than {least_frames} frames"] = len(items) - len(kept)
    if not kept:
        longest = max((len(source) for _, source in items), default=0)
        found = [f"{what} ({count})" for what, count in [*sorted(skipped.items()), *others.most_common(5)]]
        found += [f"the longest clip has {longest}"] if items else []
        raise DataError(
            f"{root}: looked for {_wanted(kind, least_frames)}, found {', '.join(found) or 'nothing'}; "
            f"give a folder of {kind}"
        )
    return Library(kind, root, kept, skipped, cache_bytes)


def _images(root: Path, skipped: Counter[str], others: Counter[str]) -> list[tuple[str, Source]]:
    items: list[tuple[str, Source]] = []
    for listing in listings(root, skipped):
        images = listing.ending(IMAGES)
        items += [(_name(listing.folder / image, root), Files(listing.folder, (image,))) for image in images]
        _count_others(listing.files, images, others)
    return items


def _clips(root: Path, skipped: Counter[str], others: Counter[str]) -> list[tuple[str, Source]]:
    items: list[tuple[str, Source]] = []
    for listing in listings(root, skipped):
        frames, videos = listing.frames(), listing.ending(VIDEOS)
        if frames:
            items.append((_name(listing.folder, root), Files(listing.folder, frames)))
        for video in videos:
            if not readable():
                skipped[f"video files for which PyAV is missing ({INSTALL})"] += 1
                continue
            try:
                items.append((_name(listing.folder / video, root), video_file(listing.folder / video)))
            except DataError:
                skipped[UNREADABLE] += 1
        _count_others(listing.files, [*listing.ending(IMAGES), *videos], others)
    return items


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path != root else root.name


def _count_others(files: Sequence[str], used: Sequence[str], others: Counter[str]) -> None:
    others.update(f"{Path(name).suffix.lower() or 'nameless'} files" for name in set(files) - set(used))


def _wanted(kind: Kind, least_frames: int) -> str:
    if kind == "images":
        return f"images ({', '.join(IMAGES)})"
    least = f" of at least {least_frames} frames" if least_frames > 1 else ""
    return f"clips{least} (folders of images, or {', '.join(VIDEOS)})"
