"""The walk of points through a video, and the scorer, on videos made by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError
from corrbench.evaluation.evaluate import VideoResult, evaluate_video
from corrbench.protocols.badja import STT as MARKS
from corrbench.protocols.jhmdb import CRW, JHMDB_PROTOCOLS, STT, UVC
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule
from corrbench.tasks.badja import badja
from corrbench.tasks.jhmdb import jhmdb
from corrbench.tasks.points import PointScorer, as_prediction, start_points

NAMES = ("upper_left", "upper_right", "lower_left", "lower_right")
HEIGHT, WIDTH, FRAMES, SIDE, STEP = 64, 96, 4, 32, 8


class Numbers:
    """A direction of its own for each of the numbers that cells of 8 x 8 pixels have as their red."""

    stride = 8

    def __call__(self, frames: Tensor) -> Tensor:
        numbers = (frames[:, 0, ::8, ::8] * 255).round().long()
        return one_hot(numbers, 256).permute(0, 3, 1, 2).float()


def square(index: int) -> Points:
    """The corners of a square of 32 pixels that starts at (16, 16) and moves 8 to the right a frame."""
    left, top = 16 + STEP * index, 16
    corners = [(left, top), (left + SIDE, top), (left, top + SIDE), (left + SIDE, top + SIDE)]
    positions = torch.tensor(corners, dtype=torch.float64)
    return Points(NAMES, positions, torch.ones(4, dtype=torch.bool), scale=40.0, size=(HEIGHT, WIDTH))


def frame(index: int) -> Tensor:
    """A picture in which every cell has a number of its own, and which moves with the square."""
    cells = (HEIGHT // 8, WIDTH // 8)
    numbers = torch.arange(cells[0] * cells[1], dtype=torch.uint8).reshape(1, *cells)
    return numbers.roll(index, 2).repeat_interleave(8, 1).repeat_interleave(8, 2).expand(3, HEIGHT, WIDTH)


def moving(labels: Sequence[Points | None] | None = None) -> Video[Points]:
    known = [square(index) for index in range(FRAMES)] if labels is None else labels
    stems = tuple(f"{index:05d}" for index in range(len(known)))
    return Video("square", [frame(index) for index in range(len(known))], known, stems)


def native(protocol: Protocol) -> Protocol:
    """The protocol at the size of the frames."""
    return replace(protocol, frames=FrameRule(resize="native", size=0, multiple=1))


def evaluated(protocol: Protocol, video: Video[Points] | None = None) -> VideoResult:
    task = badja() if protocol.task == "badja" else jhmdb()
    return evaluate_video(Numbers(), video or moving(), task, native(protocol), torch.device("cpu"))


@pytest.mark.parametrize(
    "protocol", [p for p in JHMDB_PROTOCOLS if p.name != "uvc"], ids=lambda protocol: protocol.name
)
def test_the_corners_of_a_square_that_moves_are_followed(protocol: Protocol) -> None:
    result = evaluated(protocol)
    metrics = jhmdb().summarise({"square": result.scores}, protocol).metrics
    # A cell is 8 of the 27 pixels of the body: a point may be off by one.
    assert metrics["PCK@0.4"] == metrics["strict PCK@0.4"] == metrics["coverage"] == 1
    assert result.scores.values["distance"].max() <= 0.3


def test_uvc_follows_where_its_softmax_over_all_cells_is_not_flat() -> None:
    sharp = UVC.with_settings({"temperature": "0.05"})
    assert jhmdb().summarise({"square": evaluated(sharp).scores}, sharp).metrics["PCK@0.4"] == 1


def test_the_marks_of_a_square_that_moves_are_followed() -> None:
    result = evaluated(MARKS)
    assert result.scores.stems == ("00001", "00002", "00003")
    assert badja().summarise({"square": result.scores}, MARKS).metrics == {"PCK@0.2": 1.0, "coverage": 1.0}


def test_a_frame_without_marks_is_propagated_and_not_scored() -> None:
    labels = [square(0), None, None, square(3)]
    result = evaluated(MARKS, moving(labels))
    assert (result.frames, result.scores.stems) == (4, ("00003",))
    assert badja().summarise({"square": result.scores}, MARKS).metrics["PCK@0.2"] == 1


def test_a_mark_that_frame_0_hides_is_lost_and_so_a_miss_where_it_is_seen() -> None:
    labels = [square(index) for index in range(FRAMES)]
    labels[0] = replace(labels[0], visible=torch.tensor([True, True, True, False]))
    summary = badja().summarise({"square": evaluated(MARKS, moving(labels)).scores}, MARKS)
    assert summary.metrics == {"PCK@0.2": 0.75, "coverage": 0.75}
    assert summary.objects["square_lower_right"] == {"PCK@0.2": 0.0}


def test_a_joint_that_starts_outside_the_frame_costs_under_the_strict_rule_alone() -> None:
    labels = [square(index) for index in range(FRAMES)]
    positions = labels[0].positions.clone()
    positions[3] = torch.tensor([-90.0, -90.0])
    labels[0] = replace(labels[0], positions=positions, visible=torch.tensor([True, True, True, False]))
    summary = jhmdb().summarise({"square": evaluated(CRW, moving(labels)).scores}, CRW)
    assert summary.metrics["PCK@0.4"] == 1
    assert summary.metrics["coverage"] == 0.75
    assert summary.metrics["strict PCK@0.4"] == 0.75


def test_frame_0_is_read_from_the_soft_labels_or_from_the_blobs_as_drawn() -> None:
    for protocol, close in ((CRW, 8.0), (STT, 0.5)):
        walk = start_points(square(0), (8, 12), (HEIGHT, WIDTH), protocol)
        found = walk.predict(0, walk.first)
        assert found.names == NAMES
        assert bool(found.visible.all())
        assert (found.positions - square(0).positions).abs().max() <= close


def test_a_label_without_points_or_without_the_size_of_its_frame_is_refused() -> None:
    with pytest.raises(DataError, match=r"the reader has to give Points\.size"):
        start_points(replace(square(0), size=None), (8, 12), (HEIGHT, WIDTH), CRW)
    nothing = Points((), torch.zeros(0, 2, dtype=torch.float64), torch.zeros(0, dtype=torch.bool), size=(64, 96))
    with pytest.raises(DataError, match="no points to follow"):
        start_points(nothing, (8, 12), (HEIGHT, WIDTH), CRW)


# The scorer


def right(_: int, predicted: Points, truth: Points) -> dict[str, Tensor]:
    return {"right": (predicted.positions == truth.positions).all(1).double()}


def test_values_come_in_the_order_of_frames_in_whatever_order_they_were_added() -> None:
    video = moving()
    scorer = PointScorer(video, 1, right)
    for index in (3, 1, 2):
        assert scorer.wants(index)
        scorer.add(index, as_prediction(NAMES, square(1).positions), square(index))
    assert not scorer.wants(0)
    scores = scorer.scores()
    assert (scores.objects, scores.stems) == (NAMES, ("00001", "00002", "00003"))
    assert scores.values["right"].tolist() == [[1, 0, 0]] * 4


def test_points_that_are_not_those_of_the_truth_are_refused_with_the_frame() -> None:
    scorer = PointScorer(moving(), 0, right)
    with pytest.raises(PredictionError, match="square, frame 00002: predicted 2 points, the ground truth has 4"):
        scorer.add(2, as_prediction(NAMES[:2], torch.zeros(2, 2)), square(2))


def test_nothing_scored_is_no_numbers_and_a_note() -> None:
    video = moving([square(0), None, None])
    for task, protocol in ((jhmdb(), CRW), (badja(), MARKS)):
        scores = task.scorer(video, protocol).scores()
        assert scores.stems == ()
        summary = task.summarise({"square": scores}, protocol)
        assert (summary.metrics, summary.objects) == ({}, {})
        assert summary.notes == ("left out, for want of frames to score: square",)
        assert task.official_files({"square": scores}, protocol, "test1") == {}
