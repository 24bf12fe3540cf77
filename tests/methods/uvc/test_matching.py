"""Affinities between maps small enough to know: what is carried, what a loss is, how scattered places are."""

import pytest
import torch
from torch import Tensor

from corrbench_methods.uvc.matching import (
    carried,
    cell_colours,
    colour_losses,
    concentration,
    similarities,
    without_misfits,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def identity(cells: int) -> Tensor:
    return torch.eye(cells)[None]


def test_similarities_have_references_in_rows_and_queries_in_columns() -> None:
    reference = torch.tensor([[1.0, 2], [0, 0]]).view(1, 2, 1, 2)  # two cells: (1, 0) and (2, 0)
    query = torch.tensor([[3.0, 0, 1], [5, 5, 5]]).view(1, 2, 1, 3)
    assert similarities(reference, query, 0.5).tolist() == [[[1.5, 0, 0.5], [3, 0, 1]]]


def test_an_affinity_carries_values_to_the_cells_that_look_at_them() -> None:
    values = torch.tensor([10.0, 20]).view(1, 1, 1, 2)
    affinity = torch.tensor([[[1.0, 0, 0.5], [0, 1, 0.5]]])
    assert carried(values, affinity, (1, 3)).tolist() == [[[[10, 20, 15]]]]


def test_colours_of_a_cell_are_the_mean_of_64_pixels() -> None:
    frame = torch.zeros(1, 3, 8, 16)
    frame[..., :4] = 1  # half of the first cell is white, L = 100, the rest black
    assert cell_colours(frame)[0, 0, 0].tolist() == pytest.approx([0, -1], abs=1e-4)


def test_colours_count_ten_times_lightness_in_the_units_of_bytes() -> None:
    truth = torch.zeros(3, 3, 2, 2)
    predicted = truth.clone()
    for channel in range(3):
        predicted[channel, channel] = 0.5
    assert colour_losses(predicted, truth).tolist() == pytest.approx([0.49805, 4.96094, 4.96094], abs=1e-5)


def test_pairs_above_the_threshold_have_no_loss_and_no_gradient() -> None:
    losses = torch.tensor([1.0, 3.0, 2.5], requires_grad=True)
    kept = without_misfits(losses, 2.5)
    kept.sum().backward()
    assert kept.tolist() == [1, 0, 2.5]
    assert losses.grad is not None
    assert losses.grad.tolist() == [1, 0, 1]


def test_the_concentration_of_the_identity_is_the_variance_of_the_places() -> None:
    both = 2 * concentration(identity(1024), (32, 32), 8)  # the same in both directions
    assert both.item() == pytest.approx(0.0410, abs=5e-5)
    spread = 2 * concentration(identity(1024) * (32 / 31), (32, 32), 8)  # places that end at -1 and 1
    assert spread.item() == pytest.approx(0.0437, abs=5e-5)


def test_scattered_cells_are_less_concentrated_than_the_identity() -> None:
    scattered = identity(256)[:, torch.randperm(256, generator=seeded())]
    assert concentration(scattered, (16, 16), 4) > 10 * concentration(identity(256), (16, 16), 4)


def test_cells_that_all_look_everywhere_are_fully_concentrated() -> None:
    everywhere = torch.full((1, 256, 256), 1 / 256)
    assert concentration(everywhere, (16, 16), 4).item() == pytest.approx(0, abs=1e-10)


def test_what_is_left_beside_whole_windows_does_not_count() -> None:
    affinity = identity(81)
    affinity[:, :, 72:] = 0  # the last row of 9 x 9 looks nowhere
    assert concentration(affinity, (9, 9), 4) == concentration(identity(81), (9, 9), 4)
