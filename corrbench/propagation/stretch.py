"""Soft labels at full contrast."""

import torch
from torch import Tensor


def stretched(soft: Tensor) -> Tensor:
    """Each channel of (K, H, W) mapped linearly to [0, 1]; a channel without a positive value stays as it is.

    The `norm_mask` of UVC 4336938d, dino 7c446df5 and VFS 8e055cc1.
    """
    least = soft.amin((1, 2), keepdim=True)
    most = soft.amax((1, 2), keepdim=True)
    spread = (most - least).clamp_min(torch.finfo(soft.dtype).tiny)
    return torch.where(most > 0, (soft - least) / spread, soft)
