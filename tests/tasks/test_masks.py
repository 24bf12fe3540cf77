"""Masks to cells and back, by hand."""

from dataclasses import replace

import torch

from corrbench.protocols.registry import find_protocol
from corrbench.tasks.masks import to_channels, to_mask

CRW = find_protocol("crw", "davis").masks
VFS = find_protocol("vfs", "davis").masks
DINO = find_protocol("dino", "davis").masks


def test_bilinear_labels_hold_the_share_of_the_two_nearest_pixels() -> None:
    mask = torch.zeros(4, 8, dtype=torch.uint8)
    mask[:, 2:] = 1  # cell 0 covers pixels 0..3 and samples between pixels 1 and 2
    channels = to_channels(mask, (1, 2), (4, 8), CRW)
    assert channels.soft[1].tolist() == [[0.5, 1.0]]
    assert channels.soft.sum(0).tolist() == [[1.0, 1.0]]


def test_nearest_labels_take_the_pixel_under_the_centre_or_the_corner() -> None:
    mask = torch.arange(8, dtype=torch.uint8).repeat(4, 1).clamp(max=3)
    assert to_channels(mask, (1, 2), (4, 8), VFS).soft.argmax(0).tolist() == [[2, 3]]
    assert to_channels(mask, (1, 2), (4, 8), replace(VFS, label_down="corner")).soft.argmax(0).tolist() == [[0, 3]]


def test_an_object_lost_on_the_grid_keeps_a_channel_only_where_ids_come_from_frame_0() -> None:
    mask = torch.zeros(8, 8, dtype=torch.uint8)
    mask[4, 4], mask[0, 1] = 1, 2  # 1 lies under the centre of the last cell, 2 is between the centres
    assert to_channels(mask, (1, 2), (8, 8), replace(CRW, label_down="centre")).ids.tolist() == [0, 1, 2]
    assert to_channels(mask, (2, 2), (8, 8), VFS).ids.tolist() == [0]
    mask[6, 6] = 1
    assert to_channels(mask, (2, 2), (8, 8), VFS).ids.tolist() == [0, 1]


def test_a_missing_middle_id_leaves_an_empty_channel_on_the_grid_and_none_by_frame_0() -> None:
    mask = torch.tensor([[0, 3]], dtype=torch.uint8)
    assert to_channels(mask, (1, 2), (1, 2), VFS).soft.sum((1, 2)).tolist() == [1, 0, 0, 1]
    assert to_channels(mask, (1, 2), (1, 2), CRW).ids.tolist() == [0, 3]


def test_void_is_background() -> None:
    mask = torch.tensor([[255, 1]], dtype=torch.uint8)
    assert to_channels(mask, (1, 2), (1, 2), CRW).ids.tolist() == [0, 1]


def test_the_channel_number_becomes_the_object_id_again() -> None:
    soft = torch.tensor([[[0.2, 0.9]], [[0.8, 0.1]]])
    ids = torch.tensor([0, 3], dtype=torch.uint8)
    assert to_mask(soft, ids, (1, 2), (1, 2), CRW).tolist() == [[3, 0]]


def test_equal_channels_give_the_lowest_id() -> None:
    soft = torch.full((3, 1, 1), 0.5)
    assert to_mask(soft, torch.arange(3, dtype=torch.uint8), (1, 1), (1, 1), CRW).tolist() == [[0]]


def test_stretching_revives_a_faint_object() -> None:
    soft = torch.tensor([[[0.9, 0.8]], [[0.0, 0.2]]])
    ids = torch.arange(2, dtype=torch.uint8)
    assert to_mask(soft, ids, (1, 2), (1, 2), CRW).tolist() == [[0, 0]]
    assert to_mask(soft, ids, (1, 2), (1, 2), VFS).tolist() == [[0, 1]]


def test_the_mask_comes_back_at_its_original_size() -> None:
    soft = torch.rand(2, 30, 52, generator=torch.Generator().manual_seed(0))
    for rule in (CRW, VFS, DINO):
        assert to_mask(soft, torch.arange(2, dtype=torch.uint8), (480, 832), (480, 854), rule).shape == (480, 854)
