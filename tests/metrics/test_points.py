from math import inf, isnan, nan

import pytest
import torch

from corrbench.errors import PredictionError
from corrbench.metrics.pck import scaled_distances
from corrbench.metrics.points import mean_over_videos, point_pck

# Two frames of two points; the animal covers 400 and 900 pixels, of which the roots are 20 and 30.
TRUTH = torch.tensor([[[50.0, 50.0], [80.0, 20.0]], [[52.0, 50.0], [80.0, 25.0]]])
SCALE = torch.tensor([20.0, 30.0])
SEEN = torch.ones(2, 2, dtype=torch.bool)


def test_an_error_of_exactly_the_threshold_is_wrong():
    moved = TRUTH + torch.tensor([[[4.0, 0.0], [3.5, 0.0]], [[6.0, 0.0], [0.0, 5.5]]])
    distances = scaled_distances(moved, TRUTH, SEEN, SCALE)
    assert distances[:, 0].tolist() == [0.2, 0.2]
    assert point_pck(distances, 0.2) == 0.5


def test_only_visible_points_count_and_each_counts_the_same():
    visible = torch.tensor([[True, True], [True, False]])
    moved = TRUTH + torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[9.0, 0.0], [9.0, 0.0]]])
    distances = scaled_distances(moved, TRUTH, visible, SCALE)
    assert isnan(distances[1, 1])
    assert point_pck(distances, 0.2) == 2 / 3


def test_a_lost_point_is_a_miss_however_near_the_corner_the_truth_is():
    truth = torch.zeros(1, 1, 2)
    assert scaled_distances(truth - 1, truth, SEEN[:1, :1], SCALE[:1]).item() == inf


def test_beside_an_empty_mask_nothing_is_right():
    distances = scaled_distances(TRUTH, TRUTH, SEEN, torch.tensor([0.0, 30.0]))
    assert distances.tolist() == [[inf, inf], [0, 0]]
    assert point_pck(distances, 0.2) == 0.5


def test_without_visible_points_there_is_no_number():
    assert isnan(point_pck(scaled_distances(TRUTH, TRUTH, ~SEEN, SCALE), 0.2))
    assert isnan(point_pck(torch.zeros(0, 2), 0.2))


def test_a_scale_is_needed_for_every_frame():
    with pytest.raises(PredictionError, match=r"\(2,\) frames.*\(1,\)"):
        scaled_distances(TRUTH, TRUTH, SEEN, SCALE[:1])


def test_videos_weigh_the_same_and_one_without_a_number_is_left_out():
    assert mean_over_videos([0.25, nan, 0.75]) == 0.5
    assert isnan(mean_over_videos([]))


def test_errors_below_a_fifth_of_the_root_of_the_area_are_right():
    # Twelve errors of 0 to 11 pixels beside a mask of 625 pixels: the limit is 5.
    truth = torch.full((4, 3, 2), 100.0)
    errors = torch.arange(12.0).reshape(4, 3, 1) * torch.tensor([0.6, 0.8])
    distances = scaled_distances(truth + errors, truth, torch.ones(4, 3, dtype=torch.bool), torch.full((4,), 25.0))
    assert point_pck(distances, 0.2) == pytest.approx(5 / 12)
