"""A colour put together from another frame's: what it costs where the features are right, and where they are not."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.training.local import local_similarities
from corrbench_methods.channel_dropout import channel_dropout
from corrbench_methods.ours.reconstruction import copy_loss, reconstruction_loss


def features(cells: int) -> Tensor:
    """One channel a cell, (1, N, h, w): every cell is like itself alone."""
    return 30 * torch.eye(cells * cells).view(1, -1, cells, cells)


def colours(side: int) -> Tensor:
    """Smooth ones, as those of real frames are smooth."""
    coarse = torch.rand(1, 1, side // 4, side // 4, generator=torch.Generator().manual_seed(0))
    return F.interpolate(coarse, (side, side), mode="bilinear")


def test_of_identical_frames_only_what_subsampling_loses_is_lost() -> None:
    cells, frame = features(8), colours(32)
    weights = local_similarities(cells, cells, 2).softmax(1)
    loss = reconstruction_loss(weights, frame, frame, 2, 4)
    torch.testing.assert_close(loss, copy_loss(frame, frame, 4))
    assert loss > 0


def test_a_frame_that_moved_by_whole_cells_is_rebuilt_as_well_as_from_itself() -> None:
    cells, frame = features(8), colours(32)
    moved_cells, moved_frame = cells.roll(1, dims=3), frame.roll(4, dims=3)
    weights = local_similarities(moved_cells, cells, 7).softmax(1)  # so wide that the column that wrapped is reached
    loss = reconstruction_loss(weights, frame, moved_frame, 7, 4)
    torch.testing.assert_close(loss, copy_loss(moved_frame, moved_frame, 4))
    assert loss < 0.7 * copy_loss(frame, moved_frame, 4)


def test_an_even_frame_costs_nothing_and_an_even_change_19_and_a_half() -> None:
    weights = torch.full((1, 9, 4, 4), 1 / 9)
    weights[:, 4] = 1 - 8 / 9
    dark, bright = torch.zeros(1, 1, 16, 16), torch.ones(1, 1, 16, 16)
    assert reconstruction_loss(weights, dark, dark, 1, 4) == 0
    assert reconstruction_loss(weights, dark, bright, 1, 4) == 19.5  # 20 * 1 - 1 / 2, where errors count linearly


def test_every_fourth_pixel_is_carried_and_not_the_mean_of_a_cell() -> None:
    frame = torch.ones(1, 1, 16, 16)
    frame[..., ::4, ::4] = 0
    assert copy_loss(frame, torch.zeros(1, 1, 16, 16), 4) == 0


@pytest.mark.parametrize("seed", range(8))
def test_one_of_a_and_b_is_hidden_in_all_frames_and_the_rest_made_up_for(seed: int) -> None:
    frames = torch.ones(2, 2, 3, 4, 4)
    dropped, channel = channel_dropout(frames, torch.Generator().manual_seed(seed))
    assert channel in (1, 2)
    expected = [1.5, 1.5, 1.5]
    expected[channel] = 0
    assert dropped.amin((0, 1, 3, 4)).tolist() == dropped.amax((0, 1, 3, 4)).tolist() == expected
    assert frames.unique().tolist() == [1]  # what is asked for is left as it was


def test_both_are_hidden_equally_often() -> None:
    drawn = [channel_dropout(torch.ones(3, 1, 1), torch.Generator().manual_seed(seed))[1] for seed in range(100)]
    assert 35 < drawn.count(1) < 65
