"""Labels without doubt: the winner of each place, on the grid or at the size of the frames."""

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.core.resample import bilinear, nearest


def winners(soft: Tensor) -> Tensor:
    """The one-hot argmax of soft labels (K, h, w); of equal channels the first wins."""
    return one_hot(soft.argmax(0), len(soft), soft.dtype)


def full_winners(soft: Tensor, size: tuple[int, int]) -> Tensor:
    """The one-hot argmax, taken at a size (H, W) and seen at the corner of each cell, (K, h, w).

    MAST a57b043c benchmark.py (bilinear, argmax) and models/colorizer.py (every fourth pixel).
    """
    ids = bilinear(soft, size, "torch").argmax(0)  # (H, W)
    return one_hot(strided(ids, (soft.shape[1], soft.shape[2])), len(soft), soft.dtype)


def one_hot(ids: Tensor, channels: int, dtype: torch.dtype) -> Tensor:
    """Ids (h, w) as channels (K, h, w)."""
    return F.one_hot(ids.long(), channels).permute(2, 0, 1).to(dtype)


def strided(images: Tensor, grid: tuple[int, int]) -> Tensor:
    """Every s-th row and column of images (..., H, W), where that makes the grid (h, w); else the corner of each cell.

    A network of stride s makes ceil(H / s) rows, whose corners are s apart; those of H / h pixels would be less.
    """
    for axis, cells in ((-2, grid[0]), (-1, grid[1])):
        length = images.shape[axis]
        step = -(-length // cells)
        if step * (cells - 1) < length:
            images = images.index_select(axis, torch.arange(cells, device=images.device) * step)
        else:
            target = (cells, images.shape[-1]) if axis == -2 else (images.shape[-2], cells)
            images = nearest(images, target, "corner")
    return images
