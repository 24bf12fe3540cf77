"""Windows pooled to half the resolution, and their distance: the same as with matrices of all pairs of cells."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.training.local import local_similarities
from corrbench_methods.ours.local_distillation import local_distillation, pooled_windows


def window_weights(grid: tuple[int, int], radius: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    query, reference = torch.randn(2, 2, 4, *grid, generator=generator)
    return local_similarities(query, reference, radius).softmax(1)


def all_pairs(weights: Tensor, radius: int) -> Tensor:
    """Windows (B, window, h, w) as matrices (B, h, w, h, w), written out cell by cell."""
    batch, _, height, width = weights.shape
    matrix = torch.zeros(batch, height, width, height, width)
    offsets = [(dy, dx) for dy in range(-radius, radius + 1) for dx in range(-radius, radius + 1)]
    for index, (dy, dx) in enumerate(offsets):
        for y in range(max(0, -dy), min(height, height - dy)):
            for x in range(max(0, -dx), min(width, width - dx)):
                matrix[:, y, x, y + dy, x + dx] = weights[:, index, y, x]
    return matrix


@pytest.mark.parametrize(("grid", "radius"), [((6, 8), 2), ((8, 8), 4), ((4, 4), 6)])
def test_pooled_windows_are_pooled_matrices(grid: tuple[int, int], radius: int) -> None:
    weights = window_weights(grid, radius)
    matrix = all_pairs(weights, radius).flatten(1, 2)  # (B, N, h, w)
    means = F.avg_pool2d(matrix, 2).flatten(2).mT.unflatten(2, grid)  # (B, N/4, h, w): over reference cells
    means = F.avg_pool2d(means, 2).flatten(2).mT  # (B, N/4, N/4): and over query cells
    coarse = (grid[0] // 2, grid[1] // 2)
    for norm, factor in (("avg", 1), ("sum", 4)):
        found = all_pairs(pooled_windows(weights, radius, norm), radius // 2)
        torch.testing.assert_close(found, factor * means.unflatten(2, coarse).unflatten(1, coarse))


def test_no_weight_is_lost_with_sums_and_three_quarters_are_with_means() -> None:
    weights = window_weights((8, 6), 4)
    torch.testing.assert_close(pooled_windows(weights, 4).sum(1), torch.ones(2, 4, 3))
    torch.testing.assert_close(pooled_windows(weights, 4, "avg").sum(1), torch.full((2, 4, 3), 0.25))


def test_cells_that_look_two_to_the_right_become_coarse_cells_that_look_one_to_the_right() -> None:
    weights = torch.zeros(1, 25, 4, 4)
    weights[:, 2 * 5 + 4] = 1  # dy = 0, dx = 2
    pooled = pooled_windows(weights, 2)
    assert pooled[0, :, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_cells_that_look_one_to_the_right_are_split_between_two_coarse_cells() -> None:
    weights = torch.zeros(1, 25, 4, 4)
    weights[:, 2 * 5 + 3] = 1  # dy = 0, dx = 1
    assert pooled_windows(weights, 2)[0, :, 0, 0].tolist() == [0, 0, 0, 0, 0.5, 0.5, 0, 0, 0]


def test_the_distance_is_the_mean_over_all_pairs_of_the_selected_cells() -> None:
    student, target = torch.zeros(1, 9, 2, 2), torch.zeros(1, 9, 2, 2)
    target[0, 4, 0, 0] = 3  # squared 9, of 4 pairs
    target[0, 4, 1, 1] = 100  # not selected
    mask = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    assert local_distillation(student, target, mask) == 9 / (2 * 4)


def test_nothing_selected_costs_nothing() -> None:
    assert local_distillation(torch.ones(1, 9, 2, 2), torch.zeros(1, 9, 2, 2), torch.zeros(1, 2, 2)) == 0
