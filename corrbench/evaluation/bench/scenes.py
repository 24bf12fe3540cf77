"""Features as a network might give them, made from nothing: smooth over the grid, alike from frame to frame."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

COARSE = 4  # cells between the random values that are interpolated
CHANGE = 0.5  # of a frame's own values, beside those that all frames share


def scene(grid: tuple[int, int], channels: int, device: torch.device, seed: int = 0) -> Iterator[Tensor]:
    """Keys (h, w, C) of unit length, for one distinct frame after another, without end."""
    generator = torch.Generator().manual_seed(seed)
    coarse = (1, channels, grid[0] // COARSE + 2, grid[1] // COARSE + 2)
    shared = torch.randn(coarse, generator=generator)
    while True:
        values = (shared + CHANGE * torch.randn(coarse, generator=generator)).to(device)
        smooth = F.interpolate(values, grid, mode="bicubic", align_corners=False)[0]  # (C, h, w)
        yield F.normalize(smooth, dim=0).permute(1, 2, 0).contiguous()
