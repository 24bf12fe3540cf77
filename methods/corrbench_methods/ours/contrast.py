"""InfoNCE: a query should be more similar to its positive key than to any negative one."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Contrast:
    """How well M queries found their keys."""

    loss: Tensor  # (M,), at least 0; log(1 + negatives) when nothing is told apart
    correct: Tensor  # (M,), whether the positive is more similar than each negative
    chance: Tensor  # (M,), 1 / (1 + negatives): how often a guess is correct


def contrast(positive: Tensor, negative: Tensor, temperature: float) -> Contrast:
    """InfoNCE (van den Oord et al., arXiv 1807.03748, eq. 4) of similarities to keys.

    `positive` is (M,) and `negative` (M, K), float32; a negative of -inf does not count.
    """
    logits = torch.cat([positive[:, None], negative], dim=1) / temperature  # (M, 1 + K)
    first = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
    with torch.no_grad():
        correct = (positive[:, None] > negative).all(dim=1)
        chance = 1 / (1 + negative.isfinite().sum(dim=1))
    return Contrast(F.cross_entropy(logits, first, reduction="none"), correct, chance)


def spread(embeddings: Tensor) -> Tensor:
    """How far embeddings, (M, C) of length 1, are from being all the same: 0 if they are, about 1 if all differ.

    That is sqrt(C) times the standard deviation over the M, averaged over the C
    (Chen and He, CVPR 2021, section 4.1: 1 / sqrt(C) before the factor).
    """
    deviation: Tensor = embeddings.detach().float().std(dim=0, correction=0).mean()
    return deviation * math.sqrt(embeddings.shape[1])


def monitors(name: str, loss: Tensor, result: Contrast, counted: Tensor, queries: Tensor) -> dict[str, Tensor]:
    """What to watch of a term, by name: its loss, the accuracy and that of a guess, and the spread.

    The last three are over those of the M results that `counted`, bool with M elements, marks; `queries` is (M, C),
    of length 1.
    """
    counted = counted.flatten()
    return {
        f"{name}_loss": loss.detach(),
        f"{name}_accuracy": result.correct[counted].float().mean(),
        f"{name}_chance": result.chance[counted].mean(),
        f"{name}_spread": spread(queries[counted]),
    }
