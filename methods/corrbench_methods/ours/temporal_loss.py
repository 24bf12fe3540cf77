"""What the temporal stage minimises, of maps of a pair of frames: reconstruction, and the two distillations."""

from collections.abc import Sequence

from torch import Tensor

from corrbench.training.local import local_similarities
from corrbench.training.recipe import Outcome
from corrbench_methods.ours.global_distillation import global_distillation, student_affinity, teacher_affinity
from corrbench_methods.ours.local_distillation import local_distillation, pooled_windows
from corrbench_methods.ours.reconstruction import copy_loss, reconstruction_loss
from corrbench_methods.ours.selection import peakedness, selected
from corrbench_methods.ours.temporal_settings import TemporalSettings

Pair = tuple[Tensor, Tensor]  # the query's and the reference's

# Cells of frames of 256, for which the two weights are meant.
_COARSE_CELLS = 1024
_COARSEST_CELLS = 64


def temporal_loss(settings: TemporalSettings, maps: Sequence[Pair], colours: Pair, teacher: Pair | None) -> Outcome:
    """The loss of maps (B, C, h, w) of the student's levels, the finest first; the teacher's are of the last.

    `colours` are the channel (B, 1, H, W) to reconstruct.
    All in float32. Monitors: each part before its weight; `reconstruction_ratio_…`, below 1 where the motion was
    found; `affinity_max_…`, 1 where each query cell looks at one reference cell alone.
    """
    query_colours, reference_colours = colours
    monitors: dict[str, Tensor] = {}
    levels: list[tuple[Tensor, Tensor]] = []  # similarities without gradients, weights
    loss = query_colours.new_zeros(())
    for stride, (query, reference) in zip(settings.strides, maps, strict=False):
        radius = settings.radius(stride)
        similarities = local_similarities(query, reference, radius, query.shape[1] ** -0.5)  # (B, window, h, w)
        weights = similarities.softmax(1)
        error = reconstruction_loss(weights, reference_colours, query_colours, radius, stride)
        loss = loss + error
        copied = copy_loss(reference_colours, query_colours, stride)
        monitors[f"reconstruction_{stride}"] = error.detach()
        monitors[f"reconstruction_ratio_{stride}"] = error.detach() / copied.clamp(min=1e-6)
        monitors[f"affinity_max_{stride}"] = weights.detach().amax(1).mean()
        levels.append((similarities.detach() * query.shape[1] ** 0.5, weights))
        del similarities  # the size of a window, and softmax does not need it
    if settings.local_weight:
        (_, fine), (unscaled, coarse) = levels
        target = pooled_windows(fine.detach() if settings.detach else fine, settings.radius(4), settings.pseudo_norm)
        scores = peakedness(unscaled, settings.select_score)
        local = local_distillation(coarse, target, selected(scores, settings.select, settings.select_share))
        weighted = _weight(settings, settings.local_weight, scores[0].numel(), _COARSE_CELLS) * local
        monitors["local"] = local.detach()
        monitors["local_over_reconstruction"] = weighted.detach() / loss.detach().clamp(min=1e-6)
        loss = loss + weighted
    if teacher is not None:
        affinity = student_affinity(*maps[-1])  # (B, N, N)
        seen = teacher_affinity(*teacher, settings.teacher_temperature, settings.teacher_l2norm)
        kept = global_distillation(affinity, seen)
        monitors["global"] = kept.detach()
        loss = loss + _weight(settings, settings.global_weight, affinity.shape[1], _COARSEST_CELLS) * kept
    return Outcome(loss, monitors)


def _weight(settings: TemporalSettings, weight: float, cells: int, published: int) -> float:
    return weight * cells / published if settings.scale_weights else weight
