"""AP^r_vol, the average precision of instances of body parts, as on VIP.

Source of the rules: ATEN 0c1f3a58, evaluate/test_inst_part_ap.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.parts import PartInstances
from corrbench.errors import DataError, PredictionError


@dataclass(frozen=True)
class InstanceMatches:
    """What the average precision needs of one frame: P predicted instances and the number of true ones, on the CPU."""

    classes: Tensor  # (P,) int64
    scores: Tensor  # (P,) float64
    overlaps: Tensor  # (P,) float64, the largest IoU with a true instance of the class, 0 where there is none
    annotated: Tensor  # (K,) int64, true instances of each class


@dataclass(frozen=True)
class VolumeScores:
    """Average precision of K classes at A overlaps."""

    classes: Tensor  # (K, A) float64, NaN for a class that is never annotated
    mean: float  # over the annotated classes and all overlaps


def match_instances(predicted: PartInstances, scores: Tensor, truth: PartInstances, classes: int) -> InstanceMatches:
    """The best overlap of each predicted instance of a frame, whose scores are (P,); K is `classes`.

    Several predictions may match one true instance. An instance without pixels is none, predicted or true; the official
    code keeps its score, and from there on takes scores for those of other instances.
    Raises PredictionError if the sizes differ, a score is NaN, or there are not as many scores as instances;
    PredictionError or DataError if a class is none of 0 to K - 1.
    """
    if predicted.pixels.shape != truth.pixels.shape or truth.pixels.ndim != 2:
        raise PredictionError(
            f"predicted instances {tuple(predicted.pixels.shape)} and true ones {tuple(truth.pixels.shape)} have to "
            "share one size (H, W); predict at the size of the annotation"
        )
    if scores.shape != predicted.ids.shape or scores.isnan().any():
        raise PredictionError(
            f"{len(predicted.ids)} predicted instances need as many scores, none NaN; found {len(scores)}, of which "
            f"{int(scores.isnan().sum())} NaN: write one score a line for each instance"
        )
    for instances, error in (predicted, PredictionError), (truth, DataError):
        unknown = instances.classes[(instances.classes < 0) | (instances.classes >= classes)]
        if len(unknown):
            raise error(f"class {unknown[0].item()} of an instance is none of 0 to {classes - 1}")
    rows, columns = predicted.places, truth.places  # (H, W) each, 0 where there is no instance
    height, width = len(predicted.ids) + 1, len(truth.ids) + 1
    shared = torch.bincount((rows * width + columns).flatten(), minlength=height * width).cpu().reshape(height, width)
    found, true = shared.sum(1)[1:], shared.sum(0)[1:]  # (P,), (G,) pixels
    same = predicted.classes.cpu()[:, None] == truth.classes.cpu()
    overlaps = shared[1:, 1:] / (found[:, None] + true - shared[1:, 1:]).double()  # (P, G)
    best = torch.cat([torch.zeros(len(found), 1), overlaps.where(same, 0)], dim=1).amax(1)
    return InstanceMatches(
        classes=predicted.classes.cpu()[found > 0],
        scores=scores.cpu().double()[found > 0],
        overlaps=best[found > 0],
        annotated=torch.bincount(truth.classes.cpu()[true > 0], minlength=classes),
    )


def volume_precision(matches: Sequence[InstanceMatches], thresholds: Sequence[float]) -> VolumeScores:
    """Average precision from the matches of all frames, which have one K.

    A prediction is right if its overlap is larger than the threshold. Predictions are taken by falling score, and
    those of one score in the order given; the official order of these is left to the sort. The area is that under the
    envelope of precision over recall. As one true instance may be found several times, recall and the area may exceed
    1. An annotated class without predictions has 0; a class without annotation is left out of the mean, where the
    official code says NaN, or 0 if it was not predicted either. Without any annotated class the mean is NaN.
    """
    if not matches:
        return VolumeScores(torch.zeros(0, len(thresholds), dtype=torch.float64), torch.nan)
    annotated = torch.stack([frame.annotated for frame in matches]).sum(0)  # (K,)
    order = torch.cat([frame.scores for frame in matches]).argsort(descending=True, stable=True)
    classes = torch.cat([frame.classes for frame in matches])[order]
    overlaps = torch.cat([frame.overlaps for frame in matches])[order]
    limits = torch.tensor(thresholds, dtype=torch.float64)[:, None]  # (A, 1)
    areas = [
        _area(overlaps[classes == i] > limits, count) if count else torch.full_like(limits[:, 0], torch.nan)
        for i, count in enumerate(annotated.tolist())
    ]
    table = torch.stack(areas)
    return VolumeScores(table, table.nanmean().item())


def _area(right: Tensor, annotated: int) -> Tensor:
    """The area under the envelope of precision over recall, of predictions (A, n) in order: (A,)."""
    found = right.cumsum(-1).double()
    precision = found / torch.arange(1, right.shape[-1] + 1)
    envelope = precision.flip(-1).cummax(-1).values.flip(-1) if right.shape[-1] else precision
    return (right.double() * envelope).sum(-1) / annotated
