"""The affinity of two reference programs, restated literally: what they compute, in the order they compute it.

Written anew from the rules of videowalk 047f3f40 (code/utils/test_utils.py) and dino 7c446df5
(eval_video_segmentation.py); kept to measure against, never used by the library.
"""

import torch
from torch import Tensor

CHUNK = 100  # target cells at once in videowalk


def crw_mask(height: int, width: int, radius: int) -> Tensor:
    """0 inside the disc and -1e10 outside, (N reference, N query)."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    cells = torch.stack([y.flatten(), x.flatten()], 1).float()
    return (torch.cdist(cells, cells) >= radius).float() * -1e10


def crw_affinity(
    query: Tensor, keys: Tensor, mask: Tensor, free: int, temperature: float, topk: int
) -> tuple[Tensor, Tensor]:
    """Weights and indices (k, N) of a query (C, N) among keys (C, M, N), whose first `free` frames are not masked."""
    weights, indices = [], []
    for start in range(0, query.shape[1], CHUNK):
        chunk = query[:, start : start + CHUNK]
        affinity = torch.einsum("cmn,cq->mnq", keys, chunk)  # (M, N, Q)
        affinity[free:] += mask[None, :, start : start + CHUNK]
        affinity = affinity.flatten(0, 1) / temperature  # (M * N, Q)
        best, where = torch.topk(affinity, topk, dim=0)
        weights.append(torch.softmax(best, dim=0))
        indices.append(where)
    return torch.cat(weights, 1), torch.cat(indices, 1)


def dino_mask(height: int, width: int, radius: int) -> Tensor:
    """1 inside the square and 0 outside, (N query, N reference)."""
    rows = (torch.arange(height)[:, None] - torch.arange(height)).abs() <= radius
    columns = (torch.arange(width)[:, None] - torch.arange(width)).abs() <= radius
    return (rows[:, None, :, None] & columns[None, :, None, :]).reshape(height * width, -1).float()


def dino_labels(query: Tensor, keys: Tensor, labels: Tensor, mask: Tensor, temperature: float, topk: int) -> Tensor:
    """Soft labels (K, N) of a query (C, N) among keys (M, C, N) with labels (K, M * N)."""
    sources = len(keys)
    affinity = torch.exp(torch.bmm(query.t().expand(sources, -1, -1), keys) / temperature)  # (M, N query, N)
    affinity *= mask
    affinity = affinity.transpose(2, 1).reshape(-1, query.shape[1])  # (M * N, N query)
    kth = torch.topk(affinity, dim=0, k=topk)[0][-1]
    affinity[affinity < kth] = 0
    affinity = affinity / affinity.sum(0, keepdim=True)
    return labels @ affinity
