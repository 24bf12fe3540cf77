"""A crop found in a larger map, and cut out of it."""

import pytest
import torch
from torch import Tensor

from corrbench_methods.uvc.localisation import box_around, cut_out, expected_middle
from corrbench_methods.uvc.matching import similarities


def noise(*size: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(0))


def test_the_box_around_a_whole_map_cuts_out_the_map() -> None:
    maps = noise(2, 3, 5, 7)[:, :, :, :5]
    whole = torch.tensor([[0.0, 0, 5, 5]]).expand(2, 4)
    assert torch.allclose(cut_out(maps, whole, 5), maps, atol=1e-5)


def test_a_box_of_whole_cells_cuts_out_these_cells() -> None:
    maps = noise(1, 3, 8, 10)
    assert torch.allclose(cut_out(maps, torch.tensor([[4.0, 2, 7, 5]]), 3), maps[:, :, 2:5, 4:7], atol=1e-5)


def test_half_a_cell_further_lies_between_two_cells() -> None:
    row = torch.tensor([0.0, 1, 2, 3]).expand(1, 1, 4, 4)
    assert cut_out(row, torch.tensor([[0.5, 1, 2.5, 3]]), 2)[0, 0, 0].tolist() == pytest.approx([0.5, 1.5])


def test_a_patch_pasted_at_a_known_place_is_found_there() -> None:
    codes = 5 * torch.eye(16 + 1)
    patch = codes[:16].t().reshape(1, 17, 4, 4)  # each cell has a code of its own
    whole = codes[16].view(1, 17, 1, 1).expand(1, 17, 10, 12).clone()
    whole[:, :, 3:7, 6:10] = patch
    middle = expected_middle(similarities(patch, whole, 1.0), (10, 12))
    assert middle[0].tolist() == pytest.approx([8, 5], abs=1e-3)
    boxes = box_around(middle, 4, (10, 12))
    assert boxes[0].tolist() == pytest.approx([6, 3, 10, 7], abs=1e-3)
    assert torch.allclose(cut_out(whole, boxes, 4), patch, atol=0.01)


def test_a_box_is_moved_in_from_the_left_and_cut_on_the_right() -> None:
    middles = torch.tensor([[1.0, 5], [9, 5]])
    assert box_around(middles, 4, (10, 10)).tolist() == [[0, 3, 4, 7], [7, 3, 10, 7]]


def test_gradients_move_the_box() -> None:
    maps = torch.tensor([0.0, 1, 4, 9, 16]).expand(1, 1, 5, 5)
    middle = torch.tensor([[2.5, 2.5]], requires_grad=True)
    cut_out(maps, box_around(middle, 2, (5, 5)), 2).sum().backward()
    assert middle.grad is not None
    assert middle.grad[0, 0] > 0  # values rise to the right
    assert middle.grad[0, 1].item() == pytest.approx(0, abs=1e-4)
