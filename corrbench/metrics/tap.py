"""Accuracy of points tracked through a video, with occlusion: the measures of TAP-Vid.

Source of the rules: tapnet c2cbab81, tapnet/tapvid/evaluation_datasets.py, compute_tapvid_metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from corrbench.errors import DataError, PredictionError
from corrbench.metrics.double import to_double

QueryMode = Literal["first", "strided"]


@dataclass(frozen=True)
class TapScores:
    """The numbers of one video, or of several (...), as fractions in float64; NaN where there is nothing to count."""

    delta: Tensor  # (..., A), of the visible points, those predicted within each distance, occluded or not
    jaccard: Tensor  # (..., A), right and visible over all that are or were said to be visible
    occlusion_accuracy: Tensor  # (...), OA, of all points, those whose occlusion was predicted

    @property
    def delta_average(self) -> Tensor:
        """The mean of delta over the distances, (...): delta_avg."""
        return self.delta.mean(-1)

    @property
    def average_jaccard(self) -> Tensor:
        """The mean of the Jaccard index over the distances, (...): AJ."""
        return self.jaccard.mean(-1)


def tap_scores(
    predicted: Tensor,
    predicted_occluded: Tensor,
    truth: Tensor,
    occluded: Tensor,
    evaluated: Tensor,
    distances: Sequence[float],
) -> TapScores:
    """The scores of a video: positions (..., N, T, 2) of N tracks in T frames, flags and `evaluated` (..., N, T) bool.

    Counts are sums over all evaluated frames of all tracks of a video. A point is right if it is nearer than the
    distance, in the pixels of the positions; one that is not finite is wrong. The numbers of a data set are means over
    its videos.
    Raises PredictionError if the shapes differ.
    """
    flags = predicted_occluded, occluded, evaluated
    if predicted.shape != truth.shape or any((*each.shape, 2) != tuple(truth.shape) for each in flags):
        shapes = [tuple(each.shape) for each in (predicted, truth, *flags)]
        raise PredictionError(
            f"positions, predicted and true, have to share a shape (..., N, T, 2), and the flags, predicted, true and "
            f"evaluated, have to be (..., N, T); found {shapes}: predict every point in every frame"
        )
    squares = (to_double(predicted) - to_double(truth)).square().sum(-1)  # (..., N, T)
    limits = torch.tensor(distances, dtype=torch.float64, device=squares.device).square()  # (A,)
    said_occluded, is_occluded, scored = (each.to(squares.device) for each in flags)
    visible = (scored & ~is_occluded)[..., None, :, :]  # (..., 1, N, T)
    said_visible = (scored & ~said_occluded)[..., None, :, :]
    right = visible & (squares[..., None, :, :] < limits[:, None, None])  # (..., A, N, T)
    return TapScores(
        delta=_count(right) / _count(visible),
        jaccard=_count(right & said_visible) / (_count(visible) + _count(said_visible & ~right)),
        occlusion_accuracy=_count(scored & (said_occluded == is_occluded)) / _count(scored),
    )


def evaluated_frames(query_frames: Tensor, frames: int, mode: QueryMode) -> Tensor:
    """The frames in which tracks are evaluated: the integers (N,) of their queries' frames -> (N, T) bool.

    `first`: those after the query. `strided`: all but that of the query.
    Raises DataError if a query lies outside the video.
    """
    outside = query_frames[(query_frames < 0) | (query_frames >= frames)]
    if len(outside):
        raise DataError(
            f"a point is queried in frame {outside[0].item()} of a video of {frames} frames, counted from 0"
        )
    numbers = torch.arange(frames, device=query_frames.device)
    return numbers > query_frames[:, None] if mode == "first" else numbers != query_frames[:, None]


def _count(flags: Tensor) -> Tensor:
    return flags.sum((-2, -1)).double()
