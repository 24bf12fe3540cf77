"""Which cells are taught: a share of each frame, or what the released code selects."""

import math

import pytest
import torch

from corrbench_methods.ours.selection import peakedness, selected


def scores() -> torch.Tensor:
    return torch.randn(3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_seventy_percent_of_the_cells_of_each_frame_are_kept() -> None:
    kept = selected(scores()).sum((1, 2))
    assert kept.tolist() == [179, 179, 179]  # of 256


def test_those_of_the_greatest_scores_are_kept() -> None:
    ranked = torch.arange(10.0).view(1, 2, 5)
    assert selected(ranked, share=0.3).tolist() == [[[0, 0, 0, 0, 0], [0, 0, 1, 1, 1]]]


def test_the_release_takes_row_21_of_32_for_a_threshold_and_so_keeps_less() -> None:
    by_row = torch.arange(32.0)[:, None].expand(1, 32, 32)
    kept = selected(by_row, "repo_literal")
    assert kept[0, :, 0].tolist() == [0] * 22 + [1] * 10  # 31 % where 70 % are meant


def test_the_release_sorts_that_row_and_compares_it_column_by_column() -> None:
    even = torch.full((1, 32, 32), 16.5)
    even[0, 21] = torch.randperm(32, generator=torch.Generator().manual_seed(0)) + 1.0  # sorted: 32, 31, …, 1
    kept = selected(even, "repo_literal")
    assert kept[0, 0].tolist() == [0] * 16 + [1] * 16  # 16.5 exceeds 16 and what follows


def test_all_cells_count_without_a_selection() -> None:
    assert selected(scores(), "none").unique().tolist() == [1]


def test_soft_weights_leave_out_three_cells_on_every_side() -> None:
    flat = torch.ones(1, 8, 8)
    flat[0, 3, 4] = 5
    flat[0, 0, 0] = 99
    weights = selected(flat, "soft")
    assert weights[0, 3].tolist() == pytest.approx([0, 0, 0, 0.2, 1, 0, 0, 0])
    assert weights[0, :3].sum() == 0


def peaked_and_even() -> torch.Tensor:
    similarities = torch.zeros(1, 9, 1, 2)
    similarities[0, 4, 0, 0] = 5
    return similarities


@pytest.mark.parametrize("score", ["peakedness", "entropy"])
def test_a_peaked_cell_scores_more_than_an_even_one(score: str) -> None:
    peaked, even = peakedness(peaked_and_even(), score)[0, 0].tolist()
    assert peaked > even


def test_an_even_cell_has_the_least_scores_there_are() -> None:
    assert peakedness(peaked_and_even())[0, 0, 1] == pytest.approx(9 * math.log(9))
    assert peakedness(peaked_and_even(), "entropy")[0, 0, 1] == pytest.approx(-math.log(9))


def test_cells_outside_the_frame_count_as_similarity_0() -> None:
    outside = peaked_and_even()
    outside[0, 0] = -torch.inf
    assert torch.equal(peakedness(outside), peakedness(peaked_and_even()))


def test_no_gradient_flows_into_the_selection() -> None:
    similarities = peaked_and_even().requires_grad_()
    assert not selected(peakedness(similarities), "soft").requires_grad
