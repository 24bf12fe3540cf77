"""Which coarse cells are taught: those whose own look is peaked.

Spa-then-Temp 041a618, vcl/models/trackers/framework.py. It calls its score an entropy; it is the sum of -log p,
which is large where p is peaked.
"""

from typing import Literal

import torch
from torch import Tensor

Score = Literal["peakedness", "entropy"]
Select = Literal["top", "repo_literal", "none", "soft"]

BORDER = 3  # cells of weight 0 on every side of `soft`


@torch.no_grad()
def peakedness(similarities: Tensor, score: Score = "peakedness") -> Tensor:
    """How peaked (B, h, w) the softmax over unscaled similarities (B, window, h, w) is; cells outside count as 0.

    peakedness: the sum of -log p, as released; entropy: Shannon's, negated, so that more is more peaked too.
    """
    p = similarities.masked_fill(similarities == -torch.inf, 0).softmax(1)
    if score == "peakedness":
        return -(p + 1e-12).log().sum(1)
    entropy: Tensor = torch.special.entr(p).sum(1)
    return -entropy


@torch.no_grad()
def selected(scores: Tensor, select: Select = "top", share: float = 0.7) -> Tensor:
    """The weight (B, h, w) of each cell, of scores (B, h, w).

    top           1 for this share of the cells of each frame, those of the greatest scores; 0 for the others
    repo_literal  as released: rows are sorted by themselves, and row `int(share * w) - 1` of the sorted map has
                  the threshold of each column
    none          1
    soft          scores brought to [0, 1], once three cells on every side are set to 0 (T = -1 in the release,
                  where gradients flow into these weights; here they do not)
    """
    if select == "none":
        return torch.ones_like(scores)
    if select == "repo_literal":
        row = min(int(scores.shape[-1] * share) - 1, scores.shape[-2] - 1)
        thresholds = scores.sort(dim=-1, descending=True).values[:, row, None]  # (B, 1, w); for row -1 the last
        return (scores > thresholds).to(scores.dtype)
    if select == "soft":
        inner = torch.zeros_like(scores)
        inside = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER))
        inner[inside] = scores[inside]
        low, high = inner.amin((1, 2), keepdim=True), inner.amax((1, 2), keepdim=True)
        return (inner - low) / (high - low).clamp(min=1e-12)
    flat = scores.flatten(1)  # (B, N)
    best = flat.topk(round(share * flat.shape[1]), dim=1).indices
    return torch.zeros_like(flat).scatter_(1, best, 1).view_as(scores)
