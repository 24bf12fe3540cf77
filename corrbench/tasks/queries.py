"""Points that are asked for in one frame of a video, and the walks that follow them through its other frames.

Positions on the raster, a square of that many pixels a side, are counted from its outer edge as TAP-Vid does: the
centre of the first pixel is (0.5, 0.5).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.protocols.query_rules import TrackScoring


@dataclass(frozen=True)
class Tracks:
    """The true tracks of N points through T frames."""

    names: tuple[str, ...]  # N
    positions: Tensor  # (N, T, 2) float64 (x, y) on the raster
    visible: Tensor  # (N, T) bool


@dataclass(frozen=True)
class Queries:
    """Q points, each asked for in one frame; a track may be asked for several times."""

    names: tuple[str, ...]  # Q, TRACK@FRAME
    tracks: Tensor  # (Q,) int64, the place of each in `Tracks`
    frames: Tensor  # (Q,) int64, where each is given
    positions: Tensor  # (Q, 2) float64 (x, y) on the raster


@dataclass(frozen=True)
class Walk:
    """Queries of one frame, followed through the frames in the order in which they are visited."""

    rows: tuple[int, ...]  # of the queries
    frames: range  # the first is that of the queries


def read_tracks(video: Video[Points], raster: int) -> Tracks:
    """The tracks of a video on the raster; reads every label.

    DataError where a frame has no label, or one that does not tell the size of its frame or has other points.
    """
    labels: list[Points] = []
    for stem, label in zip(video.stems, video.labels, strict=True):
        if label is None or label.size is None:
            missing = "no points" if label is None else "points without the size of the frame (Points.size)"
            raise DataError(f"{video.name}, frame {stem}: {missing}; tracks need both in every frame")
        if labels and label.names != labels[0].names:
            raise DataError(
                f"{video.name}, frame {stem}: {len(label.names)} points, but frame {video.stems[0]} has "
                f"{len(labels[0].names)} others; a track is the same point in every frame"
            )
        labels.append(label)
    sides = [torch.tensor([label.size[1], label.size[0]], dtype=torch.float64) for label in labels if label.size]
    positions = [(label.positions.double() + 0.5) * raster / side for label, side in zip(labels, sides, strict=True)]
    return Tracks(labels[0].names, torch.stack(positions, 1), torch.stack([label.visible for label in labels], 1))


def find_queries(tracks: Tracks, scoring: TrackScoring) -> Queries:
    """The queries of a video, in the order in which the official readers give them.

    `first`: every track that is ever visible, in the first frame that shows it. `strided`: frame by frame, in steps,
    all that are visible there. Source: tapnet c2cbab81 tapnet/tapvid/evaluation_datasets.py, sample_queries_first and
    sample_queries_strided.
    """
    if scoring.query_mode == "first":
        rows = tracks.visible.any(1).nonzero().flatten()
        frames = tracks.visible[rows].byte().argmax(1)
    else:
        asked = torch.zeros_like(tracks.visible)
        asked[:, :: scoring.query_step] = tracks.visible[:, :: scoring.query_step]
        frames, rows = asked.t().nonzero().unbind(1)
    names = tuple(f"{tracks.names[row]}@{frame}" for row, frame in zip(rows.tolist(), frames.tolist(), strict=True))
    return Queries(names, rows, frames, tracks.positions[rows, frames])


def walks(queries: Queries, frames: int, scoring: TrackScoring) -> list[Walk]:
    """The walks that visit every scored frame of a video: one forwards for each frame that is asked in, and, where
    frames before it are scored too, one backwards. A walk that would end where it starts is left out."""
    found = []
    for start in torch.unique(queries.frames).tolist():
        rows = tuple((queries.frames == start).nonzero().flatten().tolist())
        ways = [range(start, frames)]
        if scoring.query_mode == "strided":
            ways.append(range(start, -1, -1))
        found += [Walk(rows, way) for way in ways if len(way) > 1]
    return found
