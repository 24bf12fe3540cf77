"""The box of a soft mask."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from corrbench.protocols.tracking import MASK
from corrbench.tracking.mask_box import box_of_mask
from corrbench.tracking.rectangles import Rectangle, coverage
from corrbench.tracking.rules import MaskTrackerRule

RULE = MASK.part(MaskTrackerRule)


def box(soft: Tensor, rule: MaskTrackerRule = RULE) -> tuple[float, float, float, float]:
    found = box_of_mask(soft, rule)
    assert found is not None
    return found.x, found.y, found.w, found.h


def filled(rows: slice, columns: slice, value: float = 1.0) -> Tensor:
    soft = torch.zeros(16, 16)
    soft[rows, columns] = value
    return soft


def test_a_full_rectangle_is_its_own_box() -> None:
    assert box(filled(slice(2, 8), slice(5, 9))) == pytest.approx((5, 2, 4, 6))


def test_a_single_cell_is_a_box_of_one_cell() -> None:
    assert box(filled(slice(3, 4), slice(7, 8))) == pytest.approx((7, 3, 1, 1))


def test_only_ratios_of_labels_count() -> None:
    assert box(filled(slice(2, 8), slice(5, 9), 0.3)) == pytest.approx((5, 2, 4, 6))


def test_cells_below_half_of_the_highest_are_left_out() -> None:
    soft = filled(slice(2, 8), slice(5, 9))
    soft[2:8, 9:12] = 0.49
    assert box(soft) == pytest.approx((5, 2, 4, 6))
    assert box(soft, replace(RULE, threshold=0.4))[2] > 5


def test_of_two_parts_the_heavier_one_counts() -> None:
    soft = filled(slice(2, 8), slice(5, 9), 0.8)
    soft[12:14, 12:14] = 1.0
    assert box(soft) == pytest.approx((5, 2, 4, 6))


def test_parts_that_touch_at_a_corner_are_two() -> None:
    soft = filled(slice(2, 5), slice(2, 5))
    soft[5, 5] = 1.0
    assert box(soft) == pytest.approx((2, 2, 3, 3))


def test_labels_that_are_too_low_are_no_box() -> None:
    assert box_of_mask(filled(slice(2, 8), slice(5, 9), 0.0999), RULE) is None
    assert box_of_mask(torch.zeros(4, 4), replace(RULE, least_peak=0)) is None


def test_cells_at_the_border_of_the_grid_are_cells_like_others() -> None:
    assert box(filled(slice(0, 3), slice(0, 2))) == pytest.approx((0, 0, 2, 3))


def test_the_box_of_a_coverage_is_the_box_but_for_the_cells_it_touches() -> None:
    true = Rectangle(4.25, 5.5, 6, 5)
    soft = coverage(true, Rectangle(0, 0, 16, 16), (16, 16))
    assert box(soft) == pytest.approx((4.25, 5.5, 6, 5), abs=0.3)
