import pytest
import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_f, boundary_map, boundary_radius, dilate_disk


def drawing(*rows: str) -> Tensor:
    return torch.tensor([[mark == "#" for mark in row] for row in rows])


@pytest.mark.parametrize(
    ("height", "width", "radius"),
    [(480, 854, 8), (480, 910, 9), (480, 1152, 10), (1080, 1920, 18), (240, 320, 4), (300, 400, 4)],
)
def test_the_radius_is_the_tolerated_share_of_the_diagonal_rounded_up(height: int, width: int, radius: int):
    assert boundary_radius(height, width, 0.008) == radius


def test_a_rectangle_has_a_ring_shifted_to_the_north_west():
    mask = drawing(
        ".......",
        ".......",
        "..###..",
        "..###..",
        ".......",
        ".......",
    )
    ring = drawing(
        ".......",
        ".####..",
        ".#..#..",
        ".####..",
        ".......",
        ".......",
    )
    assert torch.equal(boundary_map(mask), ring)


def test_the_last_column_looks_south_only():
    mask = drawing(
        ".....",
        ".....",
        ".....",
        "....#",
    )
    boundary = drawing(
        ".....",
        ".....",
        "...##",
        "...#.",
    )
    assert torch.equal(boundary_map(mask), boundary)


def test_the_last_row_looks_east_only():
    mask = drawing(
        "....",
        ".##.",
    )
    boundary = drawing(
        "###.",
        "#.#.",
    )
    assert torch.equal(boundary_map(mask), boundary)


def test_the_corner_in_the_south_east_is_never_boundary():
    mask = torch.ones(3, 3, dtype=torch.bool)
    mask[0, 0] = False
    assert not boundary_map(mask)[2, 2]
    assert boundary_map(mask).sum() == 1


def test_a_full_frame_has_no_boundary():
    assert not boundary_map(torch.ones(5, 6, dtype=torch.bool)).any()


def test_a_frame_of_one_pixel_has_no_boundary():
    assert not boundary_map(torch.ones(1, 1, dtype=torch.bool)).any()


@pytest.mark.parametrize(
    ("radius", "pixels"), [(0, 1), (1, 5), (2, 13), (4, 49), (8, 197), (9, 253), (10, 317), (18, 1009)]
)
def test_the_disk_has_as_many_pixels_as_the_official_structuring_element(radius: int, pixels: int):
    point = torch.zeros(41, 41, dtype=torch.bool)
    point[20, 20] = True
    assert dilate_disk(point, radius).sum() == pixels


def test_a_dilated_point_is_a_disk_that_the_frame_cuts_off():
    point = drawing(
        "......",
        ".#....",
        "......",
        "......",
    )
    disk = drawing(
        "###...",
        "####..",
        "###...",
        ".#....",
    )
    assert torch.equal(dilate_disk(point, 2), disk)


def test_dilation_leaves_its_argument_alone():
    point = drawing("..#..")
    dilate_disk(point, 1)
    assert torch.equal(point, drawing("..#.."))


def test_a_boundary_within_the_radius_matches_and_one_pixel_beyond_it_does_not():
    truth = torch.zeros(20, 30, dtype=torch.bool)
    truth[10, 5] = True
    # Four boundary pixels each, in a square of 2 by 2; shifted by radius + 1, half of them still match.
    assert boundary_f(truth.roll(3, 0), truth, radius=3).item() == 1
    assert boundary_f(truth.roll(4, 0), truth, radius=3).item() == 0.5
    assert boundary_f(truth.roll(5, 0), truth, radius=3).item() == 0


def test_a_boundary_on_one_side_only_scores_zero_and_on_neither_side_one():
    empty = torch.zeros(8, 9, dtype=torch.bool)
    square = empty.clone()
    square[2:5, 3:6] = True
    masks = torch.stack([empty, square, empty, ~empty])
    truth = torch.stack([square, empty, empty, ~empty])
    assert boundary_f(masks, truth, radius=1).tolist() == [0, 0, 1, 1]


def test_no_masks_have_no_values():
    none = torch.zeros(0, 4, 5, dtype=torch.bool)
    assert boundary_f(none, none, radius=1).shape == (0,)


def test_masks_of_two_sizes_are_refused_with_both_sizes():
    with pytest.raises(PredictionError, match=r"\(2, 3, 4\).*\(1, 3, 4\)"):
        boundary_f(torch.zeros(2, 3, 4, dtype=torch.bool), torch.zeros(1, 3, 4, dtype=torch.bool), radius=1)
