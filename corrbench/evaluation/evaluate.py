"""One method on one video: frames in, values out, one frame at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.evaluation.ahead import ahead
from corrbench.evaluation.batches import batches_for, check_room, out_of_memory
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.features import feature_maps, network_size, shrunk
from corrbench.propagation.propagate import propagate
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.task import SequenceScores, Task


@dataclass(frozen=True)
class VideoResult:
    """What came out for one video."""

    name: str
    frames: int
    scores: SequenceScores
    seconds: dict[str, float]  # features, propagation, scoring; io: waiting for files that are read ahead, and writing
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
    batches = batches_for(device)
    scorer = task.scorer(video, protocol)
    with clock.stage("io"):
        original = _size(video.frames[0])
        truth = video.labels[0]
        if truth is None:
            raise DataError(f"{video.name}: frame {video.stems[0]} has no label to start from; annotate it")
        truth = truth.to(device)
    network = network_size(original, protocol.frames)
    inner = extractor.network_size(*network) if hasattr(extractor, "network_size") else network
    truths: deque[Any] = deque()  # of frames that are encoded and not yet predicted

    def read(index: int) -> tuple[Tensor, Any]:
        frame = shrunk(video.frames[index], protocol.frames)
        return frame, video.labels[index] if scorer.wants(index) else None

    def frames(items: Iterable[tuple[Tensor, Any]]) -> Iterator[Tensor]:
        for frame, label in items:
            truths.append(label)
            yield frame

    with (
        arithmetic(rule.precision),
        out_of_memory(video.name, original),
        closing(ahead(read, range(len(video)), batches.readers, batches.frames + 1)) as items,
    ):
        maps = feature_maps(extractor, frames(items), network, rule.precision, device, clock, batches.frames)
        head = next(maps)
        grid = (head.shape[1], head.shape[2])
        check_room(head.shape, rule, batches.chunks, device)
        walk = task.start(truth, grid, network, protocol)
        regions = getattr(walk, "regions", None)
        carried = propagate(chain([head], maps), walk.first, rule, extractor.stride, batches.chunks, network, regions)
        for index, stem in enumerate(video.stems):
            with clock.stage("propagation"):
                prediction = walk.predict(index, next(carried))
            label = truths.popleft()
            if scorer.wants(index):
                with clock.stage("scoring"):
                    scorer.add(index, prediction, label)
            if predictions is not None:
                with clock.stage("io"):
                    task.write(predictions, stem, prediction)
            on_frame()
        with clock.stage("scoring"):
            scores = scorer.scores()
    sizes = {
        "original": list(original),
        "network": list(inner),
        "grid": list(grid),
        "radius": rule.radius_at(extractor.stride),
    }
    return VideoResult(video.name, len(video), scores, dict(clock.seconds), sizes)


def _size(frame: torch.Tensor) -> tuple[int, int]:
    return frame.shape[1], frame.shape[2]
