"""The dense term: InfoNCE over the cells of two views."""

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from corrbench.training.recipe import Batch, Outcome
from corrbench_methods.ours.contrast import Contrast, contrast, monitors
from corrbench_methods.ours.matching import Matches, draw, most_similar, same_places
from corrbench_methods.ours.queue import Queue
from corrbench_methods.ours.spatial_settings import EMBEDDING, SpatialSettings


class DenseTerm(nn.Module):
    """Each query cell should be more similar to the key cell that shows the same than to others."""

    def __init__(self, settings: SpatialSettings, generator: Generator) -> None:
        super().__init__()
        self.settings = settings
        by_queue = settings.dense_negatives == "queue"
        self.queue = Queue(settings.queue, EMBEDDING, generator) if by_queue else None

    def forward(self, query: Batch, key: Batch, boxes: Batch, generator: Generator) -> Outcome:
        """The term of cells (B, N, 128) with features (B, N, C), in float32, row by row, of views with given boxes."""
        settings = self.settings
        if settings.dense_matching == "geometry":
            matches = same_places(boxes["query_box"], boxes["key_box"], settings.size, settings.dense_stride)
        else:
            matches = most_similar(query["features"], key["features"])
        cells = draw(matches, settings.cells, generator)  # (B, S)
        drawn = matches.take(cells)
        query_cells = F.normalize(_pick(query["cells"], cells), dim=2)  # (B, S, 128)
        key_cells = F.normalize(_pick(key["cells"], drawn.keys), dim=2)
        width, temperature = math.isqrt(query["cells"].shape[1]), settings.dense_temperature
        if self.queue is None:
            result = contrast_with_cells(query_cells, key_cells, drawn, width, settings.near, temperature)
        else:
            result = contrast_with_keys(query_cells, key_cells, self.queue.keys, temperature)
            self.queue.hold(F.normalize(key["cells"].mean(dim=1), dim=1))  # DenseCL's: the mean, then its length
        loss = mean_over_images(result.loss, drawn.found)
        seen = monitors("dense", loss, result, drawn.found, query_cells.flatten(0, 1))
        return Outcome(loss, seen | {"dense_found": matches.found.float().mean()})


def contrast_with_cells(
    query: Tensor, key: Tensor, matches: Matches, width: int, near: int, temperature: float
) -> Contrast:
    """Each query cell against the keys of all other cells of the batch: (B * S,) results.

    `query` and `key` are (B, S, C), of length 1, `key` the matched ones; a view is `width` cells wide. Keys
    without a match are no negatives, nor those of the same image that lie within `near` rows and columns of
    the positive, its duplicates among them.
    """
    images, cells = matches.keys.shape
    close = _apart(matches.keys // width) <= near  # (B, S, S)
    close &= _apart(matches.keys % width) <= near
    excluded = (~matches.found).expand(images, cells, images, cells).clone()  # of query, of key
    each = torch.arange(images, device=query.device)
    excluded[each, :, each] |= close
    queries, keys = query.flatten(0, 1), key.flatten(0, 1)  # (B * S, C)
    negative = (queries @ keys.T).masked_fill(excluded.view(len(queries), len(keys)), -torch.inf)
    return contrast((queries * keys).sum(dim=1), negative, temperature)


def contrast_with_keys(query: Tensor, key: Tensor, negatives: Tensor, temperature: float) -> Contrast:
    """Each query cell against K given keys, (K, C), as in DenseCL: (B * S,) results."""
    queries, keys = query.flatten(0, 1), key.flatten(0, 1)  # (B * S, C)
    return contrast((queries * keys).sum(dim=1), queries @ negatives.T, temperature)


def mean_over_images(values: Tensor, found: Tensor) -> Tensor:
    """The mean over images of the mean over the cells that have a match; an image without any counts 0.

    `values` is (B * S,), `found` (B, S). Means of parts of a batch can so be averaged.
    """
    kept = torch.where(found, values.view(found.shape), 0)
    return (kept.sum(dim=1) / found.sum(dim=1).clamp_min(1)).mean()


def _pick(cells: Tensor, places: Tensor) -> Tensor:
    """Cells (B, S, C) at places (B, S) of cells (B, N, C)."""
    return cells.gather(1, places[:, :, None].expand(-1, -1, cells.shape[2]))


def _apart(places: Tensor) -> Tensor:
    return (places[:, :, None] - places[:, None, :]).abs()
