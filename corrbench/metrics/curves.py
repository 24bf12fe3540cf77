"""Shares of values on one side of thresholds: what success plots, precision plots and PCK are made of.

In all three, values (..., n) and A thresholds give (..., A) float64. A NaN is no value: it is neither right nor wrong,
and where there is no other the share is NaN. Infinity is beyond every threshold.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from corrbench.metrics.double import to_double


def share_above(values: Tensor, thresholds: Sequence[float]) -> Tensor:
    """The share of the values that exceed each threshold: strictly, so that an overlap of 1 is not above 1."""
    values = to_double(values)
    return _share(values[..., None] > _beside(values, thresholds), values)


def share_within(values: Tensor, thresholds: Sequence[float]) -> Tensor:
    """The share of the values that are at most each threshold."""
    values = to_double(values)
    return _share(values[..., None] <= _beside(values, thresholds), values)


def share_below(values: Tensor, thresholds: Sequence[float]) -> Tensor:
    """The share of the values that are smaller than each threshold."""
    values = to_double(values)
    return _share(values[..., None] < _beside(values, thresholds), values)


def _beside(values: Tensor, thresholds: Sequence[float]) -> Tensor:
    return torch.tensor(thresholds, dtype=torch.float64, device=values.device)


def _share(right: Tensor, values: Tensor) -> Tensor:
    count = (~values.isnan()).sum(-1, keepdim=True)
    return right.sum(-2).double() / count.double()  # (..., A)
