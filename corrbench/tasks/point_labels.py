"""Points to soft labels on the feature grid, and back."""

import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.core.resample import bilinear
from corrbench.propagation.stretch import stretched
from corrbench.protocols.rules import PointRule

LOST = -1.0  # both coordinates of a point whose map is empty
REACH = 3  # sigmas


def to_channels(
    points: Points, grid: tuple[int, int], network: tuple[int, int], original: tuple[int, int], rule: PointRule
) -> tuple[Tensor, Tensor]:
    """The soft labels (K, h, w) of the points of a frame of size `original`, and the blobs (J, H, W) they were made of.

    One channel a point, before them the background where the rule has one. The blobs are at the size of the grid, or of
    the frame when a method sees it, `network`. Source: videowalk 047f3f40 code/data/jhmdb.py; VFS 8e055cc1
    mmaction/models/trackers/vanilla_tracker.py.
    """
    device = points.positions.device
    positions = points.positions.cpu().double()
    drawn = torch.ones(len(positions), dtype=torch.bool) if rule.drawn == "all" else points.visible.cpu()
    if rule.drawn_at == "grid":
        soft = drawing = blobs(_rescaled(positions, original, grid, rule), drawn, grid, rule.sigma).to(device)
    else:
        drawing = bilinear(blobs(positions, drawn, original, rule.sigma).to(device), network, "cv2")
        soft = bilinear(drawing, grid, "torch")
    if rule.background:
        soft = torch.cat([(soft == 0).all(0, keepdim=True).to(soft.dtype), soft])
    return soft, drawing


def to_positions(soft: Tensor, network: tuple[int, int], original: tuple[int, int], rule: PointRule) -> Tensor:
    """The positions (J, 2) float64 on the CPU, in pixels of a frame of size `original`, from soft labels (K, h, w)."""
    return read_maps(soft[1:] if rule.background else soft, network, original, rule)


def read_maps(maps: Tensor, network: tuple[int, int], original: tuple[int, int], rule: PointRule) -> Tensor:
    """The same from a map (J, h, w) of each point: (-1, -1) where that is empty.

    Source: videowalk 047f3f40 code/utils/test_utils.py, process_pose; VFS 8e055cc1
    mmaction/datasets/jhmdb_dataset.py, img2coord.
    """
    maps = maps.contiguous()  # propagated labels lie cell by cell, and are resized far slower that way
    if rule.output_norm == "minmax":
        maps = stretched(maps)
    if rule.readout_at != "grid":
        maps = bilinear(maps, network if rule.readout_at == "network" else original, rule.upsample)
    found = weighted_positions(maps, rule.readout_topk)
    scaled = _rescaled(found, (maps.shape[1], maps.shape[2]), original, rule)
    return scaled.where((found != LOST).any(1, keepdim=True), LOST)


def blobs(positions: Tensor, drawn: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """A map (J, h, w) float32 for each of the positions (J, 2), with a gaussian of height 1 where it is `drawn`, (J,).

    The gaussian is that of the official codes: its table of 6 sigma + 1 values an axis has its middle rounded down, and
    is pasted from the position minus 3 sigma, truncated towards zero. Left of 3 sigma, that moves it by one.
    Source: videowalk 047f3f40 code/data/jhmdb.py, draw_labelmap_np.
    """
    rows, columns = (_profile(positions[:, axis], size[1 - axis], sigma) for axis in (1, 0))  # (J, h), (J, w)
    maps = rows[:, :, None] * columns[:, None, :]  # (J, h, w)
    return (maps * drawn[:, None, None]).float()


def weighted_positions(maps: Tensor, topk: int) -> Tensor:
    """The mean place (x, y) of the k largest values of each map (J, h, w), weighted by them: (J, 2) float64 on the CPU.

    Of equal values those with the lowest flat index count; (-1, -1) where a map has no value above 0.
    """
    height, width = maps.shape[1:]
    values, indices = _largest(maps.flatten(1), min(topk, height * width))
    weights = values.cpu().double()
    places = torch.stack([indices % width, indices // width], -1).cpu().double()  # (J, k, 2)
    total = weights.sum(1)
    mean = (places * (weights / total.where(total > 0, 1)[:, None])[:, :, None]).sum(1)  # (J, 2)
    return mean.where(total[:, None] > 0, LOST)


def _profile(centres: Tensor, length: int, sigma: float) -> Tensor:
    """The gaussian along one axis, (J, length) float64, for centres (J,)."""
    start = (centres - REACH * sigma).trunc()[:, None]
    end = (centres + REACH * sigma + 1).trunc()[:, None]
    cells = torch.arange(length, dtype=torch.float64)
    middle = (2 * REACH * sigma + 1) // 2
    values = (-((cells - start - middle) ** 2) / (2 * sigma**2)).exp()
    return values.where((cells >= start) & (cells < end), 0)


def _largest(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest values of each row (J, n) and their indices, both (J, k); of equal values the first ones."""
    best, indices = values.topk(min(count + 1, values.shape[1]), dim=1)
    least = best[:, count - 1]
    # Where one more value equals the last, topk may have taken any of them. Those that are 0 have no weight anyway.
    unclear = (best[:, count:] == least[:, None]).any(1) & (least > 0)
    best, indices = best[:, :count], indices[:, :count].clone()
    for row in unclear.nonzero().flatten().tolist():
        tied = best[row] == least[row]
        indices[row, tied] = (values[row] == least[row]).nonzero().flatten()[: int(tied.sum())]
    return best, indices


def _rescaled(positions: Tensor, old: tuple[int, int], new: tuple[int, int], rule: PointRule) -> Tensor:
    """Positions (J, 2) on a grid of size `old` (h, w) as positions on one of size `new`."""
    if old == new:
        return positions
    before, after = (torch.tensor([size[1], size[0]], dtype=torch.float64) for size in (old, new))
    if rule.coordinates == "corner":
        return positions * after / before
    return (positions + 0.5) * after / before - 0.5
