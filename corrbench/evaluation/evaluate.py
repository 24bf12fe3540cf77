"""One method on one video: frames in, values out, one frame at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.features import feature_maps, network_size
from corrbench.propagation.propagate import propagate
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.task import Scorer, SequenceScores, Task


@dataclass(frozen=True)
class VideoResult:
    """What came out for one video."""

    name: str
    frames: int
    scores: SequenceScores
    seconds: dict[str, float]  # features, propagation, scoring, io
    sizes: dict[str, Any]  # original, network, grid; radius in cells of that grid


def evaluate_video(
    extractor: FeatureExtractor,
    video: Video[Any],
    task: Task,
    protocol: Protocol,
    device: torch.device,
    predictions: Path | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> VideoResult:
    """Propagate the label of frame 0 through the video and score what arrives.

    With `predictions`, every frame's prediction is also written to that folder; `on_frame` is called after each.
    Frames, features and predictions stream: only the frames that the protocol looks back at are kept.
    """
    clock = StageClock(device)
    rule = protocol.propagation
    scorer = task.scorer(video, protocol)
    with clock.stage("io"):
        original = _size(video.frames[0])
        truth = video.labels[0]
        if truth is None:
            raise DataError(f"{video.name}: frame {video.stems[0]} has no label to start from; annotate it")
        truth = truth.to(device)
    network = network_size(original, protocol.frames)
    inner = extractor.network_size(*network) if hasattr(extractor, "network_size") else network
    with arithmetic(rule.precision):
        maps = feature_maps(extractor, video.frames, network, rule.precision, device, clock)
        head = next(maps)
        grid = (head.shape[1], head.shape[2])
        walk = task.start(truth, grid, network, protocol)
        carried = propagate(chain([head], maps), walk.first, rule, extractor.stride)
        for index, stem in enumerate(video.stems):
            with clock.stage("propagation"):
                prediction = walk.predict(index, next(carried))
            if scorer.wants(index):
                _score(scorer, clock, index, prediction, video.labels)
            if predictions is not None:
                with clock.stage("io"):
                    task.write(predictions, stem, prediction)
            on_frame()
    sizes = {
        "original": list(original),
        "network": list(inner),
        "grid": list(grid),
        "radius": rule.radius_at(extractor.stride),
    }
    return VideoResult(video.name, len(video), scorer.scores(), dict(clock.seconds), sizes)


def score_video(
    predictions: Sequence[Any],
    video: Video[Any],
    task: Task,
    protocol: Protocol,
    on_frame: Callable[[], None] = lambda: None,
) -> VideoResult:
    """Score predictions that were made elsewhere, one a frame, without a model."""
    clock = StageClock(torch.device("cpu"))
    scorer = task.scorer(video, protocol)
    for index in range(len(video)):
        if scorer.wants(index):
            with clock.stage("io"):
                prediction = predictions[index]
            _score(scorer, clock, index, prediction, video.labels)
        on_frame()
    return VideoResult(video.name, len(video), scorer.scores(), dict(clock.seconds), {})


def _score(scorer: Scorer, clock: StageClock, index: int, prediction: Any, labels: Sequence[Any]) -> None:
    with clock.stage("io"):
        truth = labels[index]
    with clock.stage("scoring"):
        scorer.add(index, prediction, truth)


def _size(frame: torch.Tensor) -> tuple[int, int]:
    return frame.shape[1], frame.shape[2]
