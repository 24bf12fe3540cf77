"""Boxes and regions share one geometry: pixel i covers [i, i + 1]."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corrbench.tracking.rectangles import Rectangle, around, coverage, rectangle


def test_a_box_is_a_rectangle_as_it_stands() -> None:
    box = torch.tensor([10.0, 20.0, 40.0, 60.0], dtype=torch.float64)
    assert rectangle(box) == Rectangle(10, 20, 40, 60)
    assert rectangle(box).box().equal(box)
    assert rectangle(box).centre == (30, 50)


def test_scaling_keeps_the_middle() -> None:
    assert Rectangle(10, 20, 40, 60).scaled(2) == Rectangle(-10, -10, 80, 120)
    assert around((30, 50), 4, 2) == Rectangle(28, 49, 4, 2)


def test_a_cell_that_is_half_covered_counts_half() -> None:
    covered = coverage(Rectangle(3, 2, 4, 4), Rectangle(0, 0, 8, 8), (4, 4))  # cells of 2 x 2 pixels
    assert covered.tolist() == [
        [0, 0, 0, 0],
        [0, 0.5, 1, 0.5],
        [0, 0.5, 1, 0.5],
        [0, 0, 0, 0],
    ]


def test_a_box_smaller_than_a_cell_covers_its_share() -> None:
    assert coverage(Rectangle(2.5, 2.5, 1, 1), Rectangle(0, 0, 8, 8), (4, 4)).sum() == 0.25


def test_a_box_beyond_the_region_covers_what_is_inside() -> None:
    assert coverage(Rectangle(-5, -5, 7, 7), Rectangle(0, 0, 8, 8), (4, 4)).sum() == 1
    assert coverage(Rectangle(90, 90, 7, 7), Rectangle(0, 0, 8, 8), (4, 4)).sum() == 0


@settings(deadline=None)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0.1, 20), st.floats(0.1, 20))
def test_all_cells_together_cover_the_area_of_the_box(x: float, y: float, w: float, h: float) -> None:
    region = Rectangle(-2, -3, 40, 50)
    covered = coverage(Rectangle(x, y, w, h), region, (7, 9))
    area = float(covered.double().sum()) * (40 / 9) * (50 / 7)
    assert abs(area - w * h) < 1e-3
