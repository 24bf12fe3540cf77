"""Whether two views of one image are still the nearest to each other: what a later stage may forget."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import DataError


def retrieval(encode: Callable[[Tensor], Tensor], views: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The share, in [0, 1], of images whose second view is the nearest of all second views to their first.

    `encode` maps frames (1, 3, H, W), RGB in [0, 1], to features (1, C, h, w), which are averaged over cells and
    compared by cosine. DataError for fewer than two images, of which nothing can be told apart.
    """
    first, second = [], []
    for one, other in views:
        first.append(_pooled(encode(one.unsqueeze(0))))
        second.append(_pooled(encode(other.unsqueeze(0))))
    if len(first) < 2:
        raise DataError(f"retrieval tells images apart; found {len(first)}; give a folder of at least two")
    found = (torch.cat(first) @ torch.cat(second).T).argmax(1)
    return float((found == torch.arange(len(found), device=found.device)).double().mean())


def _pooled(features: Tensor) -> Tensor:
    return F.normalize(features.to(torch.float32).mean((2, 3)), dim=1)  # (1, C)
