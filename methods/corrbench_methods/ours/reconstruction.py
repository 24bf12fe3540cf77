"""A colour of the query frame put together from the reference frame's, by where the features look.

Spa-then-Temp 041a618, vcl/models/trackers/framework.py: `prep` and `compute_lphoto`; from MAST, arXiv 2002.07793.
"""

from torch import Tensor
from torch.nn import functional as F

from corrbench.training.local import carry

_STEEPNESS = 20.0  # errors beyond 1/20 count linearly


def reconstruction_loss(weights: Tensor, reference: Tensor, query: Tensor, radius: int, stride: int) -> Tensor:
    """The mean error () of the colour that weights (B, window, h, w) carry, for colours (B, 1, H, W) of two frames.

    Of the reference every `stride`-th pixel is carried, not the mean of a cell.
    """
    return _colour_loss(carry(weights, reference[..., ::stride, ::stride], radius), query)


def copy_loss(reference: Tensor, query: Tensor, stride: int) -> Tensor:
    """The error () of taking the reference frame for the query frame, at the same resolution: what motion costs."""
    return _colour_loss(reference[..., ::stride, ::stride], query)


def _colour_loss(cells: Tensor, truth: Tensor) -> Tensor:
    """The mean smooth L1 distance () of colours (B, 1, h, w), brought to full size, and (B, 1, H, W), times 20."""
    colours = F.interpolate(cells, truth.shape[-2:], mode="bilinear", align_corners=False)
    return F.smooth_l1_loss(_STEEPNESS * colours, _STEEPNESS * truth)
