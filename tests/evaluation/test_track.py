"""A tracker on a video: what is read, written, timed and refused."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.core.video import Video
from corrbench.errors import DataError, ExtractorError, ProtocolError
from corrbench.evaluation.score import score_video
from corrbench.evaluation.track import track_video
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tracking import DCF, MASK, XCORR
from corrbench.tasks.tracking import tracking

CPU = torch.device("cpu")
TASK = tracking()
SMALL = {"size": "256"}  # pixels of a crop, for speed
TRACKERS = pytest.mark.parametrize("protocol", [MASK, DCF, XCORR], ids=lambda protocol: protocol.name)


class Patches:
    """The pixels of each cell, around the middle gray of the test's frames."""

    stride = 8

    def __call__(self, frames: Tensor) -> Tensor:
        return F.pixel_unshuffle(frames - 0.4, self.stride)


def scene(count: int = 6) -> Video[Tensor]:
    """A square with a pattern that moves by (2, 1) pixels a frame over noise."""
    numbers = torch.Generator().manual_seed(0)
    background = torch.randint(60, 140, (3, 64, 96), dtype=torch.uint8, generator=numbers)
    target = torch.randint(160, 256, (3, 4, 4), dtype=torch.uint8, generator=numbers)
    frames, labels = [], []
    for t in range(count):
        image, x, y = background.clone(), 30 + 2 * t, 20 + t
        image[:, y : y + 16, x : x + 16] = target.repeat_interleave(4, 1).repeat_interleave(4, 2)
        frames.append(image)
        labels.append(torch.tensor([x, y, 16, 16], dtype=torch.float64))
    return Video("square", frames, labels, tuple(f"{t + 1:04d}" for t in range(count)))


def small(protocol: Protocol) -> Protocol:
    return protocol.with_settings(SMALL)


@TRACKERS
def test_the_square_is_followed_and_scored(protocol: Protocol) -> None:
    calls = []
    result = track_video(Patches(), scene(), TASK, small(protocol), CPU, on_frame=lambda: calls.append(1))
    assert (result.name, result.frames, len(calls)) == ("square", 6, 6)
    assert len(result.scores.stems) == 6
    assert result.scores.values["overlap"].min() > 0.5
    assert result.scores.values["centre_error"].max() < 6


@TRACKERS
def test_a_score_of_the_files_is_that_of_the_run(tmp_path: Path, protocol: Protocol) -> None:
    rule, video = small(protocol), scene()
    run = track_video(Patches(), video, TASK, rule, CPU, predictions=tmp_path / "square")
    assert sorted(path.name for path in (tmp_path / "square").iterdir()) == ["square_001.txt", "square_time.txt"]
    times = (tmp_path / "square" / "square_time.txt").read_text().split()
    assert len(times) == 6
    assert all(float(time) > 0 for time in times)
    place = TASK.locate(tmp_path, ["square"])["square"]
    score = score_video(TASK.read(place, video, rule), video, TASK, rule)
    assert all(score.scores.values[key].equal(run.scores.values[key]) for key in ("overlap", "centre_error"))
    assert score.scores.stems == run.scores.stems


def test_the_first_box_is_the_truth() -> None:
    result = track_video(Patches(), scene(1), TASK, small(DCF), CPU)
    assert result.scores.values["overlap"].tolist() == [[1]]


def test_stages_and_sizes_are_told() -> None:
    result = track_video(Patches(), scene(3), TASK, small(MASK), CPU)
    assert set(result.seconds) == {"io", "features", "propagation", "scoring"}
    assert result.sizes == {"original": [64, 96], "network": [256, 256], "grid": [32, 32], "radius": 16}
    assert "radius" not in track_video(Patches(), scene(1), TASK, small(DCF), CPU).sizes


class Counted(Sequence[Tensor]):
    """Frames that count how many of them are held."""

    def __init__(self, frames: Sequence[Tensor]) -> None:
        self.frames, self.read = frames, 0

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Tensor:  # type: ignore[override]
        self.read += 1
        return self.frames[index].clone()


def test_frames_are_read_a_little_ahead_and_once() -> None:
    video = scene()
    frames = Counted(video.frames)
    ahead = []
    track_video(
        Patches(), replace(video, frames=frames), TASK, small(XCORR), CPU, on_frame=lambda: ahead.append(frames.read)
    )
    assert frames.read == 7  # frame 0 for its size too
    assert all(read - 1 <= index + 4 for index, read in enumerate(ahead))


@pytest.mark.parametrize("box", [[30.0, 20.0, 0.0, 16.0], [float("nan"), 20.0, 16.0, 16.0]])
def test_a_first_box_without_an_area_is_refused(box: list[float]) -> None:
    video = scene(2)
    broken = replace(video, labels=[torch.tensor(box, dtype=torch.float64), video.labels[1]])
    with pytest.raises(DataError, match="square: frame 0001 has the box"):
        track_video(Patches(), broken, TASK, small(MASK), CPU)


def test_frames_without_truth_are_tracked_and_not_scored() -> None:
    video = scene(4)
    result = track_video(Patches(), replace(video, labels=[video.labels[0], None, None, video.labels[3]]), TASK,
                         small(MASK), CPU)  # fmt: skip
    assert result.scores.stems == ("0001", "0004")


def test_a_protocol_without_tracker_or_squares_is_refused() -> None:
    with pytest.raises(ProtocolError, match="protocol mask for tracking has no tracker"):
        track_video(Patches(), scene(1), TASK, replace(MASK, tracker=None), CPU)
    with pytest.raises(ProtocolError, match="a tracker sees squares"):
        track_video(Patches(), scene(1), TASK, MASK.with_settings({"resize": "native"}), CPU)


class Growing:
    """Features whose grid changes from call to call."""

    stride = 8

    def __init__(self) -> None:
        self.side = 15

    def __call__(self, frames: Tensor) -> Tensor:
        self.side += 1
        return F.interpolate(frames, (self.side, self.side))


def test_features_whose_grid_changes_are_refused() -> None:
    with pytest.raises(ExtractorError, match=r"square, frame 0002: .* have the grid \(17, 17\), those before had"):
        track_video(Growing(), scene(2), TASK, small(MASK), CPU)


class Late(Patches):
    """Features that are not finite from the second frame on."""

    calls = 0

    def __call__(self, frames: Tensor) -> Tensor:
        self.calls += 1
        return super().__call__(frames) / (0 if self.calls > 1 else 1)


def test_features_of_crops_are_named_by_their_frame() -> None:
    with pytest.raises(ExtractorError, match=r"^frame 1: the method returned NaN or infinite features"):
        track_video(Late(), scene(3), TASK, small(MASK), CPU)


def test_a_tracker_sees_crops_that_are_not_shrunk() -> None:
    with pytest.raises(ProtocolError, match="shrink=256 does not fit"):
        track_video(Patches(), scene(1), TASK, MASK.with_settings({"shrink": "256"}), CPU)


@pytest.mark.data
def test_a_real_head_is_followed_for_some_frames(data: Path) -> None:
    from corrbench_datasets.otb import otb
    from corrbench_methods.handcrafted import rgb

    video = otb(data / "otb").video("Deer").first(6)
    result = track_video(rgb(), video, TASK, DCF.with_settings({"size": "264"}), CPU)
    assert result.scores.values["overlap"].min() > 0.5
