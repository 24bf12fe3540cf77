"""One affinity that carries colours and places, and the losses on what arrives.

UVC: arXiv 1909.11895; Liusifei/UVC 2311ba5c, model.py; d7f8c4cd, libs/loss.py and libs/concentration_loss.py. Of all
pairs of cells, rows are reference cells and columns query cells.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench_methods.lab import lab
from corrbench_methods.uvc.settings import STRIDE

# UVC holds L, a and b in a byte each, less 128 and over 128; `lab` has (L - 50) / 50 and a / 127. Weights 1, 10, 10.
_WEIGHTS = (255 / 256, 10 * 127 / 128, 10 * 127 / 128)


def cell_colours(frames: Tensor) -> Tensor:
    """The mean Lab colours (B, 3, h, w) of the cells of frames (B, 3, H, W), RGB in [0, 1]."""
    return F.avg_pool2d(lab(frames), STRIDE)


def similarities(reference: Tensor, query: Tensor, scale: float) -> Tensor:
    """`scale` times the dot products (B, N, M) of all cells of maps (B, C, h, w) and (B, C, h', w')."""
    return (reference.flatten(2) * scale).mT @ query.flatten(2)


def carried(values: Tensor, affinity: Tensor, grid: tuple[int, int]) -> Tensor:
    """Values (B, K, h, w) of references, carried by an affinity (B, N, M) to a grid, (B, K, h', w')."""
    batch, channels = values.shape[:2]
    return (values.flatten(2) @ affinity).view(batch, channels, *grid)


def colour_losses(predicted: Tensor, truth: Tensor) -> Tensor:
    """The mean distances (B,) of Lab colours (B, 3, h, w); those of a and b count ten times."""
    weights = predicted.new_tensor(_WEIGHTS)
    return (predicted - truth).abs().mean((2, 3)) @ weights


def without_misfits(losses: Tensor, threshold: float) -> Tensor:
    """The losses (B,) with 0 in place of those above the threshold, which so have no gradient."""
    return losses.masked_fill(losses > threshold, 0.0)


def concentration(affinity: Tensor, grid: tuple[int, int], window: int) -> Tensor:
    """How far apart the references of neighbours lie (): the variance of their places in windows of cells.

    Of an affinity (B, N, M) between two maps of one grid; places reach from -1 to 1 across it, those of cells are
    their middles. Windows do not overlap, and what is left of the grid beside whole ones counts for nothing. The
    variance is not 0 where each cell looks at its own place, but that of the places themselves.
    """
    places = carried(_places(grid, affinity).expand(len(affinity), -1, -1, -1), affinity, grid)  # (B, 2, h, w)
    down, across = (size // window for size in grid)
    whole = places[:, :, : down * window, : across * window]
    windows = whole.reshape(len(whole), 2, down, window, across, window)
    return windows.var((3, 5), correction=0).mean()


def _places(grid: tuple[int, int], like: Tensor) -> Tensor:
    """The middles (2, h, w) of cells, x and y."""
    rows, columns = ((2 * torch.arange(size, device=like.device, dtype=like.dtype) + 1) / size - 1 for size in grid)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])
