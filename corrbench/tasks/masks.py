"""Masks to soft labels on the feature grid, and back."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.images import VOID
from corrbench.core.resample import bilinear, nearest
from corrbench.propagation.propagate import stretched
from corrbench.protocols.rules import MaskRule


@dataclass(frozen=True)
class MaskChannels:
    """The soft labels of frame 0 and the object id that each of their channels stands for."""

    soft: Tensor  # (K, h, w) float32, channel 0 the background
    ids: Tensor  # (K,) uint8, rising from 0


def to_channels(mask: Tensor, grid: tuple[int, int], network: tuple[int, int], rule: MaskRule) -> MaskChannels:
    """The soft labels of a mask (H, W) of object ids, for frames of size `network`; void counts as background."""
    mask = mask.masked_fill(mask == VOID, 0)
    if rule.label_down == "bilinear":
        mask = nearest(mask, network, "centre")
        one_hot, ids = _one_hot(mask, rule, mask)
        return MaskChannels(bilinear(one_hot, grid, "cv2"), ids)
    cells = nearest(mask, grid, rule.label_down)
    return MaskChannels(*_one_hot(cells, rule, mask))


def to_mask(soft: Tensor, ids: Tensor, network: tuple[int, int], original: tuple[int, int], rule: MaskRule) -> Tensor:
    """The mask (H, W) uint8 at the original size, from soft labels (K, h, w); of equal channels the lowest id wins."""
    size = network if rule.upsample_to == "network" else original
    soft = bilinear(soft, size, rule.upsample)  # (K, H, W)
    if rule.output_norm == "minmax":
        soft = stretched(soft)
    return nearest(ids[soft.argmax(0)], original, rule.resize_back)  # (H, W)


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
