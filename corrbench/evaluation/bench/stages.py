"""The stages of a run as pieces of work that can be repeated, each on the same few frames behind a full context."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.video import Video
from corrbench.errors import ProtocolError
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.features import feature_maps, network_size
from corrbench.propagation.memory import ContextMemory
from corrbench.propagation.propagate import Carrier, find_carriers, prepared_keys
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.task import Task


class Stages:
    """What a run does to a frame, stage by stage, with the input of each stage made beforehand.

    The context holds the features of as many distinct frames as the protocol looks back at, and for each of them the
    labels of frame 0, since no time depends on the values of labels.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        video: Video[Any],
        task: Task,
        protocol: Protocol,
        device: torch.device,
        count: int,
    ) -> None:
        """The stages of the `count` frames of a video that follow a full context."""
        rule = protocol.propagation
        if protocol.regions is not None:
            raise ProtocolError(
                f"protocol {protocol.name}: affinities inside tracked regions depend on labels and cannot be timed "
                "apart; time another protocol, such as uvc"
            )
        full = 1 + rule.context
        self._extractor, self._rule, self._device = extractor, rule, device
        self._radius = rule.radius_at(extractor.stride)
        self._indices = range(full, full + count)
        self._files = video.frames[full : full + count]
        self._frames = [frame.to(device) for frame in self._files]
        height, width = video.frames[0].shape[1:]
        self.network = network_size((height, width), protocol.frames)
        earlier = self._encoded(video.frames[:full])
        first = prepared_keys(next(earlier), rule)
        self.grid, self.channels = (first.shape[0], first.shape[1]), first.shape[2]
        self._walk = task.start(_on(device, video.labels[0]), self.grid, self.network, protocol)
        self.labels = len(self._walk.first)  # K
        self._memory = ContextMemory(rule, first, self._walk.first)
        for index, feature_map in enumerate(earlier, start=1):
            self._memory.store_keys(index, prepared_keys(feature_map, rule))
            self._memory.store_labels(index, self._walk.first)
        self._context = self._memory.context(full)
        self._queries = torch.stack(
            [prepared_keys(feature_map, rule) for feature_map in self.features()]
        )  # (Q, h, w, C)
        self._affinities = self.affinity()
        self._predictions = self.propagation()
        self._truths = [_on(device, video.labels[index]) for index in self._indices]
        self._scorer = task.scorer(video, protocol)

    def io(self) -> list[Tensor]:
        """Decode the files and move the frames to the device."""
        return [frame.to(self._device) for frame in self._files]

    def features(self) -> list[Tensor]:
        """Resize and encode the frames, which lie on the device."""
        return list(self._encoded(self._frames))

    def affinity(self) -> Sequence[Carrier]:
        """Find the best cells of the context for all cells of each frame."""
        contexts = [self._context] * len(self._queries)
        return find_carriers(self._queries, self._memory.keys, contexts, self._rule, self._radius)

    def propagation(self) -> list[Any]:
        """Carry the labels of the context to each frame, and make a prediction of them."""
        predictions = []
        for index, affinity in zip(self._indices, self._affinities, strict=True):
            soft = affinity.carry(self._memory.labels).t().reshape(self._walk.first.shape)  # (K, h, w)
            predictions.append(self._walk.predict(index, soft))
        return predictions

    def scoring(self) -> None:
        """Compare each prediction with the truth, both on the device."""
        for index, prediction, truth in zip(self._indices, self._predictions, self._truths, strict=True):
            self._scorer.add(index, prediction, truth)
        self._scorer.scores()  # no frame waits for those of the next repeat

    def _encoded(self, frames: Sequence[Tensor]) -> Iterator[Tensor]:
        clock = StageClock(self._device)
        return feature_maps(self._extractor, frames, self.network, self._rule.precision, self._device, clock)


def _on(device: torch.device, label: Any) -> Any:
    return label.to(device)
