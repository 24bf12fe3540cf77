from math import nan

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import DataError, PredictionError
from corrbench.metrics.tap import TapScores, evaluated_frames, tap_scores

DISTANCES = [1, 2, 4, 8, 16]
TRACKS = torch.tensor([[[10.0, 10.0], [12.0, 10.0], [14.0, 10.0]], [[99.0, 50.0], [99.0, 52.0], [99.0, 54.0]]])
NEVER = torch.zeros(2, 3, dtype=torch.bool)
AFTER = evaluated_frames(torch.tensor([0, 0]), 3, "first")


def scores_of(
    predicted: Tensor = TRACKS, predicted_occluded: Tensor = NEVER, occluded: Tensor = NEVER, evaluated: Tensor = AFTER
) -> TapScores:
    return tap_scores(predicted, predicted_occluded, TRACKS, occluded, evaluated, DISTANCES)


def flags(*rows: str) -> Tensor:
    return torch.tensor([[mark == "#" for mark in row] for row in rows])


def test_the_truth_scores_one():
    scores = scores_of()
    assert scores.delta.tolist() == scores.jaccard.tolist() == [1, 1, 1, 1, 1]
    assert scores.delta_average == scores.average_jaccard == scores.occlusion_accuracy == 1


def test_a_shift_of_one_pixel_is_not_within_one_but_within_two():
    scores = scores_of(TRACKS + torch.tensor([1.0, 0.0]))
    assert scores.delta.tolist() == [0, 1, 1, 1, 1]
    assert scores.average_jaccard.item() == pytest.approx(0.8)


def test_a_point_said_to_be_occluded_is_missed_by_jaccard_and_not_by_delta():
    scores = scores_of(predicted_occluded=flags("..#", "..."))
    assert scores.delta.tolist() == [1, 1, 1, 1, 1]
    assert scores.jaccard.tolist() == [0.75] * 5
    assert scores.occlusion_accuracy.item() == 0.75


def test_an_occluded_point_said_to_be_visible_is_wrong_wherever_it_is():
    scores = scores_of(occluded=flags("..#", "..."))
    assert scores.delta.tolist() == [1, 1, 1, 1, 1]
    assert scores.jaccard.tolist() == [0.75] * 5
    assert scores.occlusion_accuracy.item() == 0.75


def test_a_visible_point_in_the_wrong_place_is_both_missed_and_wrong():
    far = TRACKS.clone()
    far[0, 2] += 100
    scores = scores_of(far)
    assert scores.delta.tolist() == [0.75] * 5
    assert scores.jaccard.tolist() == [3 / 5] * 5


def test_only_evaluated_frames_count():
    far = TRACKS.clone()
    far[:, 0] += 100
    assert scores_of(far, predicted_occluded=flags("#..", "#..")).average_jaccard == 1


def test_a_position_that_is_no_number_is_wrong_and_an_occluded_truth_may_be_none():
    broken = TRACKS.clone()
    broken[0, 1] = nan
    assert scores_of(broken).delta.tolist() == [0.75] * 5
    hidden = flags("..#", "...")
    truth = TRACKS.clone()
    truth[0, 2] = nan
    scores = tap_scores(TRACKS, hidden, truth, hidden, AFTER, DISTANCES)
    assert scores.delta_average == scores.average_jaccard == scores.occlusion_accuracy == 1


def test_without_evaluated_points_there_is_no_number():
    scores = scores_of(evaluated=NEVER)
    assert scores.delta.isnan().all()
    assert scores.average_jaccard.isnan()
    assert scores.occlusion_accuracy.isnan()
    none = torch.zeros(0, 3, dtype=torch.bool)
    assert tap_scores(TRACKS[:0], none, TRACKS[:0], none, none, DISTANCES).delta_average.isnan()


def test_queries_at_the_first_visible_frame_are_evaluated_after_it():
    assert evaluated_frames(torch.tensor([0, 2, 3]), 4, "first").equal(flags(".###", "...#", "...."))


def test_strided_queries_are_evaluated_in_all_other_frames():
    assert evaluated_frames(torch.tensor([0, 2]), 4, "strided").equal(flags(".###", "##.#"))


def test_a_query_outside_the_video_is_refused():
    with pytest.raises(DataError, match="frame 4 of a video of 4 frames"):
        evaluated_frames(torch.tensor([0, 4]), 4, "first")


def test_points_of_two_shapes_are_refused_with_all_shapes():
    with pytest.raises(PredictionError, match=r"\(2, 2, 2\), \(2, 3, 2\)"):
        scores_of(TRACKS[:, 1:])


def drift() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Four tracks in seven frames: predicted and true positions, predicted and true occlusion."""
    n, t = torch.arange(4)[:, None], torch.arange(7)
    truth = torch.stack([40 + 30 * n + 3 * t, 90 + 11 * n - 2 * t], -1).double()
    predicted = truth + torch.stack([(3 * t + 5 * n) % 7 - 2, (2 * t * n) % 5 * 2], -1)
    return predicted, truth, (t + 2 * n) % 5 == 1, (t * t + n) % 5 == 1


# Delta and Jaccard at the five distances, and occlusion accuracy, that the evaluation of TAP-Net gives.
OFFICIAL = {
    "first": ([2 / 16, 3 / 16, 8 / 16, 13 / 16, 1], [1 / 32, 2 / 31, 7 / 26, 11 / 22, 14 / 19], 16 / 21),
    "strided": ([2 / 18, 4 / 18, 9 / 18, 14 / 18, 1], [1 / 37, 3 / 35, 8 / 30, 12 / 26, 16 / 22], 18 / 24),
}


@pytest.mark.parametrize("mode", OFFICIAL)
def test_the_evaluation_of_tapnet_says_the_same(mode: str):
    predicted, truth, said, occluded = drift()
    evaluated = evaluated_frames(torch.tensor([0, 1, 2, 0]), 7, mode)
    scores = tap_scores(predicted, said, truth, occluded, evaluated, DISTANCES)
    delta, jaccard, accuracy = OFFICIAL[mode]
    assert scores.delta.tolist() == pytest.approx(delta, abs=1e-12)
    assert scores.jaccard.tolist() == pytest.approx(jaccard, abs=1e-12)
    assert scores.occlusion_accuracy.item() == pytest.approx(accuracy, abs=1e-12)


@settings(deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_the_tracks_does_not_matter(order: list[int]):
    tracks, evaluated = drift(), evaluated_frames(torch.tensor([0, 1, 2, 0]), 7, "first")
    predicted, truth, said, occluded = tracks
    before = tap_scores(predicted, said, truth, occluded, evaluated, DISTANCES)
    predicted, truth, said, occluded = (each[order] for each in tracks)
    after = tap_scores(predicted, said, truth, occluded, evaluated[order], DISTANCES)
    assert after.delta.equal(before.delta)
    assert after.jaccard.equal(before.jaccard)


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 20), min_size=2, max_size=5))
def test_a_larger_distance_gives_no_less(distances: list[float]):
    predicted, truth, said, occluded = drift()
    evaluated = evaluated_frames(torch.tensor([0, 1, 2, 0]), 7, "strided")
    scores = tap_scores(predicted, said, truth, occluded, evaluated, sorted(distances))
    assert (scores.delta.diff() >= 0).all()
    assert (scores.jaccard.diff() >= 0).all()
    assert (scores.jaccard <= scores.delta).all()


def test_videos_together_have_the_scores_of_videos_alone():
    predicted, truth, said, occluded = drift()
    evaluated = evaluated_frames(torch.tensor([0, 1, 2, 0]), 7, "first")
    one = tap_scores(predicted, said, truth, occluded, evaluated, DISTANCES)
    other = tap_scores(truth, said, truth, occluded, evaluated, DISTANCES)
    pair = [torch.stack(each) for each in ((predicted, truth), (said, said), (truth, truth), (occluded, occluded))]
    both = tap_scores(*pair, evaluated.expand(2, 4, 7), DISTANCES)
    assert both.jaccard.equal(torch.stack([one.jaccard, other.jaccard]))
    assert both.average_jaccard.equal(torch.stack([one.average_jaccard, other.average_jaccard]))
