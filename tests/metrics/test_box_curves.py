from dataclasses import astuple, replace
from math import inf, isnan, nan
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.box_curves import BoxRule, BoxScores, box_scores, box_values, mean_box_scores
from corrbench.metrics.curves import share_above, share_within

GOT10K = BoxRule(
    first_box="truth",
    missing_truth="left_out",
    outside_centre="measured",
    overlap_epsilon=2.0**-52,
    least_side=1.0,
    divide_centres=False,
    success_thresholds=tuple(i * 0.05 for i in range(21)),
    success_rate_at=0.5,
    precision_thresholds=(20.0,),
    normalised_thresholds=tuple(i * 0.01 for i in range(51)),
)
PYSOT = replace(
    GOT10K,
    first_box="predicted",
    missing_truth="missed",
    outside_centre="hit",
    overlap_epsilon=0.0,
    least_side=1e-16,
    divide_centres=True,
    normalised_thresholds=(0.2,),
)
RULES = pytest.mark.parametrize("rule", [GOT10K, PYSOT], ids=["got10k", "pysot"])
T = torch.arange(10.0, dtype=torch.float64)
TRUTH = torch.stack([100 + 3 * T, 50 + 2 * T, T * 0 + 40, T * 0 + 60], -1)
PREDICTED = torch.stack([100 + 2 * T, 50 + 2 * T, 40 + T, 60 - T], -1)


def scores_of(predicted: Tensor, truth: Tensor, rule: BoxRule) -> tuple[float, ...]:
    """AUC, precision, normalised precision, success rate."""
    scores = box_scores(box_values(predicted, truth, rule), rule)
    return scores.auc.item(), scores.precision.item(), scores.normalised_precision.item(), scores.success_rate.item()


@RULES
def test_ten_frames_have_the_values_of_the_toolkits(rule: BoxRule):
    values = box_values(PREDICTED, TRUTH, rule)
    overlaps = [1, 0.95974, 0.922099, 0.886814, 0.853659, 0.82243, 0.792952, 0.765067, 0.738636, 0.713536]
    assert values.overlap.tolist() == pytest.approx(overlaps, abs=1e-6)
    assert values.centre_error[[0, 1, 9]].tolist() == pytest.approx([0, 0.707107, 6.363961], abs=1e-6)
    auc, precision, _, success_rate = scores_of(PREDICTED, TRUTH, rule)
    assert (auc, precision, success_rate) == (pytest.approx(0.8285714, abs=1e-7), 1, 1)


def test_normalised_precision_is_the_mean_of_the_curve_or_its_value_at_a_fifth():
    assert scores_of(PREDICTED, TRUTH, GOT10K)[2] == pytest.approx(0.8549020, abs=1e-7)
    assert scores_of(PREDICTED, TRUTH, PYSOT)[2] == 1


@RULES
def test_exact_boxes_score_20_of_21(rule: BoxRule):
    assert scores_of(TRUTH, TRUTH, rule) == (pytest.approx(20 / 21), 1, 1, 1)


def test_the_first_box_is_the_truth_or_what_was_predicted():
    wrong = TRUTH.clone()
    wrong[0] = torch.tensor([0.0, 0.0, 5.0, 5.0])
    assert scores_of(wrong, TRUTH, GOT10K)[1] == 1
    assert scores_of(wrong, TRUTH, PYSOT)[1] == 0.9


@RULES
def test_a_lost_box_is_missed_by_every_measure(rule: BoxRule):
    lost = TRUTH.clone()
    lost[5] = nan
    values = box_values(lost, TRUTH, rule)
    assert (values.overlap[5], values.centre_error[5], values.normalised_error[5]) == (0, inf, inf)
    assert scores_of(lost, TRUTH, rule) == pytest.approx((18 / 21, 0.9, 0.9, 0.9))


def test_a_frame_without_truth_is_left_out_or_missed():
    absent = TRUTH.clone()
    absent[3:5] = nan
    assert scores_of(TRUTH, absent, GOT10K) == pytest.approx((20 / 21, 1, 1, 1))
    assert scores_of(TRUTH, absent, PYSOT) == pytest.approx((16 / 21, 0.8, 0.8, 0.8))


@RULES
def test_a_true_box_without_area_is_missed_and_its_centre_is_measured(rule: BoxRule):
    flat = TRUTH.clone()
    flat[4, 2] = 0
    auc, precision, _, success_rate = scores_of(flat, flat, rule)
    assert (auc, precision, success_rate) == (pytest.approx(18 / 21), 1, 0.9)


def test_pysot_counts_a_centre_outside_the_image_as_hit():
    outside = TRUTH.clone()
    outside[6:, 0] = -80
    assert scores_of(TRUTH, outside, GOT10K)[1] == 0.6
    assert scores_of(TRUTH, outside, PYSOT)[1] == 1


def test_a_data_set_is_the_mean_over_sequences_that_have_scores():
    short, unknown = TRUTH[:2], torch.full((4, 4), nan)
    sequences = [
        box_scores(box_values(predicted, truth, GOT10K), GOT10K)
        for predicted, truth in [(TRUTH, TRUTH), (short + 1000, short), (unknown, unknown)]
    ]
    assert isnan(sequences[2].auc)
    mean = mean_box_scores(sequences)
    assert (mean.precision.item(), mean.success_rate.item()) == (0.75, 0.75)


def test_without_sequences_or_frames_there_is_no_number():
    assert isnan(mean_box_scores([]).auc)
    assert isnan(scores_of(TRUTH[:0], TRUTH[:0], GOT10K)[0])


def test_other_numbers_of_boxes_are_refused_with_both():
    with pytest.raises(PredictionError, match=r"\(9, 4\).*\(10, 4\)"):
        box_values(TRUTH[:9], TRUTH, GOT10K)


@RULES
def test_sequences_together_have_the_scores_of_sequences_alone(rule: BoxRule):
    predicted, truth = torch.stack([PREDICTED, TRUTH + 7]), torch.stack([TRUTH, TRUTH])
    together = box_scores(box_values(predicted, truth, rule), rule)
    for i, alone in enumerate(zip(*(field.tolist() for field in fields_of(together)), strict=True)):
        assert alone == scores_of(predicted[i], truth[i], rule)


def fields_of(scores: BoxScores) -> tuple[Tensor, ...]:
    return scores.auc, scores.precision, scores.normalised_precision, scores.success_rate


def test_plots_are_curves_of_the_values():
    values = box_values(PREDICTED, TRUTH, GOT10K)
    success = share_above(values.overlap, GOT10K.success_thresholds)
    assert success[14:].tolist() == [1, 0.8, 0.6, 0.5, 0.3, 0.2, 0]
    assert share_within(values.centre_error, range(8)).tolist() == [0.1, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 1]


def real(data: Path, sequence: str) -> Tensor:
    rows = (data / "otb" / sequence / "groundtruth_rect.txt").read_text().replace(",", " ").split("\n")
    boxes = [[float(number) for number in row.split()] for row in rows if row.strip()]
    return torch.tensor(boxes, dtype=torch.float64) - torch.tensor([1, 1, 0, 0])


# AUC, precision, normalised precision and success rate that the toolkits give for four sequences together.
OFFICIAL = {
    ("lag", "got10k"): (0.46000933619435336, 0.7411133467471496, 0.41717391291050754, 0.516809188464118),
    ("lag", "pysot"): (0.46000933619435336, 0.7411133467471496, 0.38601970349227144, 0.516809188464118),
    ("shift", "got10k"): (0.5845826852959768, 1, 0.5630081293353677, 0.5342261904761905),
    ("shift", "pysot"): (0.5810597295474582, 1, 0.4604651162790698, 0.5291666666666667),
}


@pytest.mark.data
@pytest.mark.parametrize(("prediction", "evaluator"), OFFICIAL)
def test_real_sequences_score_as_the_toolkits_say(data: Path, prediction: str, evaluator: str):
    rule = {"got10k": GOT10K, "pysot": PYSOT}[evaluator]
    scores = []
    for sequence in ("Crossing", "Deer", "Diving", "KiteSurf"):
        truth = real(data, sequence)
        lag = truth[(torch.arange(len(truth)) - 3).clamp(min=0)]
        predicted = lag if prediction == "lag" else truth + torch.tensor([5, 5, 0, 0])
        scores.append(box_scores(box_values(predicted, truth, rule), rule))
    mean = [value.item() for value in astuple(mean_box_scores(scores))]
    assert mean == pytest.approx(OFFICIAL[prediction, evaluator], abs=1e-12)
