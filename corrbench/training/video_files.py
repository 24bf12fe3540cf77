"""Frames of video files, decoded by PyAV, which comes with the extra `video`."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from corrbench.errors import DataError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

INSTALL = "pip install 'corrbench[video]'"


@dataclass(frozen=True)
class VideoFile:
    """Where the frames of a file are in time, in units of its stream: 8 bytes a frame are kept."""

    path: Path
    times: "array[int]"  # of each frame, rising; all 0 where the file does not say: it is then read from its start
    starts: "array[int]"  # of the frames from which decoding can begin, rising

    def __len__(self) -> int:
        return len(self.times)

    def read(self, frames: Sequence[int]) -> list[Tensor]:
        """The frames of these numbers, (3, H, W) uint8 RGB each; a rotation that the file asks for is not applied.

        DataError when the file has changed or one of them cannot be decoded.
        """
        wanted = sorted(set(frames))
        with _opened(self.path) as (container, stream):
            pictures = self._by_time(container, stream, wanted) if self.starts else _counted(container, stream, wanted)
            decoded = dict(pictures)
        missing = [number for number in wanted if number not in decoded]
        if missing:
            raise DataError(
                f"{self.path}: frame {missing[0]} of {len(self)} cannot be decoded; copy the file again from its source"
            )
        return [decoded[number] for number in frames]

    def _by_time(
        self, container: "InputContainer", stream: "VideoStream", wanted: Sequence[int]
    ) -> Iterator[tuple[int, Tensor]]:
        """Decode from the last start before a frame, unless decoding is past it already."""
        last: int | None = None  # the time of the picture decoded last
        pictures: Iterator[Any] = iter(())
        for number in wanted:
            time = self.times[number]
            start = self.starts[max(bisect_right(self.starts, time) - 1, 0)]
            if last is None or last < start:
                container.seek(start, stream=stream)
                pictures = container.decode(stream)
            for picture in pictures:
                last = picture.pts
                if last == time:
                    yield number, _pixels(picture)
                if last is None or last >= time:
                    break


def video_file(path: Path) -> VideoFile:
    """The file with the times of its frames, found without decoding one; DataError when it holds none."""
    with _opened(path) as (container, stream):
        packets = [packet for packet in container.demux(stream) if packet.size and not packet.is_discard]
        times = {packet.pts for packet in packets if packet.pts is not None}
        starts = {packet.pts for packet in packets if packet.pts is not None and packet.is_keyframe}
    if not packets:
        raise DataError(f"{path}: no frames in it; copy the file again from its source")
    if len(times) < len(packets) or not starts:
        return VideoFile(path, array("q", [0] * len(packets)), array("q"))
    return VideoFile(path, array("q", sorted(times)), array("q", sorted(starts)))


def readable() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def _counted(container: "InputContainer", stream: "VideoStream", wanted: Sequence[int]) -> Iterator[tuple[int, Tensor]]:
    for number, picture in enumerate(container.decode(stream)):
        if number in wanted:
            yield number, _pixels(picture)
        if number == wanted[-1]:
            return


def _pixels(picture: Any) -> Tensor:
    return torch.from_numpy(picture.to_ndarray(format="rgb24")).permute(2, 0, 1).contiguous()


@contextmanager
def _opened(path: Path) -> "Iterator[tuple[InputContainer, VideoStream]]":
    """The file and its first stream of pictures, decoded by one thread; DataError for whatever fails in it."""
    try:
        import av
    except ImportError:
        raise DataError(f"{path}: video files are read by PyAV, which is not installed; {INSTALL}") from None
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise DataError(f"{path}: no pictures in it, but {len(container.streams)} other streams; remove it")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            yield container, stream
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable video ({error}); copy the file again from its source") from error
