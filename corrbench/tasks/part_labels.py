"""Body parts of frame 0 carried through a video: their classes and, beside them, their instances."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.parts import PartInstances, PartLabel
from corrbench.core.resample import bilinear
from corrbench.errors import DataError
from corrbench.propagation.localised import Regions
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule
from corrbench.tasks.masks import MaskChannels, MaskPass, to_channels, to_mask

MOST_INSTANCES = 254  # ids of 8 bits without 0 and void


@dataclass(frozen=True)
class PartPrediction:
    """What is predicted for one frame of a video whose instances are known; else it is the classes alone."""

    classes: Tensor  # (H, W) uint8 class ids
    instances: PartInstances  # P, none without a pixel
    scores: Tensor  # (P,) float64 on the CPU, how sure each instance is

    def to(self, device: torch.device | str) -> "PartPrediction":
        """The same prediction on a device; scores stay on the CPU."""
        return PartPrediction(self.classes.to(device), self.instances.to(device), self.scores)


@dataclass(frozen=True)
class InstancePass:
    """The walk of the instances of frame 0, each a channel of its own, as objects are carried in masks."""

    truth: PartInstances
    channels: MaskChannels  # ids are places in the list of `truth`, from 1
    network: tuple[int, int]
    rule: MaskRule

    def predict(self, index: int, soft: Tensor) -> tuple[PartInstances, Tensor]:
        """The instances of frame `index` from their soft labels (K, h, w), and their scores (P,).

        An instance has the class that it has in frame 0. Its score is the mean of its soft label, as it was propagated
        and before any stretching, over the pixels that are predicted to be it; of ground truth in frame 0 it is 1.
        """
        original = (self.truth.pixels.shape[0], self.truth.pixels.shape[1])
        given = index == 0 and self.rule.first_output == "truth"
        places = self.truth.places if given else to_mask(soft, self.channels.ids, self.network, original, self.rule)
        found = torch.unique(places)
        found = found[found > 0].long()
        instances = PartInstances(places.long(), found, self.truth.classes[found - 1])
        if given:
            return instances, torch.ones(len(found), dtype=torch.float64)
        return instances, torch.tensor([self._certainty(soft, places, one) for one in found], dtype=torch.float64)

    def _certainty(self, soft: Tensor, places: Tensor, instance: Tensor) -> float:
        """The mean of the soft label of one instance over its pixels."""
        channel = (self.channels.ids == instance).nonzero().flatten()
        full = bilinear(soft[channel], (places.shape[0], places.shape[1]), self.rule.upsample)[0]  # (H, W)
        return float(full[places == instance].double().mean())


@dataclass(frozen=True)
class PartPass:
    """The walk of the parts of one video: classes, and after them the channels of instances, where there are some."""

    classes: MaskPass
    instances: InstancePass | None

    @property
    def first(self) -> Tensor:
        if self.instances is None:
            return self.classes.first
        return torch.cat([self.classes.first, self.instances.channels.soft])

    @property
    def regions(self) -> Regions | None:
        """Where the classes are in frame 0, under a protocol whose boxes follow them."""
        return self.classes.regions

    def predict(self, index: int, soft: Tensor) -> Tensor | PartPrediction:
        """The classes (H, W) of frame `index`, with the instances where they are carried."""
        if self.instances is None:
            return self.classes.predict(index, soft)
        count = len(self.classes.first)
        return PartPrediction(self.classes.predict(index, soft[:count]), *self.instances.predict(index, soft[count:]))


def start_parts(
    truth: Tensor | PartLabel, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol
) -> PartPass:
    """The walk of the parts of frame 0 through their video; one that frame 0 lacks is never predicted.

    Instances are channels of the same propagation, which leaves the classes what they are. They are not carried where
    the memory keeps the winner of all channels, or where boxes follow the objects: then channels are not independent.
    """
    rule = protocol.part(MaskRule)
    classes = truth.classes if isinstance(truth, PartLabel) else truth
    walk = MaskPass(classes, to_channels(classes, grid, network, rule), network, protocol)
    apart = protocol.propagation.memory in ("soft", "minmax") and protocol.regions is None
    if not isinstance(truth, PartLabel) or not apart:
        return PartPass(walk, None)
    count = len(truth.instances.ids)
    if count > MOST_INSTANCES:
        raise DataError(f"frame 0 has {count} instances of parts, at most {MOST_INSTANCES} can be followed")
    channels = to_channels(truth.instances.places.to(torch.uint8), grid, network, rule)
    return PartPass(walk, InstancePass(truth.instances, channels, network, rule))
