from math import isnan

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.parts import confusion_matrix, part_scores

# Two frames of three classes; class 2 is nowhere, 255 is void.
TRUTH = torch.tensor([[[0, 0, 1], [0, 1, 255]], [[0, 0, 0], [1, 1, 1]]], dtype=torch.uint8)
PREDICTED = torch.tensor([[[0, 1, 1], [0, 1, 1]], [[0, 0, 0], [0, 1, 1]]], dtype=torch.uint8)


def test_two_frames_have_the_matrices_worked_by_hand():
    assert confusion_matrix(PREDICTED, TRUTH, classes=3).tolist() == [
        [[2, 1, 0], [0, 2, 0], [0, 0, 0]],
        [[3, 0, 0], [1, 2, 0], [0, 0, 0]],
    ]


def test_their_sum_has_the_scores_worked_by_hand_and_the_absent_class_has_none():
    scores = part_scores(confusion_matrix(PREDICTED, TRUTH, classes=3).sum(0))
    assert scores.iou[:2].tolist() == [5 / 7, 4 / 6]
    assert isnan(scores.iou[2])
    assert scores.mean_iou.item() == pytest.approx((5 / 7 + 2 / 3) / 2)
    assert scores.accuracy.item() == 9 / 11
    assert scores.mean_accuracy.item() == pytest.approx((5 / 6 + 4 / 5) / 2)
    assert scores.weighted_iou.item() == pytest.approx(6 / 11 * 5 / 7 + 5 / 11 * 2 / 3)


def test_the_scores_of_the_sum_are_not_the_mean_over_frames():
    confusion = confusion_matrix(PREDICTED, TRUTH, classes=3)
    assert part_scores(confusion).mean_iou.tolist() == pytest.approx([2 / 3, (3 / 4 + 2 / 3) / 2])
    assert part_scores(confusion.sum(0)).mean_iou.item() == pytest.approx(0.690476190476)


def test_a_class_that_is_only_predicted_has_iou_0_and_no_accuracy():
    scores = part_scores(torch.tensor([[3, 1], [0, 0]]))
    assert scores.iou.tolist() == [0.75, 0]
    assert scores.mean_iou.item() == 0.375
    assert scores.mean_accuracy.item() == 0.75
    assert scores.weighted_iou.item() == 0.75


def test_without_pixels_all_scores_are_nan():
    confusion = confusion_matrix(torch.zeros(0, 4, 5, dtype=torch.uint8), torch.zeros(0, 4, 5, dtype=torch.uint8), 3)
    assert confusion.shape == (0, 3, 3)
    scores = part_scores(confusion.sum(0))
    assert scores.iou.isnan().all()
    assert isnan(scores.mean_iou)
    assert isnan(scores.accuracy)
    assert isnan(scores.mean_accuracy)
    assert isnan(scores.weighted_iou)


def test_the_truth_itself_scores_one_void_included():
    assert part_scores(confusion_matrix(TRUTH, TRUTH, classes=3).sum(0)).mean_iou.item() == 1


def test_an_unknown_class_is_refused_with_its_id():
    predicted = torch.tensor([[0, 25], [1, 25]], dtype=torch.uint8)
    with pytest.raises(PredictionError, match=r"class 25 is predicted.*0 to 19.*: 2\)"):
        confusion_matrix(predicted, torch.zeros(2, 2, dtype=torch.uint8), classes=20)


def test_frames_of_two_sizes_are_refused_with_both():
    with pytest.raises(PredictionError, match=r"\(2, 3\).*\(2, 4\)"):
        confusion_matrix(torch.zeros(2, 3, dtype=torch.uint8), torch.zeros(2, 4, dtype=torch.uint8), classes=20)


def test_soft_labels_are_no_ids():
    with pytest.raises(PredictionError, match=r"torch\.float32"):
        confusion_matrix(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.uint8), classes=20)


@st.composite
def frames(draw: st.DrawFn) -> Tensor:
    """Predicted and true ids 0 to 3 of three frames of 2 x 3 pixels, void in the truth: (2, 3, 2, 3)."""
    ids = draw(st.lists(st.sampled_from([0, 1, 2, 3, 255]), min_size=36, max_size=36))
    both = torch.tensor(ids, dtype=torch.uint8).reshape(2, 3, 2, 3)
    both[0][both[0] == 255] = 0
    return both


@settings(deadline=None)
@given(frames())
def test_frames_together_have_the_matrices_of_frames_alone(both: Tensor):
    alone = [confusion_matrix(p, t, classes=4) for p, t in zip(*both, strict=True)]
    assert torch.stack(alone).equal(confusion_matrix(*both, classes=4))


@settings(deadline=None)
@given(frames(), st.permutations(range(4)))
def test_permuting_the_classes_permutes_their_scores_only(both: Tensor, order: list[int]):
    names = torch.arange(256, dtype=torch.uint8)
    names[:4] = torch.tensor(order, dtype=torch.uint8)
    before = part_scores(confusion_matrix(*both, classes=4).sum(0))
    after = part_scores(confusion_matrix(*names[both.long()], classes=4).sum(0))
    assert after.iou[order].nan_to_num(nan=-1).equal(before.iou.nan_to_num(nan=-1))
    torch.testing.assert_close(after.mean_iou, before.mean_iou, equal_nan=True)
    torch.testing.assert_close(after.weighted_iou, before.weighted_iou, equal_nan=True)
