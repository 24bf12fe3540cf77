"""PCK of body joints as on JHMDB: the share of joints whose error is small beside the size of the body.

Source of the rules: UVC f1b6fd92 and videowalk 2e410980, eval_pck.py; VFS 87ca3628, mmaction/datasets/jhmdb_dataset.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.curves import share_within
from corrbench.metrics.double import to_double

CountedJoints = Literal["x_not_negative", "x_positive", "truth_inside"]


@dataclass(frozen=True)
class JointScores:
    """PCK at A thresholds, as fractions."""

    joints: Tensor  # (A, J) float64, NaN for a joint that never counts
    mean: Tensor  # (A,) float64, over the joints that count somewhere


def joint_distances(
    predicted: Tensor, truth: Tensor, inside: Tensor, counted: CountedJoints, box_share: float
) -> Tensor:
    """The error of each joint over the size of the body in its frame: positions (..., J, 2) -> (..., J) float64.

    Which joints count depends on `counted`: those predicted at x >= 0 (CRW and UVC) or at x > 0 (VFS and
    Spa-then-Temp), wherever the truth lies and at no cost to a method that loses joints; or those that are
    `inside`, (..., J) bool, the ground truth inside the image, found or not. The size of the body is box_share
    times the diagonal of the tight box around the true positions of the joints that count in the frame.
    NaN and infinity are those of `scaled_distances`.
    Raises PredictionError if the shapes differ.
    """
    _check(predicted, truth, inside)
    if counted == "truth_inside":
        counts = inside
    else:
        x = predicted[..., 0]
        counts = x > 0 if counted == "x_positive" else ~(x < 0)
    counts = counts & truth.isfinite().all(-1)
    return scaled_distances(predicted, truth, counts, box_share * box_diagonals(truth, counts))


def box_diagonals(truth: Tensor, counts: Tensor) -> Tensor:
    """The diagonal of the tight box around the positions that count: (..., J, 2), (..., J) bool -> (...) float64.

    0 where fewer than two positions count.
    """
    truth = to_double(truth)
    if truth.shape[-2] == 0:
        return truth.sum((-1, -2))
    counts = counts.to(truth.device)[..., None]
    sides = truth.where(counts, -torch.inf).amax(-2) - truth.where(counts, torch.inf).amin(-2)  # (..., 2)
    return sides.clamp(min=0).square().sum(-1).sqrt()


def scaled_distances(predicted: Tensor, truth: Tensor, counts: Tensor, scale: Tensor) -> Tensor:
    """The distance of each predicted from its true position over the scale of the frame: (..., J) float64.

    Positions are (..., J, 2), scale is (...). NaN where a joint does not count, `counts` (..., J) bool, or has no
    finite true position. Infinity, a miss at every threshold, where a joint counts and is lost (predicted with two
    negative coordinates, or none that are finite), or where the scale is 0: the official codes divide by 0 too, and
    so count even an exact position as a miss. Raises PredictionError if the shapes differ.
    """
    _check(predicted, truth, counts)
    if scale.shape != truth.shape[:-2]:
        raise PredictionError(f"{tuple(truth.shape[:-2])} frames need as many scales; found {tuple(scale.shape)}")
    predicted, truth, scale = to_double(predicted), to_double(truth), to_double(scale)
    distances = (predicted - truth).square().sum(-1).sqrt() / scale[..., None]  # (..., J)
    missed = (predicted < 0).all(-1) | ~distances.isfinite()
    counts = counts.to(truth.device) & truth.isfinite().all(-1)
    return distances.where(~missed, torch.inf).where(counts, torch.nan)


def joint_pck(distances: Tensor, thresholds: Sequence[float]) -> JointScores:
    """PCK from the distances (n, J) of all scored frames of all videos, one below the other.

    A joint is right if its distance is at most the threshold; its share is over all frames in which it counts. The mean
    is over joints, however often each counts. A joint that never does is left out of it, where the official codes
    divide by zero; without any, the mean is NaN.
    """
    joints = share_within(distances.mT, thresholds).mT  # (A, J)
    return JointScores(joints, joints.nanmean(-1))


def joint_coverage(distances: Tensor, inside: Tensor) -> float:
    """The share of the pairs of a scored frame and a joint inside the image that count, from (n, J) and (n, J) bool.

    That is: pairs with the ground truth inside the image and a distance other than NaN, over pairs with the ground
    truth inside the image. It is 1 where all of those count, found or lost, and NaN where there are none.
    """
    counts = ~distances.isnan().cpu()
    return counts[inside.cpu()].double().mean().item()


def _check(predicted: Tensor, truth: Tensor, flags: Tensor) -> None:
    if predicted.shape != truth.shape or truth.shape[-1:] != (2,) or flags.shape != truth.shape[:-1]:
        raise PredictionError(
            f"predicted positions {tuple(predicted.shape)} and true ones {tuple(truth.shape)} have to share a shape "
            f"(..., J, 2), and their flags {tuple(flags.shape)} have to be (..., J): predict every joint of every frame"
        )
