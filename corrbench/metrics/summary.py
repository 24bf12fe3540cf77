"""Statistics of per-frame values: of one object, and of a whole data set.

Source: davis2017-evaluation ac7c43fc, davis2017/utils.py, db_statistics; davis2017/evaluation.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from corrbench.errors import PredictionError


@dataclass(frozen=True)
class Summary:
    """One object's values over the frames of a video, as fractions."""

    mean: float
    recall: float  # share of the frames above the threshold
    decay: float  # mean of the first bin of frames minus mean of the last


@dataclass(frozen=True)
class SegmentationSummary:
    """The numbers of a data set, those of each object, and the sequences that have none."""

    metrics: dict[str, float]  # J&F J-Mean J-Recall J-Decay F-Mean F-Recall F-Decay, as fractions
    objects: dict[str, tuple[Summary, Summary]]  # J and F of '<sequence>_<id>', in the order given
    unscored: list[str]  # sequences left out of the metrics


def mean_recall_decay(values: Tensor, recall_threshold: float, bins: int = 4, wrap_uint8: bool = False) -> Summary:
    """The statistics of the values (n,) of one object.

    NaN values are left out of mean and decay, and are not above the threshold. One value has decay 0;
    without values all three are NaN. Neighbouring bins share a frame, as in the official code.

    The official code keeps the bounds of the bins in uint8: beyond 256 values they wrap, and where that
    leaves the last bin empty, decay is NaN. wrap_uint8 does the same.
    """
    if values.ndim != 1:
        raise PredictionError(f"the values of one object have shape (n,); found {tuple(values.shape)}")
    count = len(values)
    if count == 0:
        return Summary(nan, nan, nan)
    values = values.cpu().double()
    # As in the official code, 1e-10 sends bounds that fall between two frames to the later one.
    bounds = [round(1 + (count - 1) * i / bins + 1e-10) - 1 for i in range(bins + 1)]
    if wrap_uint8:
        bounds = [bound % 256 for bound in bounds]
    first, last = values[bounds[0] : bounds[1] + 1], values[bounds[-2] : bounds[-1] + 1]
    return Summary(
        mean=values.nanmean().item(),
        recall=(values > recall_threshold).double().mean().item(),
        decay=(first.nanmean() - last.nanmean()).item(),
    )


def summarise_segmentation(
    scores: Mapping[str, tuple[Tensor, Tensor]],
    recall_threshold: float,
    bins: int = 4,
    wrap_uint8: bool = False,
) -> SegmentationSummary:
    """The summary of a data set from the values J and F, each (O, frames), of every sequence.

    A data-set value is the mean over the objects of all sequences, not over sequences; J&F is the mean of
    J-Mean and F-Mean. A sequence without objects or without scored frames (a video of two frames has none)
    is left out of the metrics and named in `unscored`; its objects have NaN. The official tool returns NaN
    for the whole data set. Where no sequence is scored, so does this.
    Raises PredictionError if J and F of a sequence differ in shape.
    """
    objects: dict[str, tuple[Summary, Summary]] = {}
    scored: list[tuple[Summary, Summary]] = []
    for name, (region, boundary) in scores.items():
        if region.shape != boundary.shape or region.ndim != 2:
            raise PredictionError(
                f"{name}: J {tuple(region.shape)} and F {tuple(boundary.shape)} have to share a shape (O, frames)"
            )
        for i, (j, f) in enumerate(zip(region, boundary, strict=True), start=1):
            summaries = (
                mean_recall_decay(j, recall_threshold, bins, wrap_uint8),
                mean_recall_decay(f, recall_threshold, bins, wrap_uint8),
            )
            objects[f"{name}_{i}"] = summaries
            if len(j):
                scored.append(summaries)
    unscored = [name for name, (region, _) in scores.items() if region.numel() == 0]
    return SegmentationSummary(_metrics(scored), objects, unscored)


def _metrics(scored: list[tuple[Summary, Summary]]) -> dict[str, float]:
    rows = [[s for each in pair for s in (each.mean, each.recall, each.decay)] for pair in scored]
    means: list[float] = torch.tensor(rows, dtype=torch.float64).reshape(-1, 6).mean(0).tolist()
    names = ["J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay"]
    return {"J&F": (means[0] + means[3]) / 2, **dict(zip(names, means, strict=True))}
