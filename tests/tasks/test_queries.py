"""Which points are asked for, and the walks that follow them."""

from dataclasses import replace

import pytest
import torch

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.protocols.query_rules import TrackScoring
from corrbench.tasks.queries import Tracks, Walk, find_queries, read_tracks, walks

FIRST = TrackScoring(query_mode="first", query_step=2, raster=256)
STRIDED = replace(FIRST, query_mode="strided")


def tracks(*rows: str) -> Tracks:
    """Tracks that are hidden in the frames of a #; track n is at (10 n, t) in frame t."""
    visible = torch.tensor([[mark == "." for mark in row] for row in rows])
    places = [[(10.0 * n, float(t)) for t in range(len(rows[0]))] for n in range(len(rows))]
    return Tracks(tuple("abc"[: len(rows)]), torch.tensor(places, dtype=torch.float64), visible)


def test_first_asks_once_where_a_track_begins_and_never_for_one_that_is_hidden_throughout() -> None:
    queries = find_queries(tracks("#..#", "####", "...."), FIRST)
    assert queries.names == ("a@1", "c@0")
    assert (queries.tracks.tolist(), queries.frames.tolist()) == ([0, 2], [1, 0])
    assert queries.positions.tolist() == [[0, 1], [20, 0]]


def test_strided_asks_in_every_other_frame_for_all_that_is_seen_there() -> None:
    queries = find_queries(tracks("#...", ".##."), STRIDED)
    assert queries.names == ("b@0", "a@2")
    assert find_queries(tracks("....", "...."), STRIDED).names == ("a@0", "b@0", "a@2", "b@2")


def test_queries_of_one_frame_share_a_walk_and_strided_ones_also_go_back() -> None:
    some = tracks("....", "#...", "....")
    assert walks(find_queries(some, FIRST), 4, FIRST) == [Walk((0, 2), range(4)), Walk((1,), range(1, 4))]
    assert walks(find_queries(some, STRIDED), 4, STRIDED) == [
        Walk((0, 1), range(4)),
        Walk((2, 3, 4), range(2, 4)),
        Walk((2, 3, 4), range(2, -1, -1)),
    ]


def test_a_point_that_is_first_seen_in_the_last_frame_needs_no_walk() -> None:
    assert walks(find_queries(tracks("###."), FIRST), 4, FIRST) == []


def test_a_video_without_visible_points_has_no_queries() -> None:
    for scoring in (FIRST, STRIDED):
        queries = find_queries(tracks("####"), scoring)
        assert queries.names == ()
        assert walks(queries, 4, scoring) == []


# Reading


def label(positions: list[tuple[float, float]], size: tuple[int, int] | None = (480, 640)) -> Points:
    count = len(positions)
    return Points(
        tuple(str(number) for number in range(count)),
        torch.tensor(positions, dtype=torch.float64),
        torch.ones(count, dtype=torch.bool),
        size=size,
    )


def video(*labels: Points | None) -> Video[Points]:
    return Video(
        "dog", [torch.zeros(3, 4, 4, dtype=torch.uint8)] * len(labels), labels, ("00000", "00001")[: len(labels)]
    )


def test_positions_on_the_raster_are_counted_from_the_outer_edge_of_the_frame() -> None:
    read = read_tracks(video(label([(-0.5, -0.5), (639.5, 479.5), (319.5, 119.5)])), 256)
    assert read.positions[:, 0].tolist() == [[0, 0], [256, 256], [128, 64]]


def test_every_frame_needs_the_same_points_and_its_size() -> None:
    good = label([(1, 1), (2, 2)])
    with pytest.raises(DataError, match=r"dog, frame 00001: no points; tracks need both in every frame"):
        read_tracks(video(good, None), 256)
    with pytest.raises(DataError, match=r"frame 00000: points without the size of the frame \(Points.size\)"):
        read_tracks(video(label([(1, 1)], None)), 256)
    with pytest.raises(DataError, match="frame 00001: 1 points, but frame 00000 has 2 others"):
        read_tracks(video(good, label([(1, 1)])), 256)
