"""What a query cell has in common with the reference cells in a square window around it, and what it takes from them.

For training: gradients flow, and nothing of the size of all pairs of cells, or of channels times window, is ever
held. A row of query cells is multiplied with one row of reference cells at a time, and of each product only the
band within reach is kept; the backward pass makes the same products again from the features, which the network
holds anyway. One frame of h x w cells so costs its window, (2 * radius + 1)**2 * h * w numbers, and no more.

A window's offsets are ordered row by row: entry (dy + radius) * (2 * radius + 1) + dx + radius of cell (y, x) is
about reference cell (y + dy, x + dx).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from corrbench.errors import SettingError


def local_similarities(query: Tensor, reference: Tensor, radius: int, scale: float = 1.0) -> Tensor:
    """`scale` times the dot products (B, window, h, w) of query cells and the reference cells around them.

    -inf outside the frame, so that a softmax over dimension 1 spreads over the cells there are. query and
    reference are (B, C, h, w) and of one dtype, in which all is computed: float32 where a softmax follows.
    SettingError for maps of different sizes.
    """
    if query.shape != reference.shape or query.ndim != 4:
        raise SettingError(
            f"query {tuple(query.shape)} and reference {tuple(reference.shape)} are compared cell by cell; "
            "give two maps (B, C, h, w) of one size"
        )
    with torch.autocast(query.device.type, enabled=False):
        similarities: Tensor = _Similarities.apply(query, reference, radius, scale)
    return similarities


def local_values(values: Tensor, radius: int) -> Tensor:
    """Windows (B, K, size, size, h, w) of values (B, K, h, w), size = 2 * radius + 1: a view, 0 outside the frame."""
    height, width = values.shape[-2:]
    return F.pad(values, (radius,) * 4).unfold(2, height, 1).unfold(3, width, 1)


def carry(weights: Tensor, values: Tensor, radius: int) -> Tensor:
    """The sum (B, K, h, w), over each cell's window, of weights (B, window, h, w) times reference values (B, K, h, w).

    Of all that it makes, autograd keeps the weights and the values alone. SettingError for weights of another
    window or grid than those of the values.
    """
    expected = (values.shape[0], (2 * radius + 1) ** 2, *values.shape[2:])
    if weights.shape != expected:
        raise SettingError(
            f"weights {tuple(weights.shape)} do not fit values {tuple(values.shape)} at radius {radius}; "
            f"give weights {expected}"
        )
    carried: Tensor = _Carry.apply(weights, values, radius)
    return carried


class _Similarities(torch.autograd.Function):
    """Row against row, as banded matrix products."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, reference: Tensor, radius: int, scale: float) -> Tensor:
        ctx.save_for_backward(query, reference)
        ctx.radius, ctx.scale = radius, scale
        batch, _, height, width = query.shape
        size = 2 * radius + 1
        rows, padded = _rows(query * scale, 0), _rows(reference, radius)
        found = query.new_empty(batch, size, size, height, width)
        products = query.new_empty(height, batch, width, width + 2 * radius)
        band = _band(products, size)
        for dy in range(size):
            torch.bmm(rows.flatten(0, 1), padded[dy : dy + height].flatten(0, 1).mT, out=products.flatten(0, 1))
            found[:, dy] = band.permute(1, 3, 0, 2)
        _hide_outside(found, radius)
        return found.flatten(1, 2)  # (B, window, h, w)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        query, reference = ctx.saved_tensors
        radius, scale = ctx.radius, ctx.scale
        batch, _, height, width = query.shape
        size = 2 * radius + 1
        windows = gradient.reshape(batch, size, size, height, width)
        rows, padded = _rows(query, 0), _rows(reference, radius)
        to_rows, to_padded = torch.zeros_like(rows), torch.zeros_like(padded)
        products = gradient.new_zeros(height, batch, width, width + 2 * radius)  # zero but for the band
        band, product = _band(products, size), products.flatten(0, 1)
        with torch.autocast(query.device.type, enabled=False):
            for dy in range(size):
                band.copy_(windows[:, dy].permute(2, 0, 3, 1))
                reached = slice(dy, dy + height)
                if ctx.needs_input_grad[0]:
                    to_rows.flatten(0, 1).baddbmm_(product, padded[reached].flatten(0, 1), alpha=scale)
                if ctx.needs_input_grad[1]:
                    to_padded[reached].flatten(0, 1).baddbmm_(product.mT, rows.flatten(0, 1), alpha=scale)
        inside = to_padded[radius : radius + height, :, radius : radius + width]  # (h, B, w, C)
        return (
            to_rows.permute(1, 3, 0, 2) if ctx.needs_input_grad[0] else None,
            inside.permute(1, 3, 0, 2) if ctx.needs_input_grad[1] else None,
            None,
            None,
        )


def _rows(maps: Tensor, reach: int) -> Tensor:
    """Maps (B, C, h, w) as rows of cells (h + 2 * reach, B, w + 2 * reach, C), with zeros on every side.

    With the rows first, those at one offset from the query rows are one block of memory, whatever the batch.
    """
    batch, channels, height, width = maps.shape
    rows = maps.new_zeros(height + 2 * reach, batch, width + 2 * reach, channels)
    rows[reach : reach + height, :, reach : reach + width] = maps.permute(2, 0, 3, 1)
    return rows


def _band(products: Tensor, size: int) -> Tensor:
    """Of products (h, B, w, w + size - 1) with padded reference cells those within reach, (h, B, w, size): a view."""
    row, item, cell, column = products.stride()
    return products.as_strided((*products.shape[:3], size), (row, item, cell + column, column))


def _hide_outside(similarities: Tensor, radius: int) -> None:
    """Fill (B, size, size, h, w) with -inf where the reference cell is outside the frame, in place."""
    height, width = similarities.shape[-2:]
    for index, offset in enumerate(range(-radius, radius + 1)):
        similarities[:, index, :, _outside(offset, height)] = -torch.inf
        similarities[:, :, index, :, _outside(offset, width)] = -torch.inf


def _outside(offset: int, length: int) -> slice:
    """The cells of a row of `length` that have no neighbour at an offset."""
    reach = min(abs(offset), length)
    return slice(length - reach, length) if offset > 0 else slice(0, reach)


class _Carry(torch.autograd.Function):
    """Row of the window by row of the window, so that no window is made for each of the K values."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, values: Tensor, radius: int) -> Tensor:
        ctx.save_for_backward(weights, values)
        ctx.radius = radius
        size = 2 * radius + 1
        windows = weights.view(-1, 1, size, size, *values.shape[2:])  # (B, 1, size, size, h, w)
        reached = local_values(values, radius)  # (B, K, size, size, h, w)
        carried = torch.zeros_like(values)
        for dy in range(size):
            carried += (windows[:, :, dy] * reached[:, :, dy]).sum(2)
        return carried

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        weights, values = ctx.saved_tensors
        radius, (height, width) = ctx.radius, values.shape[-2:]
        size = 2 * radius + 1
        to_weights = to_values = None
        if ctx.needs_input_grad[0]:
            reached = local_values(values, radius)
            to_weights = torch.empty_like(weights)
            windows = to_weights.view(-1, size, size, height, width)
            for dy in range(size):
                windows[:, dy] = (gradient[:, :, None] * reached[:, :, dy]).sum(1)
        if ctx.needs_input_grad[1]:
            padded = F.pad(torch.zeros_like(values), (radius,) * 4)
            windows = weights.view(-1, 1, size, size, height, width)
            for dy in range(size):
                for dx in range(size):
                    padded[:, :, dy : dy + height, dx : dx + width] += gradient * windows[:, :, dy, dx]
            to_values = padded[:, :, radius : radius + height, radius : radius + width]
        return to_weights, to_values, None
