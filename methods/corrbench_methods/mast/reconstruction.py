"""A colour channel carried from a reference frame to a query frame by local attention.

MAST: arXiv 2002.07793, equations 1 to 3; zlai0/MAST 76fb1732, models/colorizer.py and main_ytvos.py.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.training.local import carry, local_similarities
from corrbench_methods.mast.settings import STRIDE

_STEEPNESS = 20.0  # errors beyond 1/20 count linearly (main_ytvos.py, compute_lphoto)


def local_affinity(
    query: Tensor, reference: Tensor, radius: int, *, scale: float, border: Literal["masked", "zero"] = "masked"
) -> Tensor:
    """How much each query cell trusts the reference cells around it, (B, (2 * radius + 1)^2, h, w).

    `query` and `reference` are (B, C, h, w), their products are multiplied by `scale`. The weights of a cell sum
    to 1; with border=zero places beyond the frame take part with similarity 0, and what they get is lost.
    """
    similarities = local_similarities(query, reference, radius, scale)  # (B, W, h, w)
    if border == "masked":
        return F.softmax(similarities, dim=1)
    outside = torch.isneginf(similarities)
    return F.softmax(similarities.masked_fill(outside, 0.0), dim=1).masked_fill(outside, 0.0)


def reconstruct(affinity: Tensor, channel: Tensor, radius: int) -> Tensor:
    """The channel (B, 1, H, W) of the query frame, rebuilt from that of the reference frame, (B, 1, H, W).

    Every fourth pixel of the reference is carried, not the mean of sixteen, as MAST does; the result is brought
    to full size bilinearly.
    """
    return _enlarged(carry(affinity, _cells(channel), radius), channel)


def copied(channel: Tensor) -> Tensor:
    """What `reconstruct` gives when every cell looks at its own place alone: the previous frame, as coarse."""
    return _enlarged(_cells(channel), channel)


def colour_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """The mean smooth L1 distance () of two channels (B, 1, H, W), both times 20."""
    return F.smooth_l1_loss(_STEEPNESS * predicted, _STEEPNESS * truth)


def _cells(channel: Tensor) -> Tensor:
    return channel[..., ::STRIDE, ::STRIDE]  # (B, 1, h, w)


def _enlarged(cells: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(cells, like.shape[-2:], mode="bilinear", align_corners=False)
