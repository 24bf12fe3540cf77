"""The same affinity from the similarities that count alone: query tiles against the windows they can reach.

The cells of a tile, in several query frames, and the block of cells they can reach in a few context frames make one
matrix product; a mask is added, and the best are taken from contiguous rows. A frame that counts several times is
compared once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.propagation.affinity import Affinity
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.memory import Context
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.search import Found, best_cells

MARGIN = 6  # candidates beyond the k best that `fp16+rescore` ranks again
TIES = 4  # candidates beyond the k best among which those that tie with the k-th are looked for


@dataclass(frozen=True)
class Chosen:
    """The best candidates of each query cell, best first, and how often each of them counts."""

    values: Tensor  # (Q, N, c) similarities, -inf where there is no candidate
    indices: Tensor  # (Q, N, c), into slots * N cells of the memory
    counts: Tensor  # (Q, N, c)

    def ranked(self, most: int) -> "Chosen":
        """The best of them, best first."""
        values, order = self.values.sort(dim=2, descending=True, stable=True)
        values, order = values[..., :most], order[..., :most]
        return Chosen(values, self.indices.gather(2, order), self.counts.gather(2, order))


def windowed_affinities(
    queries: Tensor,
    keys: Tensor,
    contexts: Sequence[Context],
    rule: PropagationRule,
    radius: int,
    chunks: Chunks | None = None,
) -> list[Affinity | None]:
    """For each query frame (Q, h, w, C) what `plain_affinity` returns among keys (slots, h, w, C).

    The order of equal candidates and columns of weight 0 may differ. For rules with one softmax over the k best of all
    frames. None for a frame where more ties with the k-th candidate would have to be kept than were looked for: the
    plain path keeps them. With the precision `fp16+rescore`, candidates are found with keys in half precision.
    """
    rescored = rule.precision == "fp16+rescore"
    ties = rule.weighting == "softmax_topk_ties"
    wanted = rule.topk + (TIES if ties else 0) + (MARGIN if rescored else 0)
    query, key = (queries.half(), keys.half()) if rescored else (queries, keys)
    free, restricted = [context.free for context in contexts], [context.restricted for context in contexts]
    sizes = chunks or Chunks()
    parts = [
        _counted(best_cells(query, key, counts, window, wanted, sizes), counts)
        for counts, window in ((free, None), (restricted, (rule.neighbourhood, radius)))
        if any(map(any, counts))
    ]
    chosen = Chosen(*(torch.cat(pieces, dim=2) for pieces in zip(*map(_fields, parts), strict=True)))
    if rescored:
        chosen = _rescored(chosen, queries, keys)
    if rescored or len(parts) > 1:
        chosen = chosen.ranked(wanted)
    places = _places(chosen.counts, rule.topk)
    missed = [False] * len(queries)
    if ties:
        last = chosen.values.masked_fill(places == 0, torch.inf).amin(2, keepdim=True)  # (Q, N, 1)
        missed = ((chosen.values[..., -1:] == last) & last.isfinite()).flatten(1).any(1).tolist()
        places = chosen.counts * (chosen.values >= last)
    logits = (chosen.values / rule.temperature).masked_fill(places == 0, -torch.inf)
    weights = torch.exp(logits - logits[..., :1]) * places
    weights /= weights.sum(2, keepdim=True)
    used = (places > 0).sum(2).amax(1).tolist()
    return [
        None if missed[index] else Affinity(weights[index, :, :columns], chosen.indices[index, :, :columns])
        for index, columns in enumerate(used)
    ]


def _fields(chosen: Chosen) -> tuple[Tensor, Tensor, Tensor]:
    return chosen.values, chosen.indices, chosen.counts


def _counted(found: Found, counts: Sequence[Sequence[int]]) -> Chosen:
    """The candidates with the times that their slots count for each query frame."""
    times = torch.tensor(counts, device=found.values.device)  # (Q, slots)
    slots = found.indices.div(found.values.shape[1], rounding_mode="floor")  # (Q, N, c)
    taken = times.gather(1, slots.flatten(1)).view(slots.shape)
    return Chosen(found.values, found.indices, taken.masked_fill(found.values == -torch.inf, 0))


def _rescored(chosen: Chosen, queries: Tensor, keys: Tensor) -> Chosen:
    """The same candidates with their similarities in float32."""
    table = keys.flatten(0, 2)  # (slots * N, C)
    values = torch.empty_like(chosen.values)
    step = max(1, 2**24 // (table.shape[1] * chosen.indices.shape[2]))  # cells at once
    for query, indices, target in zip(queries.flatten(1, 2), chosen.indices, values, strict=True):
        for start in range(0, len(indices), step):
            rows = slice(start, start + step)
            target[rows] = (table[indices[rows]] @ query[rows, :, None]).squeeze(2)  # (B, c)
    return Chosen(values.masked_fill(chosen.values == -torch.inf, -torch.inf), chosen.indices, chosen.counts)


def _places(counts: Tensor, topk: int) -> Tensor:
    """How many of the k places each candidate takes, (..., c), when the first take as many as they count."""
    before = counts.cumsum(-1) - counts
    return (topk - before).clamp(min=0).minimum(counts)
