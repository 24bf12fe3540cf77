"""PCK of points whose errors have a scale given for each frame, as on BADJA: there the root of the animal's area.

The distances are those of `scaled_distances`, where the joints marked visible count.
Source: pips 13052535, test_on_badja.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from corrbench.metrics.curves import share_below


def point_pck(distances: Tensor, threshold: float) -> float:
    """The share of all points of a video, (T, J), whose distance is smaller than the threshold; NaN without points.

    Every pair of a frame and a point that counts weighs the same, unlike in `joint_pck`.
    """
    return share_below(distances.flatten(), [threshold]).item()


def mean_over_videos(values: Sequence[float]) -> float:
    """The mean of the values of videos, however long each is; a video without a value (NaN) is left out.

    NaN where no video has a value.
    """
    return torch.tensor(values, dtype=torch.float64).nanmean().item()
