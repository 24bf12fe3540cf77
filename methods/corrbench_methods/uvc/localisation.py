"""Where in a whole frame a crop of another one lies, and that region cut out, all with gradients.

UVC 2311ba5c, model.py (track_match_comb) and c448a268, libs/utils.py (center2bbox, diff_crop). Written for a torch
whose grids ended in the middles of the outermost cells; here cell i covers [i, i + 1], so that a box around the whole
map cuts out the map itself.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def expected_middle(similarities: Tensor, grid: tuple[int, int]) -> Tensor:
    """The mean place (B, 2), x and y in cells, that reference cells look at in a query of `grid` cells.

    Of similarities (B, N, M): each of the N looks at the mean of the M places, weighted by a softmax over these.
    """
    rows, columns = (torch.arange(size, device=similarities.device) + 0.5 for size in grid)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    places = torch.stack([x, y], dim=2).flatten(0, 1).to(similarities.dtype)  # (M, 2)
    return (similarities.softmax(2) @ places).mean(1)


def box_around(middle: Tensor, side: int, grid: tuple[int, int]) -> Tensor:
    """Boxes (B, 4) of `side` cells around middles (B, 2): left, top, right and bottom, in cells.

    A box that would start before the grid is moved into it; one that would end behind is cut there, as in UVC.
    """
    height, width = grid
    low = (middle - side / 2).clamp(min=0)
    high = torch.minimum(low + side, middle.new_tensor([width, height]))
    return torch.cat([low, high], dim=1)


def cut_out(maps: Tensor, boxes: Tensor, size: int) -> Tensor:
    """The boxes (B, 4) of maps (B, C, h, w), resampled bilinearly to (B, C, size, size) cells."""
    extent = boxes.new_tensor([maps.shape[3], maps.shape[2]])
    low, high = boxes[:, :2], boxes[:, 2:]
    scale, shift = (high - low) / extent, (low + high) / extent - 1  # (B, 2) each
    transform = torch.cat([torch.diag_embed(scale), shift[:, :, None]], dim=2)  # (B, 2, 3)
    places = F.affine_grid(transform, [*maps.shape[:2], size, size], align_corners=False)
    return F.grid_sample(maps, places, align_corners=False)
