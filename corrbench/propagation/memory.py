"""The frames that later frames look back at: their keys and soft labels, each held once."""

from collections.abc import Iterable
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
    gaps: tuple[int, ...] = ()  # a slot, frames from what it holds to the query


class ContextMemory:
    """A ring of slots: frame 0 keeps slot 0, the frames before the query and some after share the others.

    The anchor, where the rule has one, lies in the ring as all do and keeps a copy in the last slot.

    Keys of frames whose labels are not known yet may be stored, blocks of `ahead` frames at once, the first of which
    begins with frame 1. A frame that a rule lists several times is stored and compared once; `Context` says how often
    it counts.
    """

    def __init__(self, rule: PropagationRule, keys: Tensor, labels: Tensor, ahead: int = 1) -> None:
        """Memory for a video whose frame 0 has keys (h, w, C) and soft labels (K, h, w)."""
        self._rule = rule
        self._ring = ahead * -(-(rule.span + ahead) // ahead)  # so that no block goes round its end
        slots = self._ring + 1 + (rule.anchor > 0)
        self.keys = keys.new_empty((slots, *keys.shape))  # (slots, h, w, C)
        self.labels = labels.new_zeros((slots, keys.shape[0] * keys.shape[1], labels.shape[0]))  # (slots, N, K)
        self.store_keys(0, keys)
        self.store_labels(0, labels)

    def slot(self, frame: int) -> int:
        """Where a frame lies, as long as it is remembered."""
        return 0 if frame == 0 else 1 + (frame - 1) % self._ring

    def store_keys(self, frame: int, keys: Tensor) -> None:
        """Remember the keys (h, w, C) of a frame, in place of the frame that has grown too old."""
        self.keys[self.slot(frame)] = keys
        if frame and frame == self._rule.anchor:
            self.keys[-1] = keys

    def store_block(self, frame: int, keys: Iterable[Tensor]) -> int:
        """Remember the keys of a frame and of those that follow it; the number of frames."""
        count = 0
        for count, one in enumerate(keys, start=1):
            self.store_keys(frame + count - 1, one)
        return count

    def block(self, frame: int, count: int) -> Tensor:
        """The keys (count, h, w, C) of a block of frames, as they lie in memory."""
        first = self.slot(frame)
        return self.keys[first : first + count]

    def store_labels(self, frame: int, labels: Tensor) -> None:
        """Remember the soft labels (K, h, w) of a frame."""
        self.labels[self.slot(frame)] = labels.flatten(1).t()
        if frame and frame == self._rule.anchor:
            self.labels[-1] = labels.flatten(1).t()

    def context(self, query: int) -> Context:
        """The context of frame `query`, by slots."""
        restricted, free, gaps = [0] * len(self.keys), [0] * len(self.keys), [0] * len(self.keys)
        for entry in context_frames(query, self._rule):
            slot = self.slot(entry.frame)
            if entry.frame and entry.frame == self._rule.anchor:
                slot = len(self.keys) - 1
            (restricted if entry.masked else free)[slot] += 1
            gaps[slot] = query - entry.frame
        return Context(tuple(restricted), tuple(free), tuple(gaps))


def slots_in(counts: tuple[int, ...]) -> Tensor:
    """Each slot as often as it counts."""
    return torch.tensor([slot for slot, count in enumerate(counts) for _ in range(count)], dtype=torch.long)
