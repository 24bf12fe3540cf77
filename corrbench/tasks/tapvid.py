"""Points tracked with occlusion (TAP-Vid): asked for in one frame, followed through the others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import torch

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import ProtocolError
from corrbench.metrics.tap import TapScores, evaluated_frames, tap_scores
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.query_rules import TRACK_DISTANCES, TrackScoring
from corrbench.tasks.queries import Queries, Tracks, Walk, find_queries, read_tracks, walks
from corrbench.tasks.task import SequenceScores, Summary
from corrbench.tasks.track_files import PredictedTracks, locate_tracks, read_tracks_file, write_tracks

METRICS = {"AJ": "average_jaccard", "delta_avg": "delta_average", "OA": "occlusion_accuracy"}
FLAGS = ("occluded", "predicted_occluded", "evaluated")


class TrackScorer:
    """Takes where the queries of one video are said to be: in one frame, all of them or those of one walk."""

    any_order = True

    def __init__(self, video: Video[Points], scoring: TrackScoring) -> None:
        self._video = video
        self.truth: Tracks = read_tracks(video, scoring.raster)
        self.queries: Queries = find_queries(self.truth, scoring)
        self.evaluated = evaluated_frames(self.queries.frames, len(video), scoring.query_mode)  # (Q, T)
        self._rows = {name: row for row, name in enumerate(self.queries.names)}
        # What nobody predicts stays where it was asked for, and hidden.
        self._positions = self.queries.positions[:, None].repeat(1, len(video), 1)  # (Q, T, 2)
        self._occluded = torch.ones_like(self.evaluated)  # (Q, T)

    @property
    def predicted(self) -> PredictedTracks:
        """All that was added."""
        return PredictedTracks(self.queries, self._positions, self._occluded)

    def wants(self, index: int) -> bool:
        """Whether any query is scored in frame `index`."""
        return bool(self.evaluated[:, index].any())

    def add(self, index: int, predicted: Points, truth: Points | None) -> None:
        """Take the positions of some queries, by their names, on the raster; the truth is known."""
        rows = [self._rows[name] for name in predicted.names]
        self._positions[rows, index] = predicted.positions
        self._occluded[rows, index] = ~predicted.visible

    def scores(self) -> SequenceScores:
        """Of every query and frame (Q, T): `offset_x` and `offset_y`, the predicted position minus the true one in
        pixels of the raster, and as 0 or 1 `occluded`, `predicted_occluded` and `evaluated`. Nothing without queries.
        """
        objects = tuple(self.truth.names[row] for row in self.queries.tracks.tolist())
        if not len(self.queries.names) or not bool(self.evaluated.any()):
            return SequenceScores(objects, (), {})
        offsets = self._positions - self.truth.positions[self.queries.tracks]
        flags = (~self.truth.visible[self.queries.tracks], self._occluded, self.evaluated)
        values = {"offset_x": offsets[..., 0].contiguous(), "offset_y": offsets[..., 1].contiguous()}
        values |= {name: flag.double() for name, flag in zip(FLAGS, flags, strict=True)}
        return SequenceScores(objects, self._video.stems, values)


class TrackTask:
    """The task `tapvid`."""

    name = "tapvid"
    reader = "tapvid"
    labels = "points"  # of the embedded sample
    default_protocol = "stt"
    metrics = tuple(METRICS)

    def start(self, truth: Points, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> NoReturn:
        """Nothing: ProtocolError, since points are asked for in any frame and not in the first alone."""
        raise ProtocolError(f"protocol {protocol.name} for {self.name} does not say how points are followed")

    def scorer(self, video: Video[Points], protocol: Protocol) -> TrackScorer:
        """A new scorer for the video, which knows its queries."""
        return TrackScorer(video, protocol.part(TrackScoring))

    def walks(self, queries: Queries, frames: int, protocol: Protocol) -> list[Walk]:
        """The walks through a video that reach every frame in which a query is scored."""
        return walks(queries, frames, protocol.part(TrackScoring))

    def write(self, folder: Path, stem: str, prediction: PredictedTracks) -> None:
        """Write the tracks of a whole video as folder/tracks.npz, see `write_tracks`."""
        write_tracks(folder, prediction)

    def locate(self, root: Path, sequences: Sequence[str]) -> dict[str, Path]:
        """The file with the predictions for each sequence, root/NAME.npz or root/NAME/tracks.npz."""
        return locate_tracks(root, sequences)

    def read(self, folder: Path, video: Video[Points], protocol: Protocol) -> list[Points]:
        """The positions of all queries in a file that `locate` found, one item a frame, see `read_tracks_file`."""
        scoring = protocol.part(TrackScoring)
        queries = find_queries(read_tracks(video, scoring.raster), scoring)
        needed = evaluated_frames(queries.frames, len(video), scoring.query_mode)
        found = read_tracks_file(folder, queries, needed)
        return [
            Points(queries.names, found.positions[:, index], ~found.occluded[:, index]) for index in range(len(video))
        ]

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The means over videos that have something to score; no metrics where none has.

        `objects` are the tracks, each with the counts of all its queries.
        """
        scores = {name: _scores(one) for name, one in sequences.items() if one.stems}
        unscored = [name for name in sequences if name not in scores]
        notes = (f"left out, for want of visible points to score: {', '.join(unscored)}",) if unscored else ()
        if not scores:
            return Summary({}, {}, notes)
        objects = {}
        for name in scores:
            of_queries = sequences[name].objects
            for track in dict.fromkeys(of_queries):
                rows = [row for row, one in enumerate(of_queries) if one == track]
                objects[f"{name}_{track}"] = _metrics([_scores(sequences[name], rows)])
        return Summary(_metrics(list(scores.values())), objects, notes)

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """None: the official code returns its numbers and writes no file."""
        return {}


def tapvid() -> TrackTask:
    """The plugin `tapvid` of `corrbench.tasks`."""
    return TrackTask()


def _scores(scores: SequenceScores, rows: Sequence[int] | None = None) -> TapScores:
    """The scores of a video, or of some of its queries."""
    chosen = slice(None) if rows is None else list(rows)
    offsets = torch.stack([scores.values["offset_x"][chosen], scores.values["offset_y"][chosen]], -1)  # (Q, T, 2)
    occluded, predicted, evaluated = (scores.values[name][chosen] > 0 for name in FLAGS)
    return tap_scores(offsets, predicted, torch.zeros_like(offsets), occluded, evaluated, TRACK_DISTANCES)


def _metrics(videos: Sequence[TapScores]) -> dict[str, float]:
    """The means over videos; a number that a video does not have is left out of them."""
    return {
        metric: float(torch.stack([getattr(scores, name) for scores in videos]).nanmean())
        for metric, name in METRICS.items()
    }
