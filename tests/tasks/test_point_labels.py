"""Points to cells and back, by hand."""

from dataclasses import replace
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.core.points import Points
from corrbench.errors import SettingError
from corrbench.protocols.jhmdb import ON_CELLS, ON_PIXELS
from corrbench.protocols.rules import PointRule
from corrbench.tasks.point_labels import blobs, read_maps, to_channels, to_positions, weighted_positions

CELLS, NETWORK, FRAME = (40, 40), (320, 320), (240, 320)
# One axis of the table of 4 cells: two to the left of the centre, ..., one to its right.
TABLE = [0.000335, 0.135335, 1.0, 0.135335]


def blob(x: float, y: float = 20.7, size: tuple[int, int] = CELLS, sigma: float = 0.5) -> Tensor:
    position = torch.tensor([[x, y]], dtype=torch.float64)
    return blobs(position, torch.tensor([True]), size, sigma)[0]


def points(*positions: tuple[float, float], hidden: int | None = None) -> Points:
    visible = torch.tensor([index != hidden for index in range(len(positions))])
    names = tuple(f"joint_{index}" for index in range(len(positions)))
    return Points(names, torch.tensor(positions, dtype=torch.float64), visible)


def labels(joints: Points, rule: PointRule) -> Tensor:
    return to_channels(joints, CELLS, NETWORK, FRAME, rule)[0]


# Labels


@pytest.mark.parametrize(
    ("x", "total"),
    [
        (10.3, 1.61546),
        (1.2, 1.44344),
        (0.2, 1.44302),
        (-1.0, 1.27101),
        (-1.5, 0.17201),
        (-1.6, 0.0),
        (40.0, 0.17244),
        (41.4, 0.00043),
        (41.6, 0.0),
    ],
)
def test_a_blob_on_cells_has_the_sum_of_the_official_code(x: float, total: float) -> None:
    assert blob(x).sum().item() == pytest.approx(total, abs=1e-5)


def test_away_from_the_border_a_blob_reaches_two_cells_to_the_left_and_one_to_the_right() -> None:
    row = blob(10.6)[21]  # the centre is the cell of floor(p + 0.5)
    assert row[8:15].tolist() == pytest.approx([0, *(TABLE[:1]), TABLE[1], 1, TABLE[3], 0, 0], abs=1e-6)
    assert blob(10.6)[:, 11].nonzero().flatten().tolist() == [19, 20, 21, 22]


@pytest.mark.parametrize(("x", "peak"), [(1.2, 2), (0.2, 1), (-1.0, 0), (1.5, 2), (2.4, 2)])
def test_near_the_left_border_a_blob_is_moved_by_one(x: float, peak: int) -> None:
    assert blob(x)[21].argmax().item() == peak


@pytest.mark.parametrize(("x", "total", "peak"), [(100.5, 100.18354, 100), (5.5, 94.97767, 6), (330.0, 0.33934, 319)])
def test_a_blob_on_pixels_is_that_of_the_official_code(x: float, total: float, peak: int) -> None:
    drawn = blob(x, 120.7, (240, 320), 4)
    assert drawn.sum().item() == pytest.approx(total, abs=1e-4)
    assert divmod(int(drawn.argmax()), 320) == (120, peak)


def test_a_position_on_the_grid_is_its_share_of_the_frame_without_half_a_cell() -> None:
    # 80 of 320 columns and 60 of 240 rows are cell 10 of 40.
    soft = labels(points((80, 60)), ON_CELLS)
    assert soft[1].argmax().item() == 10 * 40 + 10
    centred = labels(points((79.5, 59.5)), replace(ON_CELLS, coordinates="centre"))
    assert torch.equal(centred[1], blob(9.5, 9.5))


def test_the_background_is_where_no_joint_has_a_value() -> None:
    soft = labels(points((80, 60), (160, 120)), ON_CELLS)
    assert soft.shape == (3, 40, 40)
    assert soft[0].sum().item() == 1600 - 2 * 16
    assert bool((soft[0] == (soft[1:] == 0).all(0)).all())


def test_joints_drawn_on_pixels_have_a_channel_each_and_no_background() -> None:
    soft = labels(points((80, 60), (160, 120)), ON_PIXELS)
    assert soft.shape == (2, 40, 40)
    assert [channel.argmax().item() for channel in soft] == [10 * 40 + 10, 20 * 40 + 20]


def test_a_joint_outside_the_frame_has_the_tail_that_reaches_in_or_nothing() -> None:
    outside = points((-5, 60), (-60, 60), (80, 60))
    soft = labels(outside, ON_CELLS)
    assert [bool(channel.any()) for channel in soft[1:]] == [True, False, True]


def test_only_visible_points_are_drawn_where_the_rule_says_so() -> None:
    hidden = points((80, 60), (160, 120), hidden=0)
    for rule in (ON_CELLS, ON_PIXELS):
        seen = labels(hidden, replace(rule, drawn="visible", background=False))
        assert [bool(channel.any()) for channel in seen] == [False, True]
        everything = labels(hidden, replace(rule, background=False))
        assert [bool(channel.any()) for channel in everything] == [True, True]


def test_a_position_that_is_no_number_is_not_drawn() -> None:
    soft = labels(points((float("nan"), 60)), ON_CELLS)
    assert soft[1].abs().sum().item() == 0


# Read-out


def example() -> Tensor:
    values = torch.zeros(1, 40, 40)
    for (x, y), value in {(10, 20): 0.9, (11, 20): 0.6, (10, 21): 0.3, (12, 20): 0.2, (9, 20): 0.1}.items():
        values[0, y, x] = value
    return values


@pytest.mark.parametrize(("topk", "position"), [(3, [10.33333, 20.16667]), (5, [10.42857, 20.14286])])
def test_a_point_is_the_weighted_mean_of_the_largest_values(topk: int, position: list[float]) -> None:
    assert weighted_positions(example(), topk)[0].tolist() == pytest.approx(position, abs=1e-5)


def test_of_equal_values_those_with_the_lowest_flat_index_count() -> None:
    assert weighted_positions(torch.ones(2, 30, 30), 3).tolist() == [[1, 0], [1, 0]]
    values = torch.zeros(1, 3, 3)
    values[0, 2, 2] = 2
    values[0, 0, 1] = values[0, 1, 0] = values[0, 2, 0] = 1  # the last one is left out
    assert weighted_positions(values, 3).tolist() == [[(4 + 1) / 4, (4 + 1) / 4]]


def test_an_empty_map_is_a_lost_point_and_the_others_are_not_touched() -> None:
    maps = torch.cat([torch.zeros(1, 40, 40), example()])
    assert weighted_positions(maps, 3)[0].tolist() == [-1, -1]
    assert weighted_positions(maps, 3)[1].tolist() == weighted_positions(example(), 3)[0].tolist()


def test_a_map_smaller_than_the_number_of_values_gives_all_of_them() -> None:
    assert weighted_positions(torch.tensor([[[1.0, 3.0]]]), 5).tolist() == [[0.75, 0]]


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**31))
def test_the_fast_choice_is_that_of_a_stable_sort(topk: int, seed: int) -> None:
    maps = torch.randint(0, 5, (4, 3, 5), generator=torch.Generator().manual_seed(seed)).float()
    for found, values in zip(weighted_positions(maps, topk), maps.flatten(1), strict=True):
        order = sorted(range(15), key=lambda index, of=values: (-of[index].item(), index))[:topk]
        weights = torch.stack([values[index] for index in order]).double()
        if weights.sum() == 0:
            assert found.tolist() == [-1, -1]
            continue
        places = torch.tensor([[index % 5, index // 5] for index in order], dtype=torch.float64)
        assert found.tolist() == pytest.approx(((weights[:, None] * places).sum(0) / weights.sum()).tolist())


def test_cells_go_back_to_the_frame_by_the_rule_of_coordinates() -> None:
    maps = torch.zeros(1, 40, 40)
    maps[0, 20, 10] = 1
    rule = replace(ON_CELLS, readout_topk=1)
    assert read_maps(maps, NETWORK, FRAME, rule).tolist() == [[80, 120]]
    centre = replace(rule, coordinates="centre")
    assert read_maps(maps, NETWORK, FRAME, centre).tolist() == [[83.5, 122.5]]


@pytest.mark.parametrize("readout_at", ["grid", "network", "original"])
def test_a_point_is_found_at_every_size_of_the_map(readout_at: Literal["grid", "network", "original"]) -> None:
    maps = torch.zeros(1, 40, 40)
    maps[0, 20, 10] = 1
    found = read_maps(maps, NETWORK, FRAME, replace(ON_PIXELS, readout_at=readout_at, readout_topk=1))[0].tolist()
    assert found == pytest.approx([83.5, 122.5], abs=1)


def test_a_lost_point_stays_at_minus_one_at_every_size() -> None:
    for rule in (ON_CELLS, ON_PIXELS, replace(ON_CELLS, coordinates="centre")):
        assert read_maps(torch.zeros(1, 40, 40), NETWORK, FRAME, rule).tolist() == [[-1, -1]]


def test_stretching_takes_the_least_value_off_before_the_mean() -> None:
    maps = torch.tensor([[[1.0, 2.0, 3.0]]])
    plain = replace(ON_CELLS, readout_topk=3)
    assert read_maps(maps, (1, 3), (1, 3), plain).tolist() == [[8 / 6, 0]]
    stretched = read_maps(maps, (1, 3), (1, 3), replace(plain, output_norm="minmax"))
    assert stretched[0].tolist() == pytest.approx([(0.5 + 2) / 1.5, 0])


@pytest.mark.parametrize("rule", [ON_CELLS, ON_PIXELS], ids=["cells", "pixels"])
@pytest.mark.parametrize("position", [(80.0, 60.0), (201.3, 133.8), (300.0, 225.0)])
def test_what_was_drawn_is_found_again_within_a_cell(rule: PointRule, position: tuple[float, float]) -> None:
    found = to_positions(labels(points(position), rule), NETWORK, FRAME, rule)[0]
    assert (found - torch.tensor(position)).abs().max() <= 8


def test_what_was_drawn_on_pixels_is_read_from_them_within_one() -> None:
    _, drawing = to_channels(points((201.3, 133.8)), CELLS, FRAME, FRAME, ON_PIXELS)
    assert drawing.shape == (1, 240, 320)
    assert read_maps(drawing, FRAME, FRAME, ON_PIXELS).tolist() == [[201, 133]]


@pytest.mark.parametrize("setting", [{"readout_topk": 0}, {"sigma": 0.0}, {"sigma": float("inf")}])
def test_a_rule_that_cannot_be_carried_out_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="has to be"):
        replace(ON_CELLS, **setting)
