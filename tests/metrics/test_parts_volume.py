from math import isnan, nan

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import DataError, PredictionError
from corrbench.metrics.parts_volume import (
    InstanceMatches,
    PartInstances,
    VolumeScores,
    match_instances,
    volume_precision,
)


def instances(rows: list[list[int]], parts: dict[int, int]) -> PartInstances:
    return PartInstances(
        torch.tensor(rows, dtype=torch.uint8),
        torch.tensor(list(parts), dtype=torch.int64),
        torch.tensor(list(parts.values()), dtype=torch.int64),
    )


def matches_of(classes: list[int], scores: list[float], overlaps: list[float], annotated: list[int]) -> InstanceMatches:
    return InstanceMatches(
        torch.tensor(classes, dtype=torch.int64),
        torch.tensor(scores, dtype=torch.float64),
        torch.tensor(overlaps, dtype=torch.float64),
        torch.tensor(annotated, dtype=torch.int64),
    )


def precision_of(scores: list[float], overlaps: list[float], annotated: int, threshold: float) -> float:
    """The average precision of class 1."""
    frame = matches_of([1] * len(scores), scores, overlaps, [0, annotated])
    return volume_precision([frame], [threshold]).classes[1, 0].item()


# Two arms (class 1) and a leg (class 2); one arm is found, half of the other, and the leg is called an arm.
TRUTH = instances([[7, 7, 0, 9, 9], [7, 7, 0, 9, 9], [5, 5, 5, 0, 0]], {7: 1, 9: 1, 5: 2})
FOUND = instances([[1, 1, 0, 2, 0], [1, 1, 0, 2, 0], [3, 3, 3, 0, 0]], {1: 1, 2: 1, 3: 1})
SCORES = torch.tensor([0.9, 0.8, 0.7], dtype=torch.float64)


def test_an_instance_matches_the_best_of_its_class():
    matches = match_instances(FOUND, SCORES, TRUTH, classes=3)
    assert matches.overlaps.tolist() == [1, 0.5, 0]
    assert matches.annotated.tolist() == [0, 2, 1]


def test_an_overlap_of_exactly_the_threshold_is_wrong():
    matches = match_instances(FOUND, SCORES, TRUTH, classes=3)
    scores = volume_precision([matches], [0.4, 0.5])
    assert scores.classes[1:].tolist() == [[1, 0.5], [0, 0]]
    assert scores.mean == 0.375


def test_precision_is_that_of_the_envelope():
    # Wrong, right, right: precision 0, 1/2, 2/3; recall 0, 1/2, 1.
    assert precision_of([0.9, 0.8, 0.7], [0, 1, 1], annotated=2, threshold=0.5) == pytest.approx(2 / 3)


def test_an_instance_found_twice_counts_twice():
    assert precision_of([0.9, 0.8], [0.4, 0.4], annotated=1, threshold=0.3) == 2


def test_predictions_of_one_score_are_taken_in_the_order_given():
    assert precision_of([0.5, 0.5], [1, 0], annotated=1, threshold=0.5) == 1
    assert precision_of([0.5, 0.5], [0, 1], annotated=1, threshold=0.5) == 0.5


def test_frames_are_pooled_before_they_are_sorted():
    frames = [matches_of([1], [0.2], [0], [0, 1]), matches_of([1], [0.9], [1], [0, 1])]
    assert volume_precision(frames, [0.5]).classes[1].item() == 0.5


def test_a_class_without_annotation_is_left_out_of_the_mean():
    frame = matches_of([1, 2], [0.9, 0.8], [1, 0], [0, 1, 0, 0])
    scores = volume_precision([frame], [0.5])
    assert scores.classes.flatten().isnan().tolist() == [True, False, True, True]
    assert scores.mean == 1


def test_an_annotated_class_without_predictions_has_none_right():
    assert volume_precision([matches_of([], [], [], [0, 3])], [0.5]).mean == 0


@pytest.mark.parametrize("frames", [[], [matches_of([], [], [], [0, 0])], [matches_of([1], [0.5], [0], [0, 0])]])
def test_without_annotation_there_is_no_number(frames: list[InstanceMatches]):
    assert isnan(volume_precision(frames, [0.5]).mean)


def test_instances_without_pixels_are_none_and_take_their_scores_along():
    listed = instances(FOUND.pixels.tolist(), {1: 1, 200: 1, -1: 1, 0: 1, 2: 1})
    matches = match_instances(listed, torch.tensor([0.9, 0.1, 0.2, 0.3, 0.8], dtype=torch.float64), TRUTH, classes=3)
    assert matches.scores.tolist() == [0.9, 0.8]
    assert matches.overlaps.tolist() == [1, 0.5]
    assert match_instances(FOUND, SCORES, instances(TRUTH.pixels.tolist(), {8: 1}), 3).annotated.tolist() == [0, 0, 0]


def test_a_frame_without_instances_has_no_matches():
    matches = match_instances(instances([[0, 0]], {}), torch.zeros(0), instances([[0, 0]], {}), classes=3)
    assert matches.overlaps.shape == (0,)
    assert matches.annotated.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("predicted", "scores", "truth", "error", "message"),
    [
        (instances([[0, 0]], {}), torch.zeros(0), TRUTH, PredictionError, r"\(1, 2\).*\(3, 5\)"),
        (FOUND, torch.zeros(2), TRUTH, PredictionError, "3 predicted instances need as many scores"),
        (FOUND, torch.tensor([0.5, nan, 0.5]), TRUTH, PredictionError, "none NaN"),
        (instances(FOUND.pixels.tolist(), {1: 20}), torch.zeros(1), TRUTH, PredictionError, "class 20 .* 0 to 2"),
        (FOUND, SCORES, instances(TRUTH.pixels.tolist(), {7: -1}), DataError, "class -1 .* 0 to 2"),
    ],
)
def test_what_cannot_be_matched_is_refused(
    predicted: PartInstances, scores: Tensor, truth: PartInstances, error: type[DataError], message: str
):
    with pytest.raises(error, match=message):
        match_instances(predicted, scores, truth, classes=3)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.floats(0, 1), st.floats(0, 1)), max_size=8),
    st.lists(st.floats(0.1, 0.9), min_size=2, max_size=4),
)
def test_a_higher_threshold_gives_no_more_and_permuting_the_classes_permutes_their_values(
    found: list[tuple[int, float, float]], thresholds: list[float]
):
    def scores_of(first: int, second: int) -> VolumeScores:
        classes = [first if each == 1 else second for each, _, _ in found]
        annotated = [0, 2, 2]
        frame = matches_of(classes, [score for _, score, _ in found], [overlap for *_, overlap in found], annotated)
        return volume_precision([frame], sorted(thresholds))

    scores, swapped = scores_of(1, 2), scores_of(2, 1)
    assert (scores.classes[1:].diff(dim=1) <= 1e-12).all()
    assert scores.classes[[2, 1]].equal(swapped.classes[[1, 2]])
