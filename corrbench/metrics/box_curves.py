"""Scores of tracked boxes, by the rules of the two evaluators that papers use, got10k and pysot.

Source of the rules: got-10k toolkit 956e7286, got10k/experiments/otb.py, lasot.py and got10k.py; pysot d04028f8,
toolkit/evaluation/ope_benchmark.py and toolkit/utils/statistics.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor

from corrbench.errors import DataError
from corrbench.metrics.boxes import bounded_boxes, box_centres, box_overlaps, centre_errors, normalised_centre_errors
from corrbench.metrics.curves import share_above, share_within

SUCCESS_OVERLAPS = (0.5, 0.75)  # of the success rates of GOT-10k


@dataclass(frozen=True)
class BoxRule:
    """What evaluators of boxes disagree on, and where they look at the curves.

    A score is the mean over its thresholds: of a curve, or of one point of it.
    """

    first_box: Literal["truth", "predicted", "left_out"]  # what is scored in frame 0, if it is
    missing_truth: Literal["left_out", "missed"]  # frames whose truth is NaN
    outside_centre: Literal["measured", "hit"]  # centre errors where a coordinate of the true centre is <= 0
    overlap_epsilon: float  # added to the union
    least_side: float  # of the true box, in pixels, as a divisor of centre errors
    divide_centres: bool  # before their difference is taken
    success_thresholds: tuple[float, ...]  # overlaps, which have to be larger; AUC is the mean over them
    success_rate_at: float
    precision_thresholds: tuple[float, ...]  # pixels; errors may be equal
    normalised_thresholds: tuple[float, ...]  # of the true sides; errors may be equal
    pooled: bool = False  # GOT-10k: frames of all sequences count alike, boxes are bounded to the image


@dataclass(frozen=True)
class BoxValues:
    """The values of each frame, float64. NaN: the frame is not scored."""

    overlap: Tensor  # (..., T) in [0, 1]; 0 also where the predicted box is not finite
    centre_error: Tensor  # (..., T) pixels; infinite where the predicted box is not finite
    normalised_error: Tensor  # (..., T) sides of the true box


@dataclass(frozen=True)
class BoxScores:
    """The scores of a sequence, or of several, (...) float64, as fractions. NaN where no frame is scored."""

    auc: Tensor  # mean of the success curve
    precision: Tensor
    normalised_precision: Tensor
    success_rate: Tensor


@dataclass(frozen=True)
class OverlapScores:
    """The scores of GOT-10k, over the frames of all sequences together, as fractions. NaN where no frame is scored."""

    average_overlap: float  # AO
    success_rates: tuple[float, ...]  # SR at each of SUCCESS_OVERLAPS


def box_values(predicted: Tensor, truth: Tensor, rule: BoxRule, size: tuple[int, int] | None = None) -> BoxValues:
    """The values of every frame of a sequence, boxes (..., T, 4) with (x, y, w, h), in images of `size` (H, W).

    A predicted box with a coordinate that is not finite is a miss. A true box without area is always missed by the
    overlap, and its centre is measured as any other, in both evaluators. A frame whose truth has a NaN is left out, as
    got10k does on LaSOT, or missed, as the frames are that pysot knows to show no object.
    Raises PredictionError if the shapes differ, DataError for a rule that bounds boxes to images without a size.
    """
    if rule.first_box == "truth" and predicted.shape == truth.shape:
        predicted = torch.cat([truth[..., :1, :], predicted[..., 1:, :]], dim=-2)
    if rule.pooled and size is None:
        raise DataError("boxes are to be bounded to images whose size is not known; give it, (rows, columns)")
    first, second = (bounded_boxes(boxes, size) if rule.pooled and size else boxes for boxes in (predicted, truth))
    overlap = box_overlaps(first, second, rule.overlap_epsilon)
    errors = [
        centre_errors(predicted, truth),
        normalised_centre_errors(predicted, truth, rule.least_side, rule.divide_centres),
    ]
    if rule.outside_centre == "hit":
        outside = (box_centres(truth) <= 0).any(-1)
        errors = [each.where(~outside, 0.0) for each in errors]
    missing = truth.isnan().any(-1).to(overlap.device)
    values = [each.where(~missing, unknown) for each, unknown in zip([overlap, *errors], _unknown(rule), strict=True)]
    if rule.first_box == "left_out":
        later = torch.arange(overlap.shape[-1], device=overlap.device) > 0
        values = [each.where(later, torch.nan) for each in values]
    return BoxValues(*values)


def box_scores(values: BoxValues, rule: BoxRule) -> BoxScores:
    """The scores of each sequence from the values of its frames.

    An exact tracker has an AUC below 1, 20/21 with 21 thresholds, as no overlap is larger than 1.
    The success plot is `share_above` of the overlaps, the precision plot `share_within` of the errors.
    """
    return BoxScores(
        auc=share_above(values.overlap, rule.success_thresholds).mean(-1),
        precision=share_within(values.centre_error, rule.precision_thresholds).mean(-1),
        normalised_precision=share_within(values.normalised_error, rule.normalised_thresholds).mean(-1),
        success_rate=share_above(values.overlap, [rule.success_rate_at]).mean(-1),
    )


def mean_box_scores(sequences: Sequence[BoxScores]) -> BoxScores:
    """The scores of a data set: means over sequences, however long; one without scored frames is left out."""
    stacks = [[getattr(each, field.name) for each in sequences] for field in fields(BoxScores)]
    return BoxScores(*(torch.stack(each).nanmean(0) if each else torch.tensor(torch.nan) for each in stacks))


def overlap_scores(sequences: Sequence[Tensor]) -> OverlapScores:
    """The scores of GOT-10k from the overlaps (T,) of sequences, however they are divided; NaN is no frame."""
    overlaps = torch.cat([each.flatten() for each in sequences])
    return OverlapScores(float(overlaps.nanmean()), tuple(share_above(overlaps, SUCCESS_OVERLAPS).tolist()))


def _unknown(rule: BoxRule) -> tuple[float, float, float]:
    """The values of a frame without truth."""
    return (torch.nan,) * 3 if rule.missing_truth == "left_out" else (0.0, torch.inf, torch.inf)
