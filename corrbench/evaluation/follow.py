"""One method on the queries of one video: points in any frame in, tracks and values out."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

import torch
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.evaluation.ahead import ahead
from corrbench.evaluation.batches import batches_for, check_room, out_of_memory
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.features import feature_maps, network_size, shrunk
from corrbench.evaluation.memory import free_bytes
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.follow import Setting, follow
from corrbench.tasks.queries import Walk
from corrbench.tasks.tapvid import TrackTask

KEPT_SHARE = 0.5  # of the free memory, that the features of a whole video may take


def follow_video(
    extractor: FeatureExtractor,
    video: Video[Points],
    task: TrackTask,
    protocol: Protocol,
    device: torch.device,
    predictions: Path | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> VideoResult:
    """Follow the points that the video's queries ask for, walk by walk, and score where they go.

    With `predictions`, the tracks are also written to that folder at the end. Queries of one frame share a walk. Walks
    cross, so every frame is encoded once and its features are kept; where these do not fit into half of the free
    memory, each walk encodes its frames again. `on_frame` is called once a frame of the video, spread over the work.
    """
    clock = StageClock(device)
    with clock.stage("io"):
        scorer = task.scorer(video, protocol)
        height, width = video.frames[0].shape[1:]
    plan = task.walks(scorer.queries, len(video), protocol)
    network = network_size((height, width), protocol.frames)
    maps = _Maps(extractor, video, protocol, device, clock, network)
    setting = Setting(protocol, network, extractor.stride, batches_for(device).chunks)
    steps = _Steps(sum(len(walk.frames) for walk in plan), len(video), on_frame)
    with arithmetic(protocol.propagation.precision), out_of_memory(video.name, (height, width)):
        maps.keep(plan)
        for walk in plan:
            rows = list(walk.rows)
            names = tuple(scorer.queries.names[row] for row in rows)
            with closing(maps.along(walk.frames)) as along:
                followed = follow(scorer.queries.positions[rows], along, setting)
                for index in walk.frames:
                    with clock.stage("propagation"):
                        positions, seen = next(followed)
                    with clock.stage("scoring"):
                        scorer.add(index, Points(names, positions, seen), None)
                    steps.advance()
        steps.finish()
        with clock.stage("scoring"):
            scores = scorer.scores()
    if predictions is not None:
        with clock.stage("io"):
            task.write(predictions, video.name, scorer.predicted)
    sizes = {"original": [height, width], "radius": protocol.propagation.radius_at(extractor.stride), **maps.sizes()}
    return VideoResult(video.name, len(video), scores, dict(clock.seconds), sizes)


class _Maps:
    """The feature maps of one video, along any walk."""

    def __init__(
        self,
        extractor: FeatureExtractor,
        video: Video[Points],
        protocol: Protocol,
        device: torch.device,
        clock: StageClock,
        network: tuple[int, int],
    ) -> None:
        self._extractor, self._video, self._protocol = extractor, video, protocol
        self._device, self._clock, self._network = device, clock, network
        self._batches = batches_for(device)
        self._grid: tuple[int, int] | None = None
        self._kept: dict[int, Tensor] = {}

    def keep(self, plan: Sequence[Walk]) -> None:
        """Encode the frames of all walks, as long as there is room for their features."""
        needed = sorted({index for walk in plan for index in walk.frames})
        with closing(self._encoded(needed)) as encoded:
            for index, feature_map in zip(needed, encoded, strict=True):
                if self._grid is None:
                    self._grid = feature_map.shape[1], feature_map.shape[2]
                    check_room(feature_map.shape, self._protocol.propagation, self._batches.chunks, self._device)
                    free = free_bytes(self._device)
                    size = len(needed) * feature_map.numel() * feature_map.element_size()
                    if free is not None and size > KEPT_SHARE * free:
                        return
                self._kept[index] = feature_map

    def along(self, frames: Sequence[int]) -> Generator[Tensor, None, None]:
        """The maps (C, h, w) of these frames, in this order."""
        if self._kept:
            yield from (self._kept[index] for index in frames)
        else:
            yield from self._encoded(frames)

    def sizes(self) -> dict[str, list[int]]:
        """The sizes that a record tells: of frames as the method sees them, and of the grid."""
        extractor = self._extractor
        inner = extractor.network_size(*self._network) if hasattr(extractor, "network_size") else self._network
        return {"network": list(inner), "grid": list(self._grid or ())}

    def _encoded(self, frames: Sequence[int]) -> Generator[Tensor, None, None]:
        def read(index: int) -> Tensor:
            return shrunk(self._video.frames[index], self._protocol.frames)

        batches, precision = self._batches, self._protocol.propagation.precision
        with closing(ahead(read, frames, batches.readers, batches.frames + 1)) as items:
            yield from feature_maps(
                self._extractor, items, self._network, precision, self._device, self._clock, batches.frames, frames
            )


class _Steps:
    """Tells of frames done while more steps, or fewer, are made."""

    def __init__(self, steps: int, frames: int, on_frame: Callable[[], None]) -> None:
        self._steps, self._frames, self._on_frame = steps, frames, on_frame
        self._made, self._told = 0, 0

    def advance(self) -> None:
        """Note one step."""
        self._made += 1
        self._tell(self._made * self._frames // self._steps)

    def finish(self) -> None:
        """Tell of the frames that no step led to."""
        self._tell(self._frames)

    def _tell(self, frames: int) -> None:
        while self._told < frames:
            self._told += 1
            self._on_frame()
