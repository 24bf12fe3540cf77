"""The same affinity from the similarities that count alone: query tiles against the windows they can reach.

A tile of the query grid and the block of cells it can reach in all context frames make one matrix product; a mask is
added, and the best are taken from contiguous rows. A frame that counts several times is compared once.
"""

from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Literal

import torch
from torch import Tensor

from corrbench.propagation.affinity import Affinity
from corrbench.propagation.memory import Context
from corrbench.propagation.rule import PropagationRule

TILE = (12, 14)  # query cells of a tile; the fastest of those tried on a CPU, it changes no result
FREE_BLOCK = 512  # query cells compared at once with a frame that is looked at everywhere


@dataclass(frozen=True)
class Chosen:
    """The best candidates of each query cell, best first, and how often each of them counts."""

    values: Tensor  # (N, c) similarities, -inf where there is no candidate
    indices: Tensor  # (N, c), into slots * N cells of the memory
    counts: Tensor  # (N, c)

    def joined(self, other: "Chosen") -> "Chosen":
        """The candidates of both, best first."""
        values, order = torch.cat([self.values, other.values], 1).sort(dim=1, descending=True, stable=True)
        indices = torch.cat([self.indices, other.indices], 1).gather(1, order)
        return Chosen(values, indices, torch.cat([self.counts, other.counts], 1).gather(1, order))


def windowed_affinity(
    query: Tensor, keys: Tensor, context: Context, rule: PropagationRule, radius: int
) -> Affinity | None:
    """What `plain_affinity` returns, but for the order of equal candidates and columns of weight 0.

    For rules with one softmax over the k best of all frames. None where ties with the k-th candidate would have to be
    kept and there are any: the plain path keeps them.
    """
    more = 1 if rule.weighting == "softmax_topk_ties" else 0
    parts = [_free(query, keys[slot], slot, n, rule.topk + more) for slot, n in enumerate(context.free) if n]
    if any(context.restricted):
        parts.append(_restricted(query, keys, context.restricted, rule, radius, rule.topk + more))
    chosen = reduce(Chosen.joined, parts)
    places = _places(chosen.counts, rule.topk)
    if more and _tie_at(chosen, places):
        return None
    used = int((places > 0).sum(1).max())
    logits = (chosen.values / rule.temperature).masked_fill(places == 0, -torch.inf)
    weights = torch.exp(logits - logits[:, :1]) * places
    return Affinity((weights / weights.sum(1, keepdim=True))[:, :used], chosen.indices[:, :used])


def _places(counts: Tensor, topk: int) -> Tensor:
    """How many of the k places each candidate takes, (N, c), when the first take as many as they count."""
    before = counts.cumsum(1) - counts
    return (topk - before).clamp(min=0).minimum(counts)


def _tie_at(chosen: Chosen, places: Tensor) -> bool:
    """Whether a candidate that got no place, or not all it counts for, is as good as the last that got one."""
    last = chosen.values.masked_fill(places == 0, torch.inf).amin(1, keepdim=True)
    return bool(((chosen.values == last) & (places < chosen.counts) & last.isfinite()).any())


def _restricted(
    query: Tensor, keys: Tensor, counts: tuple[int, ...], rule: PropagationRule, radius: int, topk: int
) -> Chosen:
    """The best candidates among frames that the neighbourhood restricts."""
    height, width, channels = query.shape
    used = [slot for slot, count in enumerate(counts) if count]
    low, high = used[0], used[-1] + 1  # the ring fills in order, so the slots in between are used too
    frames = high - low
    reach = radius - 1 if rule.neighbourhood == "disc" else radius
    largest = min(height, TILE[0] + 2 * reach) * min(width, TILE[1] + 2 * reach)
    key_buffer = keys.new_empty(frames * largest * channels)
    logit_buffer = keys.new_empty(TILE[0] * TILE[1] * frames * largest)
    values = query.new_full((height, width, topk), -torch.inf)
    indices = torch.zeros(height, width, topk, dtype=torch.long, device=query.device)
    for top in range(0, height, TILE[0]):
        for left in range(0, width, TILE[1]):
            rows, columns = slice(top, min(top + TILE[0], height)), slice(left, min(left + TILE[1], width))
            above, before = max(0, rows.start - reach), max(0, columns.start - reach)
            block = keys[low:high, above : rows.stop + reach, before : columns.stop + reach]  # (M, a, b, C)
            block_rows, block_columns = block.shape[1:3]
            block_keys = key_buffer[: block.numel()].view(block.shape).copy_(block).view(-1, channels)
            tile = query[rows, columns].reshape(-1, channels)  # (B, C)
            logits = logit_buffer[: len(tile) * len(block_keys)].view(len(tile), -1)
            torch.mm(tile, block_keys.t(), out=logits)  # (B, M * a * b)
            shape = (rows.stop - top, columns.stop - left, block_rows, block_columns)
            mask = _mask(shape, (top - above, left - before), rule.neighbourhood, radius, query.device)
            logits.view(len(tile), frames, -1).add_(mask[:, None])
            best, where = logits.topk(min(topk, logits.shape[1]), dim=1)
            slot, row, column = torch.unravel_index(where, (frames, block_rows, block_columns))
            flat = ((slot + low) * height + row + above) * width + column + before
            values[rows, columns, : best.shape[1]] = best.view(*shape[:2], -1)
            indices[rows, columns, : best.shape[1]] = flat.view(*shape[:2], -1)
    values, indices = values.flatten(0, 1), indices.flatten(0, 1)  # (N, k)
    times = torch.tensor(counts, device=query.device)[indices.div(height * width, rounding_mode="floor")]
    return Chosen(values, indices, times.masked_fill(values == -torch.inf, 0))


def _free(query: Tensor, keys: Tensor, slot: int, count: int, topk: int) -> Chosen:
    """The best candidates in one frame that is looked at everywhere."""
    cells = query.shape[0] * query.shape[1]
    queries, references = query.flatten(0, 1), keys.flatten(0, 1).t()
    best = [(block @ references).topk(min(topk, cells), dim=1) for block in torch.split(queries, FREE_BLOCK)]
    values = torch.cat([found.values for found in best])
    indices = torch.cat([found.indices for found in best]) + slot * cells
    return Chosen(values, indices, torch.full_like(indices, count))


@lru_cache(maxsize=64)
def _mask(
    shape: tuple[int, int, int, int],
    offset: tuple[int, int],
    neighbourhood: Literal["disc", "square"],
    radius: int,
    device: torch.device,
) -> Tensor:
    """0 where a tile's cell may look at a cell of its block and -inf elsewhere, (B, a * b); tiles inside share one."""
    tile_rows, tile_columns, block_rows, block_columns = shape
    rows = torch.arange(tile_rows)[:, None] + offset[0] - torch.arange(block_rows)  # (tile, block)
    columns = torch.arange(tile_columns)[:, None] + offset[1] - torch.arange(block_columns)
    if neighbourhood == "disc":
        near = (rows**2)[:, None, :, None] + (columns**2)[None, :, None, :] < radius**2
    else:
        near = (rows.abs() <= radius)[:, None, :, None] & (columns.abs() <= radius)[None, :, None, :]
    mask = torch.zeros(near.shape).masked_fill(~near, -torch.inf)
    return mask.view(tile_rows * tile_columns, block_rows * block_columns).to(device)
