"""Where each query cell looks: the k best reference cells, by the plain path that every faster one is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation.memory import Context, slots_in
from corrbench.propagation.neighbourhood import reachable
from corrbench.propagation.rule import PropagationRule

BLOCK_BYTES = 128 * 2**20  # of similarities held at once; it bounds memory and changes no result


@dataclass(frozen=True)
class Affinity:
    """Where each query cell looks: its best reference cells, and how much it trusts each."""

    weights: Tensor  # (N, k), each row sums to 1, or to less where the softmax ran over all candidates
    indices: Tensor  # (N, k), into slots * N cells of the memory

    def carry(self, labels: Tensor) -> Tensor:
        """The soft labels (slots, N, K) of the memory, carried to the cells of the query frame, (N, K)."""
        return F.embedding_bag(self.indices, labels.flatten(0, 1), per_sample_weights=self.weights, mode="sum")


def plain_affinity(query: Tensor, keys: Tensor, context: Context, rule: PropagationRule, radius: int) -> Affinity:
    """The affinity of a query frame (h, w, C) to a context among keys (slots, h, w, C), computed in float32.

    `radius` is in cells of this grid. Every similarity is computed, and a frame that counts twice is compared twice;
    query cells are worked on in blocks, so that memory does not grow with their number.
    """
    height, width, channels = query.shape
    cells = height * width
    restricted, free = slots_in(context.restricted).to(keys.device), slots_in(context.free).to(keys.device)
    slots = torch.cat([free, restricted])  # (M,)
    queries = query.reshape(cells, channels).float()  # (N, C)
    references = keys[slots].reshape(-1, channels).float()  # (M * N, C)
    step = max(1, BLOCK_BYTES // (4 * len(references)))
    blocks = []
    for start in range(0, cells, step):
        block = torch.arange(start, min(start + step, cells), device=query.device)
        logits = (queries[block] @ references.t()).div_(rule.temperature)
        logits = logits.view(len(block), -1, cells)  # (B, M, N)
        if rule.neighbourhood != "everywhere":
            outside = ~reachable(block, (height, width), rule.neighbourhood, radius)  # (B, N)
            logits[:, len(free) :].masked_fill_(outside[:, None], -torch.inf)
        weights, indices = _choose(logits, rule)
        blocks.append((weights, slots[indices.div(cells, rounding_mode="floor")] * cells + indices % cells))
    weights, indices = (_joined(parts) for parts in zip(*blocks, strict=True))
    return Affinity(weights, indices)


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """Blocks of rows (B, k) as one (N, k), with zeros where ties made another block wider."""
    widest = max(part.shape[1] for part in parts)
    return torch.cat([F.pad(part, (0, widest - part.shape[1])) for part in parts])


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
