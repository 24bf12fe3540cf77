"""Masks to soft labels on the feature grid, and back; the walk of a mask through a video."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.images import VOID
from corrbench.core.resample import bilinear, nearest
from corrbench.propagation.hard import strided
from corrbench.propagation.localised import Regions
from corrbench.propagation.stretch import stretched
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule, SegmentationScoring


@dataclass(frozen=True)
class MaskChannels:
    """The soft labels of frame 0 and the object id that each of their channels stands for."""

    soft: Tensor  # (K, h, w) float32, channel 0 the background
    ids: Tensor  # (K,) uint8, rising from 0


@dataclass(frozen=True)
class MaskPass:
    """One walk of the masks through a video."""

    truth: Tensor  # (H, W) ids of frame 0
    channels: MaskChannels
    network: tuple[int, int]
    protocol: Protocol

    @property
    def first(self) -> Tensor:
        return self.channels.soft

    @property
    def regions(self) -> Regions | None:
        """Where the objects are in frame 0, for boxes that follow them; None where the protocol has no such boxes."""
        if self.protocol.regions is None:
            return None
        mask = nearest(self.truth.masked_fill(self.truth == VOID, 0), self.network, "centre")
        channel = (mask[None] == self.channels.ids[:, None, None]).float().argmax(0)  # of a lost id: the background
        return Regions(self.protocol.regions, channel)

    def predict(self, index: int, soft: Tensor) -> Tensor:
        """The mask (H, W) uint8 of frame `index`; of frame 0 the ground truth where the protocol says so."""
        rule = self.protocol.part(MaskRule)
        if index == 0 and rule.first_output == "truth":
            return self.truth.masked_fill(self.truth == VOID, 0)
        original = (self.truth.shape[0], self.truth.shape[1])
        return to_mask(soft, self.channels.ids, self.network, original, rule)


def to_channels(mask: Tensor, grid: tuple[int, int], network: tuple[int, int], rule: MaskRule) -> MaskChannels:
    """The soft labels of a mask (H, W) of object ids, for frames of size `network`; void counts as background."""
    mask = mask.masked_fill(mask == VOID, 0)
    if rule.label_down == "bilinear":
        mask = _without_specks(_resized(mask, network, rule), rule.least_pixels)
        one_hot, ids = _one_hot(mask, rule, mask)
        return MaskChannels(bilinear(one_hot, grid, "cv2"), ids)
    cells = strided(mask, grid) if rule.label_down == "strided" else nearest(mask, grid, rule.label_down)
    return MaskChannels(*_one_hot(cells, rule, mask))


def to_mask(soft: Tensor, ids: Tensor, network: tuple[int, int], original: tuple[int, int], rule: MaskRule) -> Tensor:
    """The mask (H, W) uint8 at the original size, from soft labels (K, h, w); of equal channels the lowest id wins."""
    size = network if rule.upsample_to == "network" else original
    if rule.output_norm == "grid":
        soft = stretched(soft)
    soft = bilinear(soft, size, rule.upsample)  # (K, H, W)
    if rule.output_norm == "minmax":
        soft = stretched(soft)
    return nearest(ids[soft.argmax(0)], original, rule.resize_back)  # (H, W)


def _resized(mask: Tensor, network: tuple[int, int], rule: MaskRule) -> Tensor:
    """The ids (H, W) uint8 at the network's size; `bilinear` rounds means of neighbouring ids to ids, as cv2 does."""
    if rule.label_resize == "bilinear":
        return (bilinear(mask.float(), network, "cv2") + 0.5).floor().to(mask.dtype)
    return nearest(mask, network, rule.label_resize)


def _without_specks(mask: Tensor, least: int) -> Tensor:
    """The ids (H, W) uint8 without those of fewer than `least` pixels, which become background."""
    ids, pixels = torch.unique(mask, return_counts=True)
    return mask.masked_fill(torch.isin(mask, ids[pixels < least]), 0)


def at_scored_size(mask: Tensor, scoring: SegmentationScoring) -> Tensor:
    """The ids (H, W) at the size at which the protocol compares them."""
    return nearest(mask, (scoring.truth_height or mask.shape[0], scoring.truth_width or mask.shape[1]), "centre")


def _one_hot(mask: Tensor, rule: MaskRule, full: Tensor) -> tuple[Tensor, Tensor]:
    """One channel per id, (K, H, W) float32, and the ids (K,).

    `first_frame` keeps a channel for each id of the full mask; `grid` for every id up to the largest that is left,
    so that a highest id lost by down-sampling has none, and a lost middle id one that is empty.
    """
    if rule.channels == "first_frame":
        present = torch.unique(full)
        ids = torch.cat([present.new_zeros(1), present[present > 0]])
    else:
        ids = torch.arange(int(mask.max()) + 1, dtype=torch.uint8, device=mask.device)
    return (mask[None] == ids[:, None, None]).to(torch.float32), ids
