"""Queries of a video followed by a method: encoded once, reported, written and scored again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import ExtractorError
from corrbench.evaluation import follow as module
from corrbench.evaluation.follow import follow_video
from corrbench.evaluation.score import score_video
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule
from corrbench.protocols.tapvid import TAPVID_PROTOCOLS
from corrbench.tasks.tapvid import tapvid

CPU = torch.device("cpu")
TASK = tapvid()
SIDE, FRAMES = 64, 6
NAMES = ("a", "b")
EACH = pytest.mark.parametrize("preset", TAPVID_PROTOCOLS, ids=lambda protocol: protocol.name)


class Numbers:
    """A direction of its own for each of the numbers that cells of 8 x 8 pixels have as their red."""

    stride = 8

    def __init__(self) -> None:
        self.frames = 0

    def __call__(self, frames: Tensor) -> Tensor:
        self.frames += len(frames)
        numbers = (frames[:, 0, ::8, ::8] * 255).round().long()
        return one_hot(numbers, 256).permute(0, 3, 1, 2).float()


def moving(hidden: Sequence[int] = ()) -> Video[Points]:
    """Numbered cells that move by one a frame to the right; the second point is hidden in some frames."""
    cells = SIDE // 8
    numbers = torch.arange(cells**2, dtype=torch.uint8).reshape(1, cells, cells)
    frames = [
        numbers.roll(t, 2).repeat_interleave(8, 1).repeat_interleave(8, 2).expand(3, SIDE, SIDE) for t in range(FRAMES)
    ]
    labels = [
        Points(
            NAMES,
            torch.tensor([[11.5 + 8 * t, 19.5], [11.5 + 8 * t, 43.5]], dtype=torch.float64),
            torch.tensor([True, t not in hidden]),
            size=(SIDE, SIDE),
        )
        for t in range(FRAMES)
    ]
    return Video("cells", frames, labels, tuple(f"{t:05d}" for t in range(FRAMES)))


def small(preset: Protocol) -> Protocol:
    """The protocol at the size of the frames, of which a pixel is one of the raster; strided in steps of three."""
    native = replace(preset, frames=FrameRule(resize="native", size=0, multiple=1))
    return native.with_settings({"raster": str(SIDE), "query_step": "3"})


@EACH
def test_points_that_move_a_cell_a_frame_are_followed(preset: Protocol) -> None:
    protocol = small(preset)
    result = follow_video(Numbers(), moving(hidden=(0,)), TASK, protocol, CPU)
    offsets = result.scores.values["offset_x"].hypot(result.scores.values["offset_y"])
    assert offsets[result.scores.values["evaluated"] > 0].max() < 1
    metrics = TASK.summarise({"cells": result.scores}, protocol).metrics
    assert metrics["delta_avg"] == 1
    assert result.scores.stems == moving().stems


@EACH
def test_the_score_of_the_file_is_that_of_the_run_bit_for_bit(preset: Protocol, tmp_path: Path) -> None:
    protocol, video = small(preset), moving(hidden=(0, 4))
    ran = follow_video(Numbers(), video, TASK, protocol, CPU, tmp_path / "cells").scores
    place = TASK.locate(tmp_path, ["cells"])["cells"]
    for workers in (1, 3):
        scores = score_video(TASK.read(place, video, protocol), video, TASK, protocol, workers=workers).scores
        wanted = ran.values["evaluated"] > 0
        assert scores.values.keys() == ran.values.keys()
        assert all(torch.equal(scores.values[key][wanted], ran.values[key][wanted]) for key in ran.values)


def test_a_frame_is_encoded_once_however_many_walks_cross_it() -> None:
    method = Numbers()
    follow_video(method, moving(), TASK, small(TAPVID_PROTOCOLS[2]), CPU)
    assert method.frames == FRAMES


def test_without_room_for_the_features_the_numbers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol = small(TAPVID_PROTOCOLS[2])
    kept = follow_video(Numbers(), moving(), TASK, protocol, CPU).scores
    monkeypatch.setattr(module, "KEPT_SHARE", 0.0)
    method = Numbers()
    again = follow_video(method, moving(), TASK, protocol, CPU).scores
    assert method.frames > FRAMES
    assert all(torch.equal(again.values[key], kept.values[key]) for key in kept.values)


@EACH
def test_every_frame_is_reported_once(preset: Protocol) -> None:
    calls: list[int] = []
    follow_video(Numbers(), moving(), TASK, small(preset), CPU, on_frame=lambda: calls.append(1))
    assert len(calls) == FRAMES


def test_stages_and_sizes_are_told() -> None:
    result = follow_video(Numbers(), moving(), TASK, small(TAPVID_PROTOCOLS[0]), CPU)
    assert set(result.seconds) == {"io", "features", "propagation", "scoring"}
    assert result.sizes == {"original": [64, 64], "radius": 12, "network": [64, 64], "grid": [8, 8]}
    assert (result.name, result.frames) == ("cells", FRAMES)


def test_a_video_without_queries_is_passed_over(tmp_path: Path) -> None:
    video = moving()
    labels = [replace(label, visible=torch.zeros(2, dtype=torch.bool)) for label in video.labels if label is not None]
    calls: list[int] = []
    protocol = small(TAPVID_PROTOCOLS[0])
    nothing = replace(video, labels=labels)
    result = follow_video(Numbers(), nothing, TASK, protocol, CPU, tmp_path, lambda: calls.append(1))
    assert (result.scores.stems, len(calls)) == ((), FRAMES)
    assert len(TASK.read(tmp_path / "tracks.npz", nothing, protocol)) == FRAMES


class Broken(Numbers):
    """Features that are not finite from the third frame on."""

    def __call__(self, frames: Tensor) -> Tensor:
        found = super().__call__(frames)
        return found / 0 if self.frames > 2 else found


def test_a_method_that_breaks_is_named_with_the_frame() -> None:
    with pytest.raises(ExtractorError, match="frame 2: the method returned NaN or infinite features"):
        follow_video(Broken(), moving(), TASK, small(TAPVID_PROTOCOLS[0]), CPU)


def test_frames_are_shrunk_before_they_are_enlarged() -> None:
    seen: list[Tensor] = []

    class Looking(Numbers):
        def __call__(self, frames: Tensor) -> Tensor:
            seen.append(frames)
            return super().__call__(frames)

    stripes = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)
    stripes[:, :, ::2] = 200  # one pixel wide: gone at half the size, where bilinear alone would keep them
    video = replace(moving(), frames=[stripes] * FRAMES)
    protocol = replace(small(TAPVID_PROTOCOLS[0]), frames=FrameRule(resize="square", size=64, multiple=1, shrink=32))
    follow_video(Looking(), video, TASK, protocol, CPU)
    inner = seen[0][0, 0, 8:-8, 8:-8] * 255
    assert inner.min() > 90
    assert inner.max() < 110
