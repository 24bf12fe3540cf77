"""Windowed similarities and what is carried with them: equal to all pairs of cells behind a mask, gradients too."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench.training.local import carry, local_similarities, local_values

GRIDS = [
    pytest.param((4, 6), 1, id="4x6-radius-1"),
    pytest.param((5, 3), 2, id="5x3-radius-2"),
    pytest.param((3, 4), 0, id="3x4-radius-0"),
    pytest.param((3, 2), 4, id="3x2-radius-4-beyond-the-map"),
    pytest.param((1, 7), 2, id="1x7-radius-2"),
]


def maps(grid: tuple[int, int], channels: int = 3, batch: int = 2, count: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(count, batch, channels, *grid, generator=generator, dtype=torch.float64)
    return [one.requires_grad_() for one in drawn]


def all_pairs(query: Tensor, reference: Tensor, radius: int, scale: float) -> Tensor:
    """Affinity (B, N, N) of all pairs of cells, masked to the window."""
    height, width = query.shape[-2:]
    y, x = (one.flatten() for one in torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
    outside = ((y[:, None] - y).abs() > radius) | ((x[:, None] - x).abs() > radius)  # (N, N)
    products = scale * query.flatten(2).mT @ reference.flatten(2)
    return products.masked_fill(outside, -torch.inf).softmax(2)


@pytest.mark.parametrize(("grid", "radius"), GRIDS)
def test_windows_give_what_a_mask_over_all_pairs_gives(grid: tuple[int, int], radius: int) -> None:
    query, reference = maps(grid)
    (values,) = maps(grid, channels=2, count=1)
    inputs, towards = (query, reference, values), torch.rand_like(values)

    windowed = carry(local_similarities(query, reference, radius, 0.7).softmax(1), values, radius)
    dense = (values.flatten(2) @ all_pairs(query, reference, radius, 0.7).mT).view_as(values)

    torch.testing.assert_close(windowed, dense)
    for found, expected in zip(
        torch.autograd.grad(windowed, inputs, towards), torch.autograd.grad(dense, inputs, towards), strict=True
    ):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("grid", "radius"), GRIDS)
def test_gradients_are_those_of_finite_differences(grid: tuple[int, int], radius: int) -> None:
    query, reference = maps(grid, channels=2, batch=1)
    (values,) = maps(grid, channels=2, batch=1, count=1)
    weights = torch.rand(1, (2 * radius + 1) ** 2, *grid, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda q, r: local_similarities(q, r, radius, 0.5).softmax(1), (query, reference))
    assert torch.autograd.gradcheck(lambda w, v: carry(w, v, radius), (weights, values))


def test_offsets_are_ordered_row_by_row_around_the_cell() -> None:
    query = torch.ones(1, 1, 3, 3)
    reference = torch.arange(1.0, 10).view(1, 1, 3, 3)  # 1 2 3 / 4 5 6 / 7 8 9
    around = local_similarities(query, reference, 1, 2.0)
    assert around[0, :, 1, 1].tolist() == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    corner = [-torch.inf, -torch.inf, -torch.inf, -torch.inf, 2, 4, -torch.inf, 8, 10]
    assert around[0, :, 0, 0].tolist() == corner


def test_a_map_that_moved_by_one_cell_is_found_one_cell_back() -> None:
    reference = F.normalize(torch.randn(1, 16, 5, 6, generator=torch.Generator().manual_seed(0)), dim=1)
    query = reference.roll(1, dims=3)  # to the right
    best = local_similarities(query, reference, 1).argmax(1)[0]
    assert best[:, 1:].unique().tolist() == [3]  # row 1, column 0 of the window: dy = 0, dx = -1


def test_values_beyond_the_border_are_zero() -> None:
    around = local_values(torch.arange(1.0, 5).view(1, 1, 2, 2), 1)
    assert around.shape == (1, 1, 3, 3, 2, 2)
    assert around[0, 0, :, :, 0, 1].tolist() == [[0, 0, 0], [1, 2, 0], [3, 4, 0]]


def test_the_gathered_values_are_a_view() -> None:
    values = torch.zeros(1, 2, 8, 8)
    assert local_values(values, 3).untyped_storage().nbytes() == 2 * 14 * 14 * 4  # the padded map


def test_only_features_weights_and_values_are_kept_for_the_backward_pass() -> None:
    query, reference = (one.detach().float().requires_grad_() for one in maps((16, 16), channels=8))
    values = torch.rand(2, 1, 16, 16)
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        carry(local_similarities(query, reference, 2).softmax(1), values, 2)
    features, window, carried = 2 * 8 * 256 * 4, 2 * 25 * 256 * 4, 2 * 256 * 4
    assert sum(kept.values()) == 2 * features + window + carried


def test_a_gradient_that_nobody_needs_is_not_computed() -> None:
    query, reference = maps((3, 3))
    local_similarities(query, reference.detach(), 1).softmax(1).square().sum().backward()
    assert query.grad is not None
    assert reference.grad is None


def test_halves_under_autocast_stay_what_they_are() -> None:
    query = torch.rand(1, 4, 3, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert local_similarities(query, query, 1).dtype == torch.float32


def test_maps_of_two_sizes_are_an_error() -> None:
    with pytest.raises(SettingError, match=r"query \(1, 2, 3, 3\) and reference \(1, 2, 3, 4\)"):
        local_similarities(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 4), 1)


def test_weights_of_another_window_are_an_error() -> None:
    with pytest.raises(SettingError, match=r"at radius 2; give weights \(1, 25, 3, 3\)"):
        carry(torch.zeros(1, 9, 3, 3), torch.zeros(1, 1, 3, 3), 2)
