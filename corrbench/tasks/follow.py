"""Points followed through the feature maps of a walk: by carried labels, or by comparing each frame with the query."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.core.points import Points
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.propagate import propagate
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.query_rules import QueryRule, TrackScoring
from corrbench.tasks.points import start_points

EDGE = 0.5  # of the raster, from the outer edge of a pixel to its centre

Found = tuple[Tensor, Tensor]  # positions (Q, 2) float64 on the raster, and whether they are seen (Q,)


@dataclass(frozen=True)
class Setting:
    """What a walk has to know beside its features."""

    protocol: Protocol
    network: tuple[int, int]  # (H, W) of the frames when the method sees them
    stride: int  # of the features
    chunks: Chunks

    @property
    def raster(self) -> int:
        """Pixels of the sides of the raster."""
        return self.protocol.part(TrackScoring).raster


def follow(places: Tensor, maps: Iterable[Tensor], setting: Setting) -> Iterator[Found]:
    """Where the points at `places`, (Q, 2) on the raster, of the first map are in it and in those that follow.

    Maps (C, h, w) are taken as they are needed; all on the CPU.
    """
    source = iter(maps)
    first = next(source)
    appearance = Appearance(first, places, setting)
    yield places, torch.ones(len(places), dtype=torch.bool)
    if setting.protocol.part(QueryRule).follow == "correlation":
        yield from _compared(source, appearance, setting)
    else:
        yield from _carried(places, first, source, appearance, setting)


class Appearance:
    """What the queries look like: their features, and how alike a place has to be not to be taken for hidden."""

    def __init__(self, first: Tensor, places: Tensor, setting: Setting) -> None:
        """The features (C, h, w) of the frame of the queries, and their places (Q, 2) in it."""
        self._raster = setting.raster
        self._vectors = F.normalize(_sampled(first, self._cells(places, first)), dim=1)  # (Q, C)
        share = setting.protocol.part(QueryRule).occlusion_threshold
        self._least = share * self._at(self.cosines(first), places, first)  # (Q,)

    def cosines(self, feature_map: Tensor) -> Tensor:
        """The cosine (Q, h, w) of each query with every cell."""
        return torch.einsum("qc,chw->qhw", self._vectors, F.normalize(feature_map.float(), dim=0))

    def seen(self, feature_map: Tensor, places: Tensor) -> Tensor:
        """Whether the cells under the places (Q, 2) look like the queries, (Q,) on the CPU."""
        return (self._at(self.cosines(feature_map), places, feature_map) >= self._least).cpu()

    def _at(self, cosines: Tensor, places: Tensor, feature_map: Tensor) -> Tensor:
        """The cosine of each query in the cell that its place lies in, (Q,)."""
        columns, rows = (self._cells(places, feature_map) + EDGE).floor().long().unbind(1)
        height, width = cosines.shape[1:]
        queries = torch.arange(len(cosines), device=cosines.device)
        rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
        return cosines[queries, rows.to(cosines.device), columns.to(cosines.device)]

    def _cells(self, places: Tensor, feature_map: Tensor) -> Tensor:
        """Places (Q, 2) on the raster as places in cells, whose centres are whole numbers."""
        return places * _grid(feature_map) / self._raster - EDGE


def _carried(
    places: Tensor, first: Tensor, maps: Iterator[Tensor], appearance: Appearance, setting: Setting
) -> Iterator[Found]:
    """Places read from soft labels carried from frame to frame; a lost point is hidden, at (-0.5, -0.5)."""
    side = setting.raster
    names = tuple(map(str, range(len(places))))
    asked = Points(names, places - EDGE, torch.ones(len(places), dtype=torch.bool), size=(side, side))
    grid = (first.shape[1], first.shape[2])
    walk = start_points(asked.to(first.device), grid, setting.network, setting.protocol)
    taken: deque[Tensor] = deque()  # maps that labels have still to be carried to

    def noted() -> Iterator[Tensor]:
        for feature_map in maps:
            taken.append(feature_map)
            yield feature_map

    rule = setting.protocol.propagation
    carried = propagate(chain([first], noted()), walk.first, rule, setting.stride, setting.chunks, setting.network)
    next(carried)
    for soft in carried:
        found = walk.predict(1, soft)
        places = found.positions + EDGE
        yield places, found.visible & appearance.seen(taken.popleft(), places)


def _compared(maps: Iterator[Tensor], appearance: Appearance, setting: Setting) -> Iterator[Found]:
    """The mean place of the cells most like the query, weighted by a softmax of their cosines, frame by frame."""
    rule = setting.protocol.propagation
    for feature_map in maps:
        cosines = appearance.cosines(feature_map).flatten(1)  # (Q, N)
        values, indices = cosines.topk(min(rule.topk, cosines.shape[1]), dim=1)
        weights = torch.softmax(values.float() / rule.temperature, dim=1).cpu().double()
        width = feature_map.shape[2]
        cells = torch.stack([indices % width, indices // width], -1).cpu().double()  # (Q, k, 2)
        mean = (cells * weights[:, :, None]).sum(1)  # (Q, 2)
        places = (mean + EDGE) * setting.raster / _grid(feature_map)
        yield places, appearance.seen(feature_map, places)


def _grid(feature_map: Tensor) -> Tensor:
    """The width and height of a map, (2,) float64 on the CPU."""
    return torch.tensor([feature_map.shape[2], feature_map.shape[1]], dtype=torch.float64)


def _sampled(feature_map: Tensor, cells: Tensor) -> Tensor:
    """The features (Q, C) at places (Q, 2) between cells, bilinearly; beyond the outermost centres those there."""
    unit = F.normalize(feature_map.float(), dim=0)
    places = ((cells + EDGE) * 2 / _grid(feature_map) - 1).to(unit)  # -1 to 1 from edge to edge
    found = F.grid_sample(unit[None], places[None, None], padding_mode="border", align_corners=False)  # (1, C, 1, Q)
    return found[0, :, 0].t()
