"""Which cells of two views show the same place, checked by eye on a grid of 4 x 4 cells."""

import torch
from torch import Tensor

from corrbench_methods.ours.matching import Matches, draw, most_similar, same_places
from corrbench_methods.pyramid import Pyramid

WHOLE = torch.tensor([[0.0, 0.0, 32.0, 32.0]])  # the view of 32 x 32 pixels that is the image's corner
NOTHING = -1


def grid(matches: Matches) -> list[list[int]]:
    """Key cells, row by row, as a reader draws them; -1 where there is none."""
    keys: Tensor = torch.where(matches.found, matches.keys, NOTHING)
    found: list[list[int]] = keys.view(4, 4).tolist()
    return found


def matched(key_box: list[float], query_box: Tensor = WHOLE) -> list[list[int]]:
    return grid(same_places(query_box, torch.tensor([key_box]), size=32, stride=8))


def test_a_view_matches_itself_cell_by_cell() -> None:
    assert matched([0, 0, 32, 32]) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]


def test_a_key_view_one_cell_to_the_right_shows_what_was_there_one_cell_to_the_left() -> None:
    assert matched([8, 0, 32, 32]) == [[-1, 0, 1, 2], [-1, 4, 5, 6], [-1, 8, 9, 10], [-1, 12, 13, 14]]


def test_a_key_view_two_cells_further_down_shares_its_first_two_rows() -> None:
    assert matched([0, 16, 32, 32]) == [[-1] * 4, [-1] * 4, [0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_key_view_of_twice_the_size_has_the_query_in_its_first_quarter() -> None:
    assert matched([0, 0, 64, 64]) == [[0, 0, 1, 1], [0, 0, 1, 1], [4, 4, 5, 5], [4, 4, 5, 5]]


def test_in_a_mirrored_key_view_columns_run_backwards_by_where_cells_look() -> None:
    # Cells look around pixels 0, 8, 16 and 24; mirrored these are 31, 23, 15 and 7: next to none, 24, 16 and 8.
    assert matched([32, 0, -32, 32])[0] == [-1, 3, 2, 1]


def test_two_mirrored_views_match_as_two_upright_ones_do() -> None:
    both = same_places(torch.tensor([[32.0, 0, -32, 32]]), torch.tensor([[32.0, 0, -32, 32]]), size=32, stride=8)
    assert grid(both) == matched([0, 0, 32, 32])


def test_each_image_of_a_batch_has_its_own_boxes() -> None:
    boxes = torch.tensor([[0.0, 0, 32, 32], [8.0, 0, 32, 32]])
    matches = same_places(WHOLE.expand(2, 4), boxes, size=32, stride=8)
    assert matches.keys[0, :4].tolist() == [0, 1, 2, 3]
    assert matches.found[1, :4].tolist() == [False, True, True, True]


def test_a_cell_of_the_trunk_looks_around_its_first_pixel() -> None:
    trunk = Pyramid(("layer3",), strides=(1, 2, 1, 1)).eval()
    frame = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (maps,) = trunk(frame)
    (influence,) = torch.autograd.grad(maps[0, :, 8, 8].square().sum(), frame)
    weights = influence[0].square().sum(0)  # (128, 128)
    column = (weights.sum(0) * torch.arange(128)).sum() / weights.sum()
    assert abs(column - 64) < 1.5  # the middle of the cell's block is 67.5


def test_the_most_similar_cell_is_found_by_direction_and_not_by_length() -> None:
    query = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    key = torch.tensor([[[0.0, 0.1], [9.0, 9.0], [3.0, 0.0]]])
    matches = most_similar(query, key)
    assert matches.keys.tolist() == [[2, 0]]
    assert matches.found.all()


def test_cells_that_have_a_match_are_drawn_first() -> None:
    found = torch.tensor([[False, True, False, True, True, False]])
    matches = Matches(torch.arange(6)[None], found)
    cells = draw(matches, 3, torch.Generator().manual_seed(0))
    assert sorted(cells[0].tolist()) == [1, 3, 4]
    assert matches.take(cells).found.all()


def test_no_more_cells_are_drawn_than_there_are() -> None:
    matches = Matches(torch.arange(4)[None], torch.ones(1, 4, dtype=torch.bool))
    assert sorted(draw(matches, 9, torch.Generator())[0].tolist()) == [0, 1, 2, 3]
