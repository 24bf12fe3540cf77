"""One tracker on one video: the box of frame 0 in, boxes and values out, one frame at a time."""

from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import Any, TypeGuard, get_args

import torch
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.video import Video
from corrbench.errors import ExtractorError, ProtocolError
from corrbench.evaluation.ahead import ahead
from corrbench.evaluation.batches import batches_for, check_room, out_of_memory
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.features import feature_maps
from corrbench.propagation.chunks import Chunks
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.box_files import Track, as_written
from corrbench.tasks.tracking import TrackingTask
from corrbench.tracking.crops import cropped
from corrbench.tracking.rectangles import Rectangle, rectangle
from corrbench.tracking.rules import MaskTrackerRule, TrackerRule
from corrbench.tracking.start import start_tracker
from corrbench.tracking.tracker import Look, Tracker


def track_video(
    extractor: FeatureExtractor,
    video: Video[Tensor],
    task: TrackingTask,
    protocol: Protocol,
    device: torch.device,
    predictions: Path | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> VideoResult:
    """Follow the box of frame 0 through the video and score where it goes.

    With `predictions`, the track is also written to that folder at the end; `on_frame` is called after each frame.
    Boxes are rounded as files are, so that a score of the file is that of the run. Frames stream, and of the past the
    tracker keeps what it looks back at: of each frame no more than a few numbers stay. Stages are those of
    `evaluate_video`; crops count as features, all else that a tracker does as propagation.
    """
    clock, batches = StageClock(device), batches_for(device)
    scorer = task.scorer(video, protocol)
    with clock.stage("io"):
        first = task.first_box(video)
        height, width = video.frames[0].shape[1:]
    eyes = _Eyes(extractor, protocol, device, clock, batches.chunks)
    boxes: list[Tensor] = []
    seconds: list[float] = []
    tracker: Tracker | None = None

    def read(index: int) -> tuple[Tensor, Tensor | None]:
        return video.frames[index], video.labels[index] if scorer.wants(index) else None

    with (
        arithmetic(protocol.propagation.precision),
        out_of_memory(video.name, (height, width)),
        closing(ahead(read, range(len(video)), batches.readers, batches.frames + 1)) as items,
    ):
        for index in range(len(video)):
            with clock.stage("io"):
                frame, label = next(items)
                look = eyes.on(frame.to(device, non_blocking=True), index, f"{video.name}, frame {video.stems[index]}")
            before = _computed(clock)
            with clock.stage("propagation"):
                if tracker is None:
                    start, rule = rectangle(first), eyes.rule
                    tracker = start_tracker(
                        start, (height, width), look, rule, protocol.propagation, extractor.stride, batches.chunks
                    )
                    box = as_written(start.box())
                else:
                    box = as_written(tracker.step(look).box())
            if predictions is not None:
                boxes.append(box)
                seconds.append(_computed(clock) - before)
            if scorer.wants(index):
                with clock.stage("scoring"):
                    scorer.add(index, box, label)
            on_frame()
        with clock.stage("scoring"):
            scores = scorer.scores()
    if predictions is not None:
        with clock.stage("io"):
            task.write(predictions, video.name, Track(torch.stack(boxes), tuple(seconds)))
    sizes = {"original": [height, width], **eyes.sizes()}
    return VideoResult(video.name, len(video), scores, dict(clock.seconds), sizes)


class _Eyes:
    """What trackers see of frames: features of regions, all of one size."""

    def __init__(
        self, extractor: FeatureExtractor, protocol: Protocol, device: torch.device, clock: StageClock, chunks: Chunks
    ) -> None:
        frames = protocol.frames
        if frames.resize != "square":
            raise ProtocolError(
                f"protocol {protocol.name}: resize={frames.resize} does not fit; a tracker sees squares: resize=square"
            )
        if frames.shrink:
            raise ProtocolError(
                f"protocol {protocol.name}: shrink={frames.shrink} does not fit; a tracker sees crops: 0"
            )
        self.rule = _tracker_rule(protocol)
        self._extractor, self._protocol, self._device = extractor, protocol, device
        self._clock, self._chunks = clock, chunks
        self._size = frames.size, frames.size
        self._grid: tuple[int, int] | None = None

    def on(self, frame: Tensor, index: int, where: str) -> Look:
        """How to look at one frame (3, H, W) uint8; its index and `where` name it in errors."""

        def look(regions: Sequence[Rectangle]) -> Tensor:
            with self._clock.stage("features"):
                crops = [cropped(frame, region, self._size, self.rule.border_colour) for region in regions]
            precision = self._protocol.propagation.precision
            maps = feature_maps(
                self._extractor, crops, self._size, precision, self._device, self._clock, len(crops), repeat(index)
            )
            features = torch.stack(list(maps))  # (S, C, h, w)
            self._check_grid(features, where)
            return features

        return look

    def sizes(self) -> dict[str, Any]:
        """The sizes that a record tells: of crops and of the grid, and the radius in its cells where there is one."""
        extractor, propagation = self._extractor, self._protocol.propagation
        network = extractor.network_size(*self._size) if hasattr(extractor, "network_size") else self._size
        sizes: dict[str, Any] = {"network": list(network), "grid": list(self._grid or ())}
        if isinstance(self.rule, MaskTrackerRule):
            sizes["radius"] = propagation.radius_at(extractor.stride)
        return sizes

    def _check_grid(self, features: Tensor, where: str) -> None:
        grid = features.shape[2], features.shape[3]
        if self._grid is None:
            check_room(features.shape[1:], self._protocol.propagation, self._chunks, self._device)
            self._grid = grid
        if grid != self._grid:
            raise ExtractorError(
                f"{where}: features of crops of {self._size[0]}x{self._size[1]} pixels have the grid {grid}, those "
                f"before had {self._grid}; a method has to give one grid for one size"
            )


def _tracker_rule(protocol: Protocol) -> TrackerRule:
    """The rule of the tracker; ProtocolError where the protocol has none."""
    rule = protocol.tracker
    if not _is_tracker_rule(rule):
        raise ProtocolError(f"protocol {protocol.name} for {protocol.task} has no tracker; choose another")
    return rule


def _is_tracker_rule(rule: Any) -> TypeGuard[TrackerRule]:
    return isinstance(rule, get_args(TrackerRule))


def _computed(clock: StageClock) -> float:
    """The seconds spent on features and tracking so far."""
    return clock.seconds["features"] + clock.seconds["propagation"]
