"""Winners of soft labels, on the grid and at the size of the frames."""

import torch

from corrbench.propagation.hard import full_winners, strided, winners


def test_equal_channels_go_to_the_first() -> None:
    soft = torch.tensor([[[0.5, 0.2]], [[0.5, 0.8]]])
    assert winners(soft).tolist() == [[[1, 0]], [[0, 1]]]


def test_every_fourth_pixel_is_taken_also_where_the_last_cell_is_cut() -> None:
    assert strided(torch.arange(854)[None], (1, 214))[0, [0, 1, 213]].tolist() == [0, 4, 852]


def test_cells_that_no_whole_stride_makes_show_the_pixel_in_their_corner() -> None:
    assert strided(torch.arange(7)[None], (1, 4))[0].tolist() == [0, 2, 4, 6]
    assert strided(torch.arange(10)[None], (1, 7))[0].tolist() == [0, 1, 2, 4, 5, 7, 8]
    assert strided(torch.arange(3)[None], (2, 3)).tolist() == [[0, 1, 2], [0, 1, 2]]


def test_a_winner_at_full_size_may_differ_from_that_of_its_cell() -> None:
    """At the corner of cell 1, 4 pixels a cell, 0.375 of the value is that of cell 0: .375 * .9 + .625 * .4 > 1 / 2."""
    soft = torch.tensor([[[0.9, 0.4, 0.4]], [[0.1, 0.6, 0.6]]])
    assert winners(soft)[0].tolist() == [[1, 0, 0]]
    assert full_winners(soft, (4, 12))[0].tolist() == [[1, 1, 0]]
