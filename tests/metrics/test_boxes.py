from math import inf, nan, sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.boxes import box_centres, box_overlaps, centre_errors, normalised_centre_errors

BOX = torch.tensor([10.0, 20.0, 40.0, 60.0])


def boxes(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_half_a_box_to_the_right_overlaps_by_a_third():
    overlap = box_overlaps(boxes([0, 0, 4, 2]), boxes([2, 0, 4, 2]))
    assert overlap.dtype == torch.float64
    assert overlap.item() == 1 / 3


def test_touching_boxes_do_not_overlap():
    assert box_overlaps(boxes([0, 0, 4, 2], [0, 0, 4, 2]), boxes([4, 0, 4, 2], [0, 2, 4, 2])).tolist() == [0, 0]


@pytest.mark.parametrize(
    "broken",
    [[10, 20, 0, 60], [10, 20, 0, 0], [50, 20, -40, 60], [50, 80, -40, -60], [nan, 20, 40, 60], [10, 20, inf, 60]],
)
def test_a_box_without_a_finite_area_overlaps_nothing(broken: list[float]):
    pair = boxes(broken), BOX[None]
    assert box_overlaps(*pair).item() == 0
    assert box_overlaps(*pair[::-1]).item() == 0
    assert box_overlaps(pair[0], pair[0]).item() == 0


def test_the_centre_is_that_of_the_pixels_covered():
    assert box_centres(boxes([10, 20, 1, 1], [10, 20, 40, 60])).tolist() == [[10, 20], [29.5, 49.5]]


def test_errors_are_distances_of_centres_and_infinite_where_a_box_is_not_finite():
    moved = boxes([13, 24, 40, 60], [10, 20, 41, 60], [nan, 20, 40, 60], [10, inf, 40, 60])
    assert centre_errors(moved, BOX.expand(4, 4)).tolist() == [5, 0.5, inf, inf]
    assert normalised_centre_errors(moved, BOX.expand(4, 4), least_side=1).tolist()[2:] == [inf, inf]


def test_normalised_errors_are_in_widths_and_heights_of_the_true_box():
    moved = boxes([14, 20, 40, 60], [10, 26, 40, 60], [14, 26, 40, 60])
    errors = normalised_centre_errors(moved, BOX.expand(3, 4), least_side=1)
    assert errors.tolist() == pytest.approx([0.1, 0.1, sqrt(0.02)], abs=1e-15)


def test_a_true_box_without_width_is_as_wide_as_the_least_side():
    pair = boxes([13, 20, 0, 60]), boxes([10, 20, 0, 60])
    assert normalised_centre_errors(*pair, least_side=1).item() == 3
    assert normalised_centre_errors(*pair, least_side=1e-16, divide_centres=True).item() == pytest.approx(3e16)


def test_what_is_divided_first_decides_on_the_last_bit():
    pair = boxes([14, 20, 40, 60]), boxes([10, 20, 40, 60])
    assert normalised_centre_errors(*pair, least_side=1).item() == 0.1
    assert normalised_centre_errors(*pair, least_side=1, divide_centres=True).item() == 0.09999999999999998


def test_without_frames_there_are_no_values():
    empty = torch.zeros(0, 4)
    assert box_overlaps(empty, empty).shape == centre_errors(empty, empty).shape == (0,)


def test_other_numbers_of_boxes_are_refused_with_both():
    with pytest.raises(PredictionError, match=r"\(70, 4\).*\(71, 4\)"):
        box_overlaps(torch.zeros(70, 4), torch.zeros(71, 4))


PLACES, SIDES = st.floats(-50, 50), st.floats(0.125, 50)
PAIRS = st.lists(st.tuples(PLACES, PLACES, SIDES, SIDES), min_size=2, max_size=2)


@settings(deadline=None)
@given(PAIRS)
def test_overlap_and_distance_are_symmetric(pair: list[list[float]]):
    first, second = boxes(*pair)
    assert box_overlaps(first, second).equal(box_overlaps(second, first))
    assert centre_errors(first, second).equal(centre_errors(second, first))
    assert 0 <= box_overlaps(first, second).item() <= 1


@settings(deadline=None)
@given(PAIRS)
def test_a_box_agrees_with_itself(pair: list[list[float]]):
    both = boxes(*pair)
    assert box_overlaps(both, both).tolist() == pytest.approx([1, 1], abs=1e-12)
    assert centre_errors(both, both).tolist() == [0, 0]


@settings(deadline=None)
@given(st.lists(st.tuples(PLACES, PLACES, SIDES, SIDES), min_size=6, max_size=6))
def test_boxes_together_have_the_values_of_boxes_alone(rows: list[list[float]]):
    predicted, truth = boxes(*rows).reshape(2, 3, 4)
    for measure in (box_overlaps, centre_errors):
        alone = [measure(p, t) for p, t in zip(predicted, truth, strict=True)]
        assert torch.stack(alone).equal(measure(predicted, truth))
