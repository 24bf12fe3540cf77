"""Which cells of a reference frame lie near a query cell."""

from typing import Literal

import torch
from torch import Tensor


def reachable(queries: Tensor, grid: tuple[int, int], shape: Literal["disc", "square"], radius: int) -> Tensor:
    """Of query cells (B,), flat indices into a grid (h, w): which cells they may look at, (B, N) bool.

    A disc holds the cells at a Euclidean distance strictly below the radius (videowalk 047f3f40, VFS 8e055cc1); a
    square those at most the radius away along each axis (dino 7c446df5, Spa-then-Temp 4c943628).
    """
    height, width = grid
    rows = queries.div(width, rounding_mode="floor")[:, None] - torch.arange(height, device=queries.device)  # (B, h)
    columns = (queries % width)[:, None] - torch.arange(width, device=queries.device)  # (B, w)
    if shape == "disc":
        near = (rows**2)[:, :, None] + (columns**2)[:, None, :] < radius**2  # (B, h, w)
    else:
        near = (rows.abs() <= radius)[:, :, None] & (columns.abs() <= radius)[:, None, :]
    return near.flatten(1)
