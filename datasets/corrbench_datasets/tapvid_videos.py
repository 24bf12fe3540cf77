"""One video of TAP-Vid as it is stored: frames, tracks of points, and where these are hidden."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, overload

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from corrbench.errors import DataError
from corrbench_datasets.davis_layout import some

_KEYS = ("video", "points", "occluded")


@dataclass(frozen=True)
class Tracks:
    """T frames, and N tracks of points through them."""

    frames: "StoredFrames"
    points: NDArray[np.float64]  # (N, T, 2) (x, y), fractions of the width and height, 0 at the outer edge of the frame
    occluded: NDArray[np.bool_]  # (N, T)

    @property
    def hash(self) -> str:
        """The sha256 over all of it."""
        digest = hashlib.sha256(f"{len(self.frames)} {self.frames.size} {self.points.shape}\n".encode())
        for index in range(len(self.frames)):
            digest.update(self.frames.content(index))
        digest.update(self.points.astype("<f8").tobytes() + self.occluded.tobytes())
        return digest.hexdigest()


class StoredFrames(Sequence[Tensor]):
    """Frames (3, H, W) uint8 RGB, read from an array or decoded from JPEG when they are indexed."""

    def __init__(self, stored: Sequence[Any], size: tuple[int, int], source: str) -> None:
        self.stored = stored  # T times (H, W, 3) uint8, or the bytes of an image file
        self.size = size
        self.source = source  # file and video

    def __len__(self) -> int:
        return len(self.stored)

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice) -> "StoredFrames": ...
    def __getitem__(self, index: int | slice) -> "Tensor | StoredFrames":
        if isinstance(index, slice):
            return StoredFrames(self.stored[index], self.size, self.source)
        pixels = _pixels(self.stored[index], f"{self.source}, frame {index}")  # (H, W, 3)
        if pixels.shape != (*self.size, 3) or pixels.dtype != np.uint8:
            raise DataError(
                f"{self.source}, frame {index}: {pixels.dtype} {pixels.shape}, but the first frame is uint8 "
                f"{(*self.size, 3)}; get the file from its source again"
            )
        return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()

    def content(self, index: int) -> bytes:
        """The frame as it is stored."""
        frame = self.stored[index]
        return frame if isinstance(frame, bytes) else bytes(frame.tobytes())


def read_tracks(entry: object, source: str) -> Tracks:
    """The tracks in a dictionary of video, points and occluded; `source` names file and video in messages.

    The video is an array (T, H, W, 3) uint8, or T images as the bytes of JPEG files (Kinetics). DataError when one is
    missing, of another type or shape than the others ask for, or a visible point is not finite; or when most of the
    visible points are not between 0 and 1.
    """
    if not isinstance(entry, Mapping) or any(key not in entry for key in _KEYS):
        found = some(map(repr, entry)) if isinstance(entry, Mapping) else f"a {type(entry).__name__}"
        raise DataError(f"{source}: expected {', '.join(_KEYS)}, found {found}; give a file of TAP-Vid")
    frames = _frames(entry["video"], source)
    points, occluded = np.asarray(entry["points"]), np.asarray(entry["occluded"])
    tracks = (len(points) if points.ndim else 0, len(frames))
    if points.dtype.kind != "f" or points.shape != (*tracks, 2):
        raise DataError(
            f"{source}: points are {points.dtype} {points.shape}, expected fractions (N, {len(frames)}, 2), x and y of "
            f"N tracks in the {len(frames)} frames of the video; get the file from its source again"
        )
    if occluded.dtype.kind not in "biu" or occluded.shape != tracks:
        raise DataError(
            f"{source}: occluded is {occluded.dtype} {occluded.shape}, expected flags {tracks}, one for each point and "
            "frame; get the file from its source again"
        )
    seen = points[occluded == 0]  # (n, 2)
    if not np.isfinite(seen).all():
        raise DataError(f"{source}: a visible point is not finite; get the file from its source again")
    outside = ((seen < 0) | (seen > 1)).any(axis=1)
    if len(seen) and outside.mean() > 0.5:
        raise DataError(
            f"{source}: {outside.sum()} of {len(seen)} visible points are not between 0 and 1, up to {seen.max():g}; "
            "points are (x, y) as fractions of width and height: divide pixels by them"
        )
    return Tracks(frames, points.astype(np.float64), occluded.astype(bool))


def _frames(video: Any, source: str) -> StoredFrames:
    if not isinstance(video, (np.ndarray, list, tuple)) or not len(video):
        raise DataError(f"{source}: no frames in video; get the file from its source again")
    first = _pixels(video[0], f"{source}, frame 0")
    if first.dtype != np.uint8 or first.ndim != 3 or first.shape[2] != 3:
        raise DataError(
            f"{source}: a frame is {first.dtype} {first.shape}, expected uint8 (H, W, 3); store the video as RGB"
        )
    return StoredFrames(cast(Sequence[Any], video), (first.shape[0], first.shape[1]), source)


def _pixels(frame: Any, where: str) -> NDArray[Any]:
    """A frame as a new array, (H, W, 3)."""
    if not isinstance(frame, bytes):
        return np.array(frame)
    try:
        with Image.open(io.BytesIO(frame)) as image:
            return np.array(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{where}: not a readable image ({error}); make the file again from the video") from error
