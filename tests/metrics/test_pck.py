from math import inf, isnan, nan

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.pck import CountedJoints, box_diagonals, joint_coverage, joint_distances, joint_pck

ALPHAS = [0.1, 0.2, 0.3, 0.4, 0.5]
RULES: list[CountedJoints] = ["x_not_negative", "x_positive", "truth_inside"]
# One frame of three joints in a box of 30 x 40 pixels: 0.6 of its diagonal are 30 pixels.
BODY = torch.tensor([[[10.0, 10.0], [40.0, 50.0], [30.0, 20.0]]])
LOST = torch.tensor([-1.0, -1.0])


def distances_of(predicted: Tensor, rule: CountedJoints, truth: Tensor = BODY, inside: Tensor | None = None) -> Tensor:
    everywhere = torch.ones(truth.shape[:-1], dtype=torch.bool)
    return joint_distances(predicted, truth, everywhere if inside is None else inside, rule, 0.6)


def replaced(joint: int, position: list[float]) -> Tensor:
    predicted = BODY.clone()
    predicted[0, joint] = torch.tensor(position)
    return predicted


@pytest.mark.parametrize("rule", RULES)
def test_the_truth_is_right_at_every_threshold(rule: CountedJoints):
    assert joint_pck(distances_of(BODY, rule), ALPHAS).mean.tolist() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("rule", RULES)
def test_a_shift_of_15_percent_of_the_body_is_wrong_at_10_and_right_at_20(rule: CountedJoints):
    moved = BODY + torch.tensor([4.5, 0])
    assert joint_pck(distances_of(moved, rule), ALPHAS).mean.tolist() == [0, 1, 1, 1, 1]


def test_an_error_at_the_threshold_is_right():
    moved = distances_of(BODY + torch.tensor([0.0, 3.0]), "x_not_negative")
    assert moved.tolist() == [[0.1, 0.1, 0.1]]
    assert joint_pck(moved, [0.1]).mean.item() == 1


def test_a_lost_joint_is_not_counted_by_the_published_rules_and_is_a_miss_by_the_strict_one():
    lost = replaced(2, [-1, -1])
    assert distances_of(lost, "x_not_negative").nan_to_num(nan=9).tolist() == [[0, 0, 9]]
    assert distances_of(lost, "x_positive").nan_to_num(nan=9).tolist() == [[0, 0, 9]]
    assert distances_of(lost, "truth_inside").tolist() == [[0, 0, inf]]


def test_a_joint_at_the_left_border_is_counted_by_crw_and_dropped_by_vfs():
    at_zero = replaced(0, [0, 10])
    assert distances_of(at_zero, "x_not_negative").tolist() == [[10 / 30, 0, 0]]
    assert isnan(distances_of(at_zero, "x_positive")[0, 0])


def test_a_lost_joint_changes_the_others_only_by_the_box():
    # Without the joint at (40, 50) the box is 20 x 10 around (10, 10) and (30, 20).
    lost = replaced(1, [-1, -1]) + torch.tensor([[[3.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    assert distances_of(lost, "truth_inside").tolist() == [[0.1, inf, 0]]
    expected = 3 / (0.6 * 500**0.5)
    assert distances_of(lost, "x_not_negative")[0, 0].item() == pytest.approx(expected, abs=1e-15)


def test_a_joint_outside_the_image_counts_only_by_the_published_rules():
    inside = torch.tensor([[True, False, True]])
    assert distances_of(BODY, "x_not_negative", inside=inside).tolist() == [[0, 0, 0]]
    assert distances_of(BODY, "truth_inside", inside=inside).nan_to_num(nan=9).tolist() == [[0, 9, 0]]


def test_a_body_of_one_joint_has_no_size_and_so_misses_even_the_truth():
    only = torch.tensor([[False, True, False]])
    assert distances_of(BODY, "truth_inside", inside=only).nan_to_num(nan=9, posinf=8).tolist() == [[9, 8, 9]]


def test_a_prediction_that_is_no_number_is_a_miss_and_a_truth_that_is_none_does_not_count():
    assert distances_of(replaced(2, [nan, 5]), "x_not_negative").tolist() == [[0, 0, inf]]
    assert distances_of(BODY, "truth_inside", truth=replaced(2, [nan, nan])).nan_to_num(nan=9).tolist() == [[0, 0, 9]]


def test_the_box_is_around_the_joints_that_count():
    counts = torch.tensor([[True, True, False], [False, False, False], [False, True, False]])
    assert box_diagonals(BODY.expand(3, 3, 2), counts).tolist() == [50, 0, 0]


def test_the_mean_is_over_joints_however_often_each_counts():
    distances = torch.tensor([[0.0, 9.0, nan], [nan, 9.0, nan], [nan, 9.0, nan], [nan, 0.0, nan]])
    scores = joint_pck(distances, [0.1])
    assert scores.joints.nan_to_num(nan=9).tolist() == [[1, 0.25, 9]]
    assert scores.mean.item() == 0.625


@pytest.mark.parametrize("shape", [(0, 15), (4, 0)])
def test_without_frames_or_joints_there_is_no_number(shape: tuple[int, int]):
    empty = torch.zeros(*shape, 2)
    distances = distances_of(empty, "truth_inside", truth=empty)
    assert distances.shape == shape
    assert joint_pck(distances, ALPHAS).mean.isnan().tolist() == [True] * 5
    assert isnan(joint_coverage(torch.zeros(0, 15), torch.zeros(0, 15, dtype=torch.bool)))


def test_coverage_is_the_share_of_the_joints_inside_the_image_that_count():
    distances = torch.tensor([[0.1, nan, inf, 0.2]])
    assert joint_coverage(distances, torch.tensor([[True, True, True, False]])) == 2 / 3


def test_positions_of_two_shapes_are_refused_with_both():
    with pytest.raises(PredictionError, match=r"\(4, 15, 2\).*\(5, 15, 2\)"):
        distances_of(torch.zeros(4, 15, 2), "x_positive", truth=torch.zeros(5, 15, 2))


def walk() -> tuple[Tensor, Tensor]:
    """Six frames of fifteen joints, predicted and true, some lost and some at x = 0."""
    t, j = torch.arange(6)[:, None], torch.arange(15)
    truth = torch.stack([60 + 13 * j + 2 * t, 40 + 11 * (j * j % 7) + 3 * t], -1).double()
    predicted = truth + torch.stack([(5 * t + 3 * j) % 11 * 4 - 16, (3 * t + 7 * j) % 9 * 5 - 20], -1)
    predicted[t * j % 13 == 5] = -1
    predicted[..., 0][(t + 2 * j) % 17 == 3] = 0
    return predicted, truth


def test_the_script_of_crw_and_uvc_says_the_same():
    predicted, truth = walk()
    scores = joint_pck(distances_of(predicted[1:], "x_not_negative", truth=truth[1:]), ALPHAS)
    assert scores.mean.tolist() == pytest.approx([0.19, 0.69, 0.943333333333, 0.943333333333, 0.943333333333])
    official = [0.6, 0.75, 0.4, 0.6, 0.8, 0.75, 0.5, 0.8, 0.6, 0.4, 1, 0.75, 0.8, 0.6, 1]
    assert scores.joints[1].tolist() == pytest.approx(official)


def test_the_evaluation_of_vfs_says_the_same():
    predicted, truth = walk()
    scores = joint_pck(distances_of(predicted, "x_positive", truth=truth), ALPHAS)
    assert scores.mean.tolist() == pytest.approx([0.185555555556, 0.731111111111, 1, 1, 1])
    official = [0.6, 1, 0.5, 2 / 3, 5 / 6, 0.8, 0.6, 2 / 3, 0.8, 0.6, 1, 0.8, 5 / 6, 2 / 3, 0.6]
    assert scores.joints[1].tolist() == pytest.approx(official)


@settings(deadline=None)
@given(st.permutations(range(15)), st.sampled_from(RULES))
def test_permuting_the_joints_permutes_their_values_only(order: list[int], rule: CountedJoints):
    predicted, truth = walk()
    distances = distances_of(predicted, rule, truth=truth)
    permuted = distances_of(predicted[:, order], rule, truth=truth[:, order])
    assert permuted.nan_to_num(nan=-1).equal(distances[:, order].nan_to_num(nan=-1))
    torch.testing.assert_close(joint_pck(permuted, ALPHAS).mean, joint_pck(distances, ALPHAS).mean)


@pytest.mark.parametrize("rule", RULES)
def test_frames_together_have_the_values_of_frames_alone(rule: CountedJoints):
    predicted, truth = walk()
    alone = [distances_of(p, rule, truth=t) for p, t in zip(predicted, truth, strict=True)]
    together = distances_of(predicted, rule, truth=truth)
    assert torch.stack(alone).nan_to_num(nan=-1).equal(together.nan_to_num(nan=-1))
