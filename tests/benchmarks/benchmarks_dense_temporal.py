"""The temporal loss of Spa-then-Temp with matrices of all pairs of cells, as it is released.

Written anew from its rules (041a618, vcl/models/trackers/framework.py, vcl/models/common/correlation.py); kept to
measure against, never used by the library. Where corrbench's default differs from the release, both can be had.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench_methods.ours.temporal_settings import TemporalSettings

Pair = tuple[Tensor, Tensor]  # the query's and the reference's


def window_mask(height: int, width: int, radius: int) -> Tensor:
    """Which reference cell each query cell may look at, (N, N)."""
    y, x = (one.flatten() for one in torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
    return ((y[:, None] - y).abs() <= radius) & ((x[:, None] - x).abs() <= radius)


def dense_affinity(query: Tensor, reference: Tensor, mask: Tensor | None, divisor: float) -> Tensor:
    """Softmax (B, N, N) over the products of all pairs of cells of maps (B, C, h, w)."""
    products = torch.einsum("bci,bcj->bij", query.flatten(2), reference.flatten(2)) / divisor
    if mask is not None:
        products.masked_fill_(~mask, float("-inf"))
    return F.softmax(products, dim=-1)


def correlation(query: Tensor, reference: Tensor, radius: int) -> Tensor:
    """Products (B, window, h, w) by shifting the reference, zero outside the frame: mmcv's Correlation."""
    height, width = query.shape[-2:]
    padded = F.pad(reference, (radius,) * 4)
    shifts = [(dy, dx) for dy in range(2 * radius + 1) for dx in range(2 * radius + 1)]
    return torch.stack([(query * padded[..., y : y + height, x : x + width]).sum(1) for y, x in shifts], 1)


def selection(settings: TemporalSettings, query: Tensor, reference: Tensor) -> Tensor:
    """The mask (B, h, w) of the cells that are taught."""
    with torch.no_grad():
        p = correlation(query, reference, settings.radius(8)).softmax(1)
        score = (-torch.log(p + 1e-12)).sum(1)
        if settings.select == "repo_literal":
            ranked, _ = torch.sort(score, dim=-1, descending=True)
            row = int(score.shape[-1] * settings.select_share) - 1
            return (score > ranked[:, row : row + 1]).float()
        ranked, _ = torch.sort(score.flatten(1), dim=-1, descending=True)
        last = round(ranked.shape[1] * settings.select_share) - 1
        return (score >= ranked[:, last, None, None]).float()


def dense_temporal_loss(
    settings: TemporalSettings, maps: Sequence[Pair], colours: Pair, teacher: Pair | None
) -> Tensor:
    """The loss () of maps (B, C, h, w) of layer2, layer3 and layer4, and colours (B, 1, H, W)."""
    truth, given = colours
    loss = truth.new_zeros(())
    affinities = []
    for stride, (query, reference) in zip(settings.strides, maps, strict=False):
        batch, channels, height, width = query.shape
        mask = window_mask(height, width, settings.radius(stride))
        affinity = dense_affinity(query, reference, mask, channels**0.5)
        values = given[:, :, ::stride, ::stride].flatten(2).mT  # (B, N, 1)
        rebuilt = torch.matmul(affinity, values).mT.reshape(batch, 1, height, width)
        rebuilt = F.interpolate(rebuilt, truth.shape[-2:], mode="bilinear")
        loss = loss + F.smooth_l1_loss(rebuilt * 20, truth * 20)
        affinities.append(affinity)
    fine, coarse = affinities
    (batch, _, height, width), cells = maps[0][0].shape, coarse.shape[1]
    pooled = F.avg_pool2d(fine.reshape(batch, -1, height, width), 2)  # over reference cells
    pooled = pooled.flatten(2).mT.reshape(batch, -1, height, width)
    target = F.avg_pool2d(pooled, 2).flatten(2).mT  # over query cells: (B, N, N)
    if settings.pseudo_norm == "sum":
        target = 4 * target
    weight = selection(settings, *maps[1]).flatten(1)[..., None].repeat(1, 1, cells)  # (B, N, N)
    local = ((coarse - target.detach()).square() * weight).sum() / (weight.sum() + 1e-12)
    loss = loss + settings.local_weight * (cells / 1024 if settings.scale_weights else 1) * local
    if teacher is not None:
        student = dense_affinity(*maps[2], None, maps[2][0].shape[1] ** 0.5)
        with torch.no_grad():
            normal = [F.normalize(one, dim=1) if settings.teacher_l2norm else one for one in teacher]
            seen = dense_affinity(normal[0], normal[1], None, settings.teacher_temperature)
        scale = student.shape[1] / 64 if settings.scale_weights else 1
        loss = loss + settings.global_weight * scale * F.mse_loss(student, seen)
    return loss
