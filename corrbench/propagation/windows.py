"""Square windows around the cells of a row, taken from padded maps without copying them."""

from torch import Tensor
from torch.nn import functional as F


def padded(maps: Tensor, reach: int) -> Tensor:
    """Maps (M, h, w, C) with `reach` rows and columns of zeros on every side."""
    return F.pad(maps, (0, 0, reach, reach, reach, reach))


def window_rows(rows: Tensor, size: int, step: int = 1) -> Tensor:
    """Of padded rows (w, M, a, columns) of each of w cells the `size` columns around that cell, (w, M, a, size).

    Column k of cell x is x + k * step: a view that may be written to.
    """
    cells, maps, height, _ = rows.shape
    stride = rows.stride()
    return rows.as_strided((cells, maps, height, size), (stride[0] + stride[3], stride[1], stride[2], stride[3] * step))
