"""The fine level teaches the coarse one where to look: windows pooled to half the resolution, then compared.

Spa-then-Temp 041a618, vcl/models/trackers/framework.py, where both are matrices of all pairs of cells. Here they
are windows: outside of them both are zero, and the sums the same.
"""

from typing import Literal

from torch import Tensor
from torch.nn import functional as F

PseudoNorm = Literal["sum", "avg"]


def pooled_windows(weights: Tensor, radius: int, norm: PseudoNorm = "sum") -> Tensor:
    """Weights (B, window, h, w) at `radius` as weights (B, window, h/2, w/2) at half that radius.

    What four fine query cells give to four fine reference cells becomes what their coarse cell gives to that coarse
    cell: fine cell 2y + a looks by u at 2y + a + u, which lies in coarse cell y + floor((a + u) / 2), never
    farther than half the radius. `sum` adds up over reference cells and takes the mean over query cells, so that
    the weights of a cell still sum to 1; `avg`, as released, takes the mean over both, and they sum to 1/4. radius, h
    and w are even.
    """
    size = 2 * radius + 1
    windows = weights.view(-1, size, size, *weights.shape[2:])
    quarters = [
        _coarse_offsets(_coarse_offsets(windows[..., a::2, b::2], 1, a), 2, b) for a in (0, 1) for b in (0, 1)
    ]  # (B, radius + 1, radius + 1, h/2, w/2) each
    summed = (quarters[0] + quarters[1] + quarters[2] + quarters[3]).flatten(1, 2)
    return summed / (4 if norm == "sum" else 16)


def local_distillation(student: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The squared distance () of weights (B, window, h, w), over the cells of mask (B, h, w), for each pair of cells.

    The mean is over all h * w cells that a cell could look at, not over its window, as in the matrix form.
    """
    cells = mask.shape[1] * mask.shape[2]
    distances = (student - target).square().sum(1)  # (B, h, w)
    return (mask * distances).sum() / (mask.sum() * cells + 1e-12)


def _coarse_offsets(windows: Tensor, axis: int, place: int) -> Tensor:
    """Offsets along `axis`, seen from row or column `place` of a coarse cell, summed two by two: 2r + 1 become r + 1.

    From place 0 the last offset has no partner, from place 1 the first.
    """
    before_after = (place, 1 - place)
    padding = [0, 0] * (windows.ndim - 1 - axis) + list(before_after)
    padded = F.pad(windows, padding)
    pairs = (*padded.shape[:axis], -1, 2, *padded.shape[axis + 1 :])
    return padded.reshape(pairs).sum(axis + 1)
