"""The walk of the labels through a video, one frame at a time."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import ExtractorError
from corrbench.propagation.affinity import Affinity, plain_affinity
from corrbench.propagation.memory import Context, ContextMemory
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windowed import windowed_affinity


def propagate(
    features: Iterable[Tensor], first: Tensor, rule: PropagationRule, stride: int | None = None
) -> Iterator[Tensor]:
    """The soft labels (K, h, w) of every frame, given those of frame 0.

    `features` gives the map (C, h, w) of one frame after another; only those that later frames look back at are
    kept, so memory does not grow with the video. `stride` is that of the features, where it is not the rule's.
    ExtractorError when the map of a frame does not have the grid of `first`.
    """
    radius = rule.radius_at(stride or rule.stride)
    memory: ContextMemory | None = None
    for index, feature_map in enumerate(features):
        if feature_map.shape[1:] != first.shape[1:]:
            raise ExtractorError(
                f"frame {index}: features have the grid {tuple(feature_map.shape[1:])}, "
                f"the labels of frame 0 have {tuple(first.shape[1:])}; all frames of a video need one grid"
            )
        keys = prepared_keys(feature_map, rule)
        if memory is None:
            memory = ContextMemory(rule, keys, first)
            yield first
            continue
        affinity = find_affinity(keys, memory.keys, memory.context(index), rule, radius)
        soft = affinity.carry(memory.labels).t().reshape(first.shape)  # (K, h, w)
        memory.store(index, keys, remembered(soft, rule))
        yield soft


def find_affinity(query: Tensor, keys: Tensor, context: Context, rule: PropagationRule, radius: int) -> Affinity:
    """The affinity of a query frame to its context, by the fastest path that gives what the plain one gives."""
    windows = rule.neighbourhood != "everywhere" and rule.topk_scope == "joint" and rule.weighting != "softmax_all"
    found = windowed_affinity(query, keys, context, rule, radius) if windows else None
    return plain_affinity(query, keys, context, rule, radius) if found is None else found


def prepared_keys(feature_map: Tensor, rule: PropagationRule) -> Tensor:
    """The map (C, h, w) as keys (h, w, C) in float32, of unit length where the rule says so."""
    feature_map = feature_map.float()
    if rule.normalise:
        feature_map = F.normalize(feature_map, dim=0)
    return feature_map.permute(1, 2, 0).contiguous()  # (h, w, C)


def remembered(soft: Tensor, rule: PropagationRule) -> Tensor:
    """What later frames see of a prediction (K, h, w): itself, stretched to [0, 1], or its one-hot argmax."""
    if rule.memory == "minmax":
        return stretched(soft)
    if rule.memory == "hard":
        return F.one_hot(soft.argmax(0), len(soft)).permute(2, 0, 1).to(soft.dtype)
    return soft


def stretched(soft: Tensor) -> Tensor:
    """Each channel of (K, H, W) mapped linearly to [0, 1]; a channel without a positive value stays as it is.

    The `norm_mask` of UVC 4336938d, dino 7c446df5 and VFS 8e055cc1.
    """
    least = soft.amin((1, 2), keepdim=True)
    most = soft.amax((1, 2), keepdim=True)
    spread = (most - least).clamp_min(torch.finfo(soft.dtype).tiny)
    return torch.where(most > 0, (soft - least) / spread, soft)
