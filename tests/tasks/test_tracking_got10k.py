"""The numbers of GOT-10k: boxes bounded to the image, frames pooled, the first one left out."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.metrics.box_curves import box_values
from corrbench.metrics.boxes import bounded_boxes, box_overlaps
from corrbench.protocols.tracking import MASK, TRACKING_PROTOCOLS
from corrbench.protocols.tracking_rules import GOT10K_VAL_SCORING
from corrbench.tasks.task import SequenceScores
from corrbench.tasks.tracking import tracking

RULE = next(protocol for protocol in TRACKING_PROTOCOLS if protocol.name == "mask-got10k")
TASK = tracking()
SIZE = (60, 100)  # rows, columns


def boxes(*rows: tuple[float, float, float, float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def scored(predicted: Tensor, truth: Tensor, absent: tuple[int, ...] = (), name: str = "fish") -> SequenceScores:
    labels = [None if index in absent else box for index, box in enumerate(truth)]
    frames = [torch.zeros(3, *SIZE, dtype=torch.uint8)] * len(truth)
    scorer = TASK.scorer(Video(name, frames, labels, tuple(map(str, range(len(truth))))), RULE)
    for index, box in enumerate(predicted):
        scorer.add(index, box, labels[index])
    return scorer.scores()


def test_boxes_are_bounded_as_the_toolkit_bounds_those_that_count_from_1() -> None:
    # In the file x is 91: up to 100 there are 9 columns. Left of the image a box keeps its width.
    assert bounded_boxes(boxes((90, 10, 20, 10)), SIZE).tolist() == [[90, 10, 9, 10]]
    assert bounded_boxes(boxes((-11, 10, 20, 10)), SIZE).tolist() == [[-1, 10, 20, 10]]
    assert bounded_boxes(boxes((150, 70, 20, 10)), SIZE).tolist() == [[99, 59, 0, 0]]
    assert bounded_boxes(boxes((10, 10, 20, 10)), SIZE).tolist() == [[10, 10, 20, 10]]


def test_a_box_that_leaves_the_image_overlaps_by_what_is_inside() -> None:
    predicted, truth = boxes((80, 10, 20, 10)), boxes((90, 10, 20, 10))
    assert box_overlaps(predicted, truth).item() == pytest.approx(10 / 30)
    bounded = box_values(predicted.repeat(2, 1), truth.repeat(2, 1), GOT10K_VAL_SCORING, SIZE).overlap
    # 19 and 9 columns are left, and 9 are shared; the first frame is not scored.
    assert bounded[0].isnan()
    assert bounded[1].item() == pytest.approx(9 / 19)


def test_frames_of_all_sequences_count_alike() -> None:
    inside = (10.0, 10.0, 20.0, 20.0)
    good = scored(boxes(*[inside] * 4), boxes(*[inside] * 4))
    bad = scored(boxes(inside, (60, 30, 20, 20)), boxes(inside, inside), name="bird")
    assert good.stems == ("1", "2", "3")
    summary = TASK.summarise({"fish": good, "bird": bad}, RULE)
    assert summary.metrics == {"AO": pytest.approx(0.75), "SR@0.5": 0.75, "SR@0.75": 0.75}
    assert summary.objects["bird_1"] == {"AO": 0, "SR@0.5": 0, "SR@0.75": 0}


def test_frames_that_do_not_show_the_target_are_left_out() -> None:
    inside = (10.0, 10.0, 20.0, 20.0)
    away = (60.0, 30.0, 20.0, 20.0)
    scores = scored(boxes(inside, away, inside), boxes(inside, inside, inside), absent=(1,))
    assert scores.stems == ("2",)
    assert TASK.summarise({"fish": scores}, RULE).metrics["AO"] == pytest.approx(1)


def test_a_rate_is_the_share_of_overlaps_above_it() -> None:
    truth = (10.0, 10.0, 20.0, 10.0)
    # Two thirds and four fifths of the union are shared; 0.5 is not above 0.5.
    others = [(10.0, 10.0, 30.0, 10.0), (10.0, 10.0, 25.0, 10.0), (10.0, 10.0, 40.0, 10.0)]
    summary = TASK.summarise({"fish": scored(boxes(truth, *others), boxes(*[truth] * 4))}, RULE)
    assert summary.metrics["SR@0.5"] == pytest.approx(2 / 3)
    assert summary.metrics["SR@0.75"] == pytest.approx(1 / 3)
    assert summary.metrics["AO"] == pytest.approx((2 / 3 + 4 / 5 + 1 / 2) / 3)


def test_nothing_scored_is_no_numbers() -> None:
    inside = boxes((10, 10, 20, 20))
    summary = TASK.summarise({"fish": scored(inside, inside)}, RULE)
    assert (summary.metrics, summary.objects) == ({}, {})


def test_a_rule_that_bounds_boxes_needs_the_size_of_the_image() -> None:
    with pytest.raises(DataError, match="bounded to images whose size is not known"):
        box_values(boxes((1, 1, 2, 2)), boxes((1, 1, 2, 2)), GOT10K_VAL_SCORING)


def test_the_tracker_is_the_same_whoever_scores_it() -> None:
    assert replace(RULE, name="mask", scoring=MASK.scoring).hash == MASK.hash
