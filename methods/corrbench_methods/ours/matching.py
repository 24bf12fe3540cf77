"""Which cells of two views show the same."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Matches:
    """For each of N query cells of B images, the key cell that shows the same."""

    keys: Tensor  # (B, N), into the key view's cells, row by row; of no meaning where none was found
    found: Tensor  # (B, N), bool

    def take(self, cells: Tensor) -> "Matches":
        """The matches of some query cells, (B, S)."""
        return Matches(self.keys.gather(1, cells), self.found.gather(1, cells))


def same_places(query_box: Tensor, key_box: Tensor, size: int, stride: int) -> Matches:
    """Matches by where the views lie in their image: the key cell that is nearest to the place of the query cell.

    Boxes are (B, 4), in pixels of the image: x, y, width, height, where a mirrored view has a negative width
    and x at its right border. Views are squares of `size` pixels, with ceil(size / stride) cells a side. Cell i is
    where the network looks when it computes it: around pixel i * stride, as all its kernels are odd and padded
    by half. With the middle of the cell's block instead, mirrored views would be a cell apart, less a pixel.
    A place nearer to no cell of the key view than to what lies beyond has no match.
    """
    column, across = _nearest(query_box[:, 0::2], key_box[:, 0::2], size, stride)  # (B, n) each
    row, down = _nearest(query_box[:, 1::2], key_box[:, 1::2], size, stride)
    keys = row[:, :, None] * row.shape[1] + column[:, None, :]  # (B, n, n)
    found = down[:, :, None] & across[:, None, :]
    return Matches(keys.flatten(1), found.flatten(1))  # (B, N)


def _nearest(query: Tensor, key: Tensor, size: int, stride: int) -> tuple[Tensor, Tensor]:
    """For each of n cells along a side of the query view, that along the key's, and whether there is one: (B, n).

    A side is (B, 2): where it starts in the image, and its extent.
    """
    centres = torch.arange(0, size, stride, device=query.device) + 0.5  # (n,), in pixels of the view
    places = query[:, :1] + centres / size * query[:, 1:]  # (B, n), in pixels of the image
    pixels = (places - key[:, :1]) / key[:, 1:] * size - 0.5  # of the key view; a whole number is a centre
    cells = (pixels / stride).round().long()
    last = len(centres) - 1
    return cells.clamp(0, last), (cells >= 0) & (cells <= last)


@torch.no_grad()
def most_similar(query: Tensor, key: Tensor) -> Matches:
    """DenseCL's matches: the key cell of the greatest cosine in the trunk's features, (B, N, C) each."""
    similarities = F.normalize(query.float(), dim=2) @ F.normalize(key.float(), dim=2).transpose(1, 2)
    keys = similarities.argmax(dim=2)  # (B, N)
    return Matches(keys, torch.ones_like(keys, dtype=torch.bool))


def draw(matches: Matches, count: int, generator: Generator) -> Tensor:
    """`count` query cells of each image, (B, count), at random; those without a match come last.

    All of them where there are fewer.
    """
    order = torch.rand(matches.found.shape, generator=generator).to(matches.found.device)
    order = order.masked_fill(~matches.found, -1)
    return order.topk(min(count, order.shape[1]), dim=1).indices
