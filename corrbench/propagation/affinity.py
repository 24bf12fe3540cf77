"""Where each query cell looks: the k best reference cells, by the plain path that every faster one is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation.neighbourhood import reachable
from corrbench.propagation.rule import PropagationRule

BLOCK_BYTES = 128 * 2**20  # of similarities held at once; it bounds memory and changes no result


@dataclass(frozen=True)
class Affinity:
    """Where each query cell looks: its best reference cells, and how much it trusts each."""

    weights: Tensor  # (N, k), each row sums to 1, or to less where the softmax ran over all candidates
    indices: Tensor  # (N, k), into the M * N reference cells

    def carry(self, labels: Tensor) -> Tensor:
        """The labels (M, K, h, w) of the references, carried to the query frame, (K, h, w)."""
        channels, height, width = labels.shape[1:]
        table = labels.flatten(2).transpose(1, 2).reshape(-1, channels)  # (M * N, K)
        carried = F.embedding_bag(self.indices, table, per_sample_weights=self.weights, mode="sum")  # (N, K)
        return carried.t().reshape(channels, height, width)


def topk_affinity(
    query: Tensor, references: Tensor, masked: Sequence[bool], rule: PropagationRule, radius: int
) -> Affinity:
    """The affinity of a query frame (h, w, C) to its references (M, h, w, C), both float32.

    `masked` says of each reference whether the neighbourhood restricts it; `radius` is in cells of this grid.
    Query cells are worked on in blocks, so that memory does not grow with their number.
    """
    height, width, channels = query.shape
    cells = height * width
    queries = query.reshape(cells, channels)  # (N, C)
    keys = references.reshape(-1, channels)  # (M * N, C)
    restricted = torch.tensor(list(masked), device=query.device)  # (M,)
    step = max(1, BLOCK_BYTES // (4 * len(keys)))
    blocks = []
    for start in range(0, cells, step):
        block = torch.arange(start, min(start + step, cells), device=query.device)
        logits = queries[block] @ keys.t()  # (B, M * N)
        logits = logits.div_(rule.temperature).view(len(block), -1, cells)  # (B, M, N)
        if rule.neighbourhood != "everywhere" and any(masked):
            outside = ~reachable(block, (height, width), rule.neighbourhood, radius)  # (B, N)
            logits.masked_fill_(outside[:, None] & restricted[:, None], -torch.inf)
        blocks.append(_choose(logits, rule))
    width_k = max(weights.shape[1] for weights, _ in blocks)
    weights = torch.cat([F.pad(weights, (0, width_k - weights.shape[1])) for weights, _ in blocks])  # (N, k)
    indices = torch.cat([F.pad(indices, (0, width_k - indices.shape[1])) for _, indices in blocks])  # (N, k)
    return Affinity(weights, indices)


def _choose(logits: Tensor, rule: PropagationRule) -> tuple[Tensor, Tensor]:
    """Weights and indices, both (B, k), of the best among logits (B, M, N)."""
    block, frames, cells = logits.shape
    groups = 1 if rule.topk_scope == "joint" else frames
    grouped = logits.reshape(block, groups, -1)  # (B, G, M * N / G)
    values, indices = _best(grouped, rule)  # (B, G, k)
    if rule.weighting == "softmax_all":
        weights = torch.exp(values - torch.logsumexp(grouped, dim=2, keepdim=True))
    else:
        weights = torch.softmax(values, dim=2)
    offsets = torch.arange(groups, device=logits.device)[:, None] * (frames * cells // groups)  # (G, 1)
    return (weights / groups).flatten(1), (indices + offsets).flatten(1)


def _best(grouped: Tensor, rule: PropagationRule) -> tuple[Tensor, Tensor]:
    """The k largest of the last axis and where they are; with ties kept, as many more as the longest tie needs."""
    candidates = grouped.shape[2]
    count = min(rule.topk, candidates)
    values, indices = grouped.topk(count, dim=2)
    if rule.weighting != "softmax_topk_ties":
        return values, indices
    kth = values[..., -1:]
    while count < candidates and bool(((values[..., -1:] == kth) & kth.isfinite()).any()):
        count = min(2 * count, candidates)
        values, indices = grouped.topk(count, dim=2)
    return values.masked_fill(values < kth, -torch.inf), indices
