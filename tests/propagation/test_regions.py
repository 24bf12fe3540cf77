"""Boxes that follow objects, by numbers that can be worked out by hand."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from corrbench.errors import SettingError
from corrbench.propagation.regions import Region, RegionRule, around, mean_shift, smoothed, tight
from corrbench.protocols.davis import UVC_TRACK

assert UVC_TRACK.regions is not None
RULE: RegionRule = UVC_TRACK.regions


def column(*places: float) -> Tensor:
    """Points in row 0, at these columns."""
    return torch.tensor([[0.0, place] for place in places], dtype=torch.float64)


def test_the_first_box_is_sixty_percent_larger_and_rounded_down_to_cells() -> None:
    mask = torch.zeros(128, 128, dtype=torch.bool)
    mask[16:48, 32:64] = True  # rows 16 to 47: 31 apart, and 9.3 more on each side
    box = tight(mask, RULE.first_margin)
    assert box == Region((6, 57), (22, 73))
    assert box.on((16, 16), (128, 128)) == Region((0, 7), (2, 9))


def test_an_empty_mask_has_no_box() -> None:
    assert tight(torch.zeros(4, 4, dtype=torch.bool), 0.6) is None


def test_half_a_side_is_two_mean_absolute_deviations_and_then_comes_the_margin() -> None:
    points = torch.tensor([[14, 14], [10, 10], [10, 18], [18, 10], [18, 18]])  # deviation 3.2: from 7.6 to 20.4
    assert around(points, 0.6, 20, (100, 100), RULE) == Region((3, 25), (3, 25))
    assert around(points, 1.0, 20, (100, 100), RULE) == Region((1, 27), (1, 27))
    assert around(points, 1.0, 20, (20, 22), RULE) == Region((1, 20), (1, 22))  # 20.4 is cut first, then enlarged


def test_a_point_out_of_reach_leaves_the_middle_where_it_is_and_widens_the_box() -> None:
    points = column(*[10] * 9, 40)
    assert mean_shift(points, 5, RULE).tolist() == [0, 10]
    assert around(points, 1.0, 5, (50, 50), RULE).columns == (0, 22)  # deviation 3: from 4 to 16, and 6 more


def test_a_mean_shift_goes_on_while_it_grows_and_takes_one_step_where_it_shrinks() -> None:
    assert mean_shift(column(0, 0, 0, 4, 8, 8), 20, RULE)[1].item() == pytest.approx(3.3984, abs=1e-4)
    assert mean_shift(column(8, 8, 8, 4, 0, 0), 20, RULE)[1].item() > 4.9  # its first step led to 4.6016


def test_sides_change_by_a_tenth_around_the_new_middle_and_round_outwards() -> None:
    now, before = Region((10, 20), (0, 10)), Region((4, 24), (0, 30))
    assert smoothed(now, before, (100, 100), RULE) == Region((5, 25), (0, 19))  # sides 19 and 28, middles 15 and 5
    assert smoothed(Region((90, 100), (0, 10)), before, (100, 100), RULE).rows == (85, 100)


def test_cells_of_a_box_are_those_inside_the_grid() -> None:
    assert Region((1, 9), (2, 3)).cells((3, 4)).tolist() == [6, 10]
    assert Region((1, 1), (0, 4)).cells((3, 4)).tolist() == []


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("first_margin", -0.1, "at least 0"),
        ("kernel", 0.0, "above 0"),
        ("still", 0.0, "above 0"),
        ("new_share", 1.5, "at most 1"),
        ("half_side", float("nan"), "at least 0"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(key: str, value: float, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        replace(RULE, **{key: value})
