"""Walks over a clip and back: a node that returns to itself has been followed.

The rules are those of CRW (arXiv 2006.14613, equations 2 to 5; videowalk 2e410980, code/model.py).
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

_DROPPED = -1e20  # finite, so that a node that has lost all its edges goes anywhere, and not nowhere
_FLOOR = 1e-20  # under the probability of a return, before its logarithm


def affinities(nodes: Tensor) -> Tensor:
    """Similarities (B, T - 1, N, N) of the nodes (B, T, N, C) of each frame to those of the next."""
    return nodes[:, :-1] @ nodes[:, 1:].transpose(-1, -2)


def transitions(affinity: Tensor, dropped: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Where a walker goes, and where it comes back to: each (B, T - 1, N, N), rows sum to 1.

    `affinity` is (B, T - 1, N, N), `dropped` (B, T - 1, 2, N, N) bool. An edge that is dropped on the way there
    is dropped on the way back too, beside those of the second draw, as the reference writes into its own view.
    """
    there = dropped[:, :, 0]
    back = there.transpose(-1, -2) | dropped[:, :, 1]
    onward = affinity.masked_fill(there, _DROPPED)
    return_ = affinity.transpose(-1, -2).masked_fill(back, _DROPPED)
    return F.softmax(onward / temperature, dim=-1), F.softmax(return_ / temperature, dim=-1)


def palindromes(onward: Tensor, backward: Tensor, *, skip_shortest: bool = True) -> list[Tensor]:
    """Where a walker ends that goes 1, 2, … T - 1 frames on and as many back: (B, N, N) each, rows sum to 1.

    `onward` and `backward` are (B, T - 1, N, N). Without the shortest there are T - 2 of them.
    """
    there, back = onward[:, 0], backward[:, 0]  # (B, N, N)
    ends = [] if skip_shortest else [there @ back]
    for step in range(1, onward.shape[1]):
        there, back = there @ onward[:, step], backward[:, step] @ back
        ends.append(there @ back)
    return ends


def returns(ends: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The mean negative log-probability () of a return to the start, and the share () of walkers most likely there."""
    stacked = torch.stack(list(ends))  # (P, B, N, N)
    home = stacked.diagonal(dim1=-2, dim2=-1)  # (P, B, N)
    nodes = torch.arange(stacked.shape[-1], device=stacked.device)
    found = stacked.detach().argmax(-1) == nodes  # (P, B, N)
    return -(home + _FLOOR).log().mean(), found.float().mean()
