"""Video files, written by PyAV and read at any frame."""

import sys
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from corrbench.errors import DataError
from corrbench.training.sources import open_library
from corrbench.training.video_files import video_file

needs_av = pytest.mark.skipif(find_spec("av") is None, reason="PyAV is not installed (extra `video`)")


def film(path: Path, length: int = 30, codec: str = "mpeg4", form: str | None = None) -> Path:
    """A video of 48x64 whose frame number n is an even grey of 8 n, with a frame to start from every 7."""
    import av

    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = 48, 64
        stream.pix_fmt = "yuv420p"
        stream.gop_size = 7
        stream.bit_rate = 2_000_000
        container.start_encoding()
        for number in range(length):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 8 * number, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbers(path: Path, frames: list[int]) -> list[int]:
    """Which frames were read, by their grey."""
    library = open_library("videos", path.parent)
    pixels = library.read(0, frames).double()
    return [round(float(value) / 8) for value in pixels.mean((1, 2, 3))]


@needs_av
@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mpeg4"), ("a.mp4", "libx264"), ("a.mov", "libx264"), ("a.avi", "mpeg4"), ("a.mkv", "libx264"),
     ("a.webm", "libvpx-vp9")],
)  # fmt: skip
def test_any_frames_of_a_video_file_are_read(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, codec=codec)
    library = open_library("videos", tmp_path)
    assert (len(library), library.name(0), library.length(0)) == (1, name, 30)
    assert library.read(0, [3]).shape == (1, 3, 48, 64)
    for frames in ([0], [29], [3, 4, 5], [20, 2, 20, 13, 14], list(range(30))):
        assert numbers(path, frames) == frames


@needs_av
def test_a_stream_that_says_no_times_is_read_from_its_start(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", codec="libx264", form="h264")
    assert len(video_file(path).starts) == 0
    assert numbers(path, [20, 2, 20, 13]) == [20, 2, 20, 13]


@needs_av
def test_files_and_folders_are_clips_side_by_side(tmp_path: Path) -> None:
    film(tmp_path / "b.MP4", length=5)
    film(tmp_path / "c.mp4", length=2)
    (tmp_path / "d.mp4").write_bytes(b"no video")
    (tmp_path / "a").mkdir()
    film(tmp_path / "a/e.mkv", length=4)
    library = open_library("videos", tmp_path, least_frames=4)
    assert [library.name(item) for item in range(len(library))] == ["b.MP4", "a/e.mkv"]
    assert library.skipped == {"fewer than 4 frames": 1, "video files that cannot be read": 1}


@needs_av
def test_a_file_that_is_cut_off_after_opening_is_an_error_of_the_data(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    library = open_library("videos", tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"a\.mp4: .*; copy the file again from its source"):
        library.read(0, [29])


@needs_av
def test_frames_that_are_gone_are_an_error_of_the_data(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv")
    library = open_library("videos", tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert library.read(0, [0]).shape == (1, 3, 48, 64)
    with pytest.raises(DataError, match=r"a\.mkv: frame 29 of 30 cannot be decoded; copy the file again"):
        library.read(0, [29])


@needs_av
def test_a_file_without_frames_is_an_error_of_the_data(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", length=0)
    with pytest.raises(DataError, match=r"a\.avi: no frames in it"):
        video_file(path)


@needs_av
def test_a_file_of_sound_alone_is_counted(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(DataError, match=r"found video files that cannot be read \(1\); give a folder of videos"):
        open_library("videos", tmp_path)


def test_without_pyav_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "a.mp4").touch()
    with pytest.raises(DataError, match=r"PyAV is missing \(pip install 'corrbench\[video\]'\) \(1\); give a folder"):
        open_library("videos", tmp_path)
    with pytest.raises(DataError, match=r"a\.mp4: .*PyAV, which is not installed; pip install 'corrbench\[video\]'"):
        video_file(tmp_path / "a.mp4")
