"""The walk of the labels through a video, one frame at a time."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Protocol as Interface

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import ExtractorError, SettingError
from corrbench.propagation.affinity import Affinity, plain_affinity
from corrbench.propagation.chunks import Chunks, stepping_down
from corrbench.propagation.hard import full_winners, winners
from corrbench.propagation.localised import Localiser, Regions
from corrbench.propagation.memory import Context, ContextMemory
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.stretch import stretched
from corrbench.propagation.whole_windows import WholeWindows
from corrbench.propagation.windowed import windowed_affinities

ROUNDED = {"bf16": torch.bfloat16, "fp16": torch.float16}  # keys of unit length, by precision


class Carrier(Interface):
    """Brings the labels of the past to one query frame."""

    def carry(self, labels: Tensor) -> Tensor:
        """The soft labels (slots, N, K) of the memory, carried to the cells of the query frame, (N, K)."""
        ...


def propagate(
    features: Iterable[Tensor],
    first: Tensor,
    rule: PropagationRule,
    stride: int | None = None,
    chunks: Chunks | None = None,
    size: tuple[int, int] | None = None,
    regions: Regions | None = None,
) -> Iterator[Tensor]:
    """The soft labels (K, h, w) of every frame, given those of frame 0.

    `features` gives the map (C, h, w) of one frame after another; as many are taken at once as `chunks` has queries,
    since affinities need features only, and of the past those are kept that later frames look back at: memory does
    not grow with the video. `stride` is that of the features, where it is not the rule's; `size` (H, W) is that of the
    frames, where their cells are not whole ones of the rule's stride: the memory `hard_full` needs it. With `regions`,
    boxes follow the objects, and labels are carried inside them.
    ExtractorError when the map of a frame does not have the grid of `first`.
    """
    radius, sizes = rule.radius_at(stride or rule.stride), chunks or Chunks()
    frames = (prepared_keys(_of_grid(first, index, found), rule) for index, found in enumerate(features))
    memory = ContextMemory(rule, next(frames), first, ahead=sizes.queries)
    localiser = Localiser(memory, rule, regions) if regions else None
    yield first
    at = 1
    while count := memory.store_block(at, islice(frames, sizes.queries)):
        carriers: Iterable[Carrier]
        if localiser:
            carriers = localiser.carriers(at, count)
        else:
            contexts = [memory.context(at + ahead) for ahead in range(count)]
            search = partial(find_carriers, memory.block(at, count), memory.keys, contexts, rule, radius)
            carriers, sizes = stepping_down(search, sizes)
        for carrier in carriers:
            soft = carrier.carry(memory.labels).t().reshape(first.shape)  # (K, h, w)
            memory.store_labels(at, remembered(soft, rule, size))
            at += 1
            yield soft


def _of_grid(first: Tensor, index: int, feature_map: Tensor) -> Tensor:
    if feature_map.shape[1:] != first.shape[1:]:
        raise ExtractorError(
            f"frame {index}: features have the grid {tuple(feature_map.shape[1:])}, "
            f"the labels of frame 0 have {tuple(first.shape[1:])}; all frames of a video need one grid"
        )
    return feature_map


def find_carriers(
    queries: Tensor,
    keys: Tensor,
    contexts: Sequence[Context],
    rule: PropagationRule,
    radius: int,
    chunks: Chunks | None = None,
) -> Sequence[Carrier]:
    """What carries labels to each query frame (Q, h, w, C): its affinity, or its windows where all cells weigh."""
    if rule.weighting == "softmax":
        return [
            WholeWindows(query, keys, context, rule, radius) for query, context in zip(queries, contexts, strict=True)
        ]
    return find_affinities(queries, keys, contexts, rule, radius, chunks)


def find_affinities(
    queries: Tensor,
    keys: Tensor,
    contexts: Sequence[Context],
    rule: PropagationRule,
    radius: int,
    chunks: Chunks | None = None,
) -> list[Affinity]:
    """The affinity of each query frame (Q, h, w, C) to its context among keys (slots, h, w, C).

    Found by the fastest path that gives what the plain one gives. SettingError for a rule without a choice of the
    best, which has no affinity that could be held; `find_carriers` knows that one too.
    """
    if rule.weighting == "softmax":
        raise SettingError("weighting=softmax weighs every cell and has no best ones; run it with corrbench run")
    found: list[Affinity | None] = []
    sizes = chunks or Chunks()
    windows = rule.neighbourhood != "everywhere" and rule.topk_scope == "joint" and rule.weighting != "softmax_all"
    for start in range(0, len(queries), sizes.queries):
        part = slice(start, start + sizes.queries)
        if windows:
            found += windowed_affinities(queries[part], keys, contexts[part], rule, radius, sizes)
        else:
            found += [None] * len(queries[part])
    return [
        plain_affinity(query, keys, context, rule, radius) if affinity is None else affinity
        for query, context, affinity in zip(queries, contexts, found, strict=True)
    ]


def prepared_keys(feature_map: Tensor, rule: PropagationRule) -> Tensor:
    """The map (C, h, w) as keys (h, w, C): of unit length where the rule says so, then rounded to its precision."""
    feature_map = feature_map.float()
    if rule.normalise:
        feature_map = F.normalize(feature_map, dim=0).to(ROUNDED.get(rule.precision, torch.float32))
    return feature_map.permute(1, 2, 0).contiguous()  # (h, w, C)


def remembered(soft: Tensor, rule: PropagationRule, size: tuple[int, int] | None = None) -> Tensor:
    """What later frames see of a prediction (K, h, w); `hard_full` has to know the size (H, W) of the frame."""
    if rule.memory == "minmax":
        return stretched(soft)
    if rule.memory == "hard":
        return winners(soft)
    if rule.memory == "hard_full":
        return full_winners(soft, size or (soft.shape[1] * rule.stride, soft.shape[2] * rule.stride))
    return soft
