"""InfoNCE, its negatives, the queue of keys, and the watch for collapse."""

import math

import pytest
import torch

from corrbench_methods.ours.contrast import contrast, spread
from corrbench_methods.ours.dense import contrast_with_cells, mean_over_images
from corrbench_methods.ours.matching import Matches
from corrbench_methods.ours.queue import Queue


def test_when_nothing_is_told_apart_the_loss_is_the_logarithm_of_the_choices() -> None:
    result = contrast(torch.zeros(1), torch.zeros(1, 3), temperature=0.2)
    assert result.loss.item() == pytest.approx(math.log(4))
    assert result.chance.item() == 0.25
    assert not result.correct.item()


def test_the_temperature_divides_the_similarities() -> None:
    result = contrast(torch.tensor([0.2]), torch.zeros(1, 1), temperature=0.2)
    assert result.loss.item() == pytest.approx(math.log(1 + math.exp(-1)))
    assert result.correct.item()


def test_a_negative_that_does_not_count_changes_neither_loss_nor_chance() -> None:
    with_it = contrast(torch.tensor([0.5]), torch.tensor([[0.1, -math.inf]]), temperature=0.1)
    without = contrast(torch.tensor([0.5]), torch.tensor([[0.1]]), temperature=0.1)
    assert torch.equal(with_it.loss, without.loss)
    assert with_it.chance.item() == 0.5


def test_spread_is_nothing_where_all_are_the_same_and_one_where_all_directions_are_used() -> None:
    assert spread(torch.ones(8, 4) / 2).item() == 0
    axes = torch.eye(4)
    assert spread(torch.cat([axes, -axes])).item() == pytest.approx(1)


def one_row(columns: list[int], found: list[bool]) -> Matches:
    return Matches(torch.tensor([columns]), torch.tensor([found]))


def test_key_cells_beside_the_positive_are_no_negatives() -> None:
    cells = torch.eye(4)[None]  # (1, 4, 4)
    matches = one_row([0, 1, 2, 3], [True] * 4)  # four cells in a row
    result = contrast_with_cells(cells, cells, matches, width=4, near=1, temperature=1.0)
    assert result.chance.tolist() == pytest.approx([1 / 3, 1 / 2, 1 / 2, 1 / 3])
    apart = contrast_with_cells(cells, cells, matches, width=4, near=0, temperature=1.0)
    assert apart.chance.tolist() == pytest.approx([1 / 4] * 4)


def test_the_end_of_one_row_of_cells_is_not_beside_the_start_of_the_next() -> None:
    cells = torch.eye(2)[None]
    result = contrast_with_cells(cells, cells, one_row([3, 4], [True, True]), width=4, near=1, temperature=1.0)
    assert result.chance.tolist() == [0.5, 0.5]


def test_the_same_key_is_no_negative_of_itself_and_cells_of_other_images_always_are() -> None:
    cells = torch.eye(4).view(2, 2, 4)
    matches = Matches(torch.tensor([[5, 5], [5, 5]]), torch.ones(2, 2, dtype=torch.bool))
    result = contrast_with_cells(cells, cells, matches, width=4, near=0, temperature=1.0)
    assert result.chance.tolist() == pytest.approx([1 / 3] * 4)


def test_keys_without_a_match_are_no_negatives() -> None:
    cells = torch.eye(3)[None]
    result = contrast_with_cells(cells, cells, one_row([0, 2, 3], [True, True, False]), 4, near=0, temperature=1.0)
    assert result.chance[:2].tolist() == [0.5, 0.5]


def test_images_count_alike_however_many_of_their_cells_match() -> None:
    values = torch.tensor([1.0, 3.0, 5.0, 100.0, 7.0, 7.0])
    found = torch.tensor([[True, True], [True, False], [False, False]])
    assert mean_over_images(values, found).item() == pytest.approx((2 + 5 + 0) / 3)


def test_a_full_queue_replaces_its_oldest_keys() -> None:
    queue = Queue(3, 2, torch.Generator().manual_seed(0))
    queue.push(torch.tensor([[1.0, 0.0], [2.0, 0.0]]))
    assert queue.random.tolist() == [False, False, True]
    queue.push(torch.tensor([[3.0, 0.0], [4.0, 0.0]]))
    assert not queue.random.any()
    assert queue.keys[:, 0].tolist() == [4, 2, 3]
    assert queue.next.item() == 1


def test_of_more_keys_than_fit_the_last_are_kept() -> None:
    queue = Queue(2, 1, torch.Generator().manual_seed(0))
    queue.push(torch.tensor([[1.0], [2.0], [3.0]]))
    assert sorted(queue.keys.flatten().tolist()) == [2, 3]


def test_keys_wait_until_the_step_is_over() -> None:
    queue = Queue(2, 1, torch.Generator().manual_seed(0))
    before = queue.keys.clone()
    queue.hold(torch.tensor([[7.0]]))
    assert torch.equal(queue.keys, before)
    queue.take_in()
    queue.take_in()  # taken once only
    assert queue.keys[0].item() == 7
    assert queue.next.item() == 1


def test_a_checkpoint_holds_the_queue_and_where_it_stands() -> None:
    queue, other = (Queue(3, 2, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    queue.push(torch.ones(2, 2))
    other.load_state_dict(queue.state_dict())
    assert torch.equal(other.keys, queue.keys)
    assert other.next.item() == 2


def test_a_new_queue_holds_random_keys_of_length_one() -> None:
    queue = Queue(5, 8, torch.Generator().manual_seed(0))
    torch.testing.assert_close(queue.keys.norm(dim=1), torch.ones(5))
