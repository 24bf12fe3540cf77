"""The frames that later frames look back at: their keys and soft labels, each held once."""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.propagation.context import context_frames
from corrbench.propagation.rule import PropagationRule


@dataclass(frozen=True)
class Context:
    """How often each slot of the memory stands in the context of one query frame."""

    restricted: tuple[int, ...]  # a slot, times the neighbourhood restricts it
    free: tuple[int, ...]  # a slot, times it is looked at everywhere


class ContextMemory:
    """A ring of slots: frame 0 keeps slot 0, the `context` frames before the query share the others.

    A frame that a rule lists several times is stored and compared once; `Context` says how often it counts.
    """

    def __init__(self, rule: PropagationRule, keys: Tensor, labels: Tensor) -> None:
        """Memory for a video whose frame 0 has keys (h, w, C) and soft labels (K, h, w)."""
        slots = rule.context + 1
        self._rule = rule
        self.keys = keys.new_empty((slots, *keys.shape))  # (slots, h, w, C)
        self.labels = labels.new_zeros((slots, keys.shape[0] * keys.shape[1], labels.shape[0]))  # (slots, N, K)
        self.store(0, keys, labels)

    def slot(self, frame: int) -> int:
        """Where a frame lies, as long as it is remembered."""
        return 0 if frame == 0 else 1 + (frame - 1) % self._rule.context

    def store(self, frame: int, keys: Tensor, labels: Tensor) -> None:
        """Remember a frame, in place of the one that has grown too old."""
        if frame and not self._rule.context:
            return
        self.keys[self.slot(frame)] = keys
        self.labels[self.slot(frame)] = labels.flatten(1).t()

    def context(self, query: int) -> Context:
        """The context of frame `query`, by slots."""
        restricted, free = [0] * len(self.keys), [0] * len(self.keys)
        for entry in context_frames(query, self._rule):
            (restricted if entry.masked else free)[self.slot(entry.frame)] += 1
        return Context(tuple(restricted), tuple(free))


def slots_in(counts: tuple[int, ...]) -> Tensor:
    """Each slot as often as it counts."""
    return torch.tensor([slot for slot, count in enumerate(counts) for _ in range(count)], dtype=torch.long)
