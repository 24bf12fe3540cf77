"""Crops and flips of the frames of a clip."""

import math

import pytest
import torch
import torchvision.transforms.v2.functional as reference
from torch import Generator, Tensor
from torch.testing import assert_close

from corrbench.errors import SettingError
from corrbench.training.augment import Box, chance, crop_resized, flip, random_box, uniform, whole_number


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    return torch.randint(256, shape, generator=seeded(), dtype=torch.uint8)


def test_numbers_fill_their_range() -> None:
    generator = seeded()
    drawn = [uniform(generator, -1, 3) for _ in range(2000)]
    assert -1 <= min(drawn) < -0.99
    assert 2.99 < max(drawn) < 3
    assert sum(drawn) / 2000 == pytest.approx(1, abs=0.1)
    assert uniform(generator, 0.5, 0.5) == 0.5


def test_whole_numbers_reach_both_ends_alike() -> None:
    generator = seeded()
    drawn = [whole_number(generator, 2, 4) for _ in range(3000)]
    assert [drawn.count(number) / 3000 for number in (2, 3, 4)] == pytest.approx([1 / 3] * 3, abs=0.03)
    assert len(set(drawn)) == 3
    assert whole_number(generator, 7, 7) == 7


def test_a_chance_of_nothing_never_comes_and_a_sure_one_always() -> None:
    generator = seeded()
    assert not any(chance(generator, 0) for _ in range(100))
    assert all(chance(generator, 1) for _ in range(100))
    assert sum(chance(generator, 0.2) for _ in range(5000)) / 5000 == pytest.approx(0.2, abs=0.02)


def test_boxes_have_the_areas_and_ratios_asked_for_and_lie_inside() -> None:
    generator = seeded()
    boxes = [random_box(300, 400, generator, area=(0.2, 0.4), ratio=(0.5, 2)) for _ in range(1000)]
    areas = [box.height * box.width / 120_000 for box in boxes]
    ratios = [math.log2(box.width / box.height) for box in boxes]
    assert 0.198 < min(areas) < 0.21
    assert 0.39 < max(areas) < 0.402
    assert sum(areas) / 1000 == pytest.approx(0.3, abs=0.01)
    assert -1.02 < min(ratios) < -0.95
    assert 0.95 < max(ratios) < 1.02
    assert sum(ratios) / 1000 == pytest.approx(0, abs=0.06)
    assert all(0 <= box.top <= 300 - box.height and 0 <= box.left <= 400 - box.width for box in boxes)
    assert min(box.top for box in boxes) == 0
    assert max(box.left + box.width for box in boxes) == 400


def test_a_box_is_drawn_again_from_the_same_seed() -> None:
    first, second = (random_box(90, 70, seeded(5), area=(0.1, 1), ratio=(0.7, 1.3)) for _ in range(2))
    assert first == second
    assert first != random_box(90, 70, seeded(6), area=(0.1, 1), ratio=(0.7, 1.3))


@pytest.mark.parametrize(
    ("height", "width", "ratio", "expected"),
    [
        (100, 40, (1, 2), Box(30, 0, 40, 40)),
        (40, 100, (0.5, 1), Box(0, 30, 40, 40)),
        (40, 100, (0.5, 1.5), Box(0, 20, 40, 60)),
        (41, 60, (1, 2), Box(0, 0, 41, 60)),
        (1, 50, (0.1, 0.2), Box(0, 24, 1, 1)),
        (1, 1, (0.5, 2), Box(0, 0, 1, 1)),
    ],
)
def test_where_nothing_fits_the_largest_box_in_the_centre_is_taken(
    height: int, width: int, ratio: tuple[float, float], expected: Box
) -> None:
    assert random_box(height, width, seeded(), area=(4, 5), ratio=ratio) == expected


@pytest.mark.parametrize(("height", "width"), [(1, 200), (200, 1), (1, 1), (2, 3)])
def test_a_frame_of_a_few_pixels_has_boxes_too(height: int, width: int) -> None:
    generator = seeded()
    for _ in range(50):
        box = random_box(height, width, generator, area=(0.01, 1), ratio=(0.5, 2))
        assert 0 <= box.top < box.top + box.height <= height
        assert 0 <= box.left < box.left + box.width <= width


@pytest.mark.parametrize("size", [(16, 16), (40, 9), (7, 60), (1, 1)])
def test_a_crop_is_resized_as_torchvision_resizes_floats(size: tuple[int, int]) -> None:
    frames = noise(2, 3, 50, 40)
    expected = reference.resized_crop(frames / 255, 3, 5, 30, 20, list(size), antialias=True)
    assert_close(crop_resized(frames, Box(3, 5, 30, 20), size), expected, atol=2e-6, rtol=0)
    assert_close(crop_resized(frames / 255, Box(3, 5, 30, 20), size), expected, atol=2e-6, rtol=0)


def test_a_crop_of_the_size_asked_for_keeps_its_values() -> None:
    frames = noise(1, 3, 12, 10)
    assert torch.equal(crop_resized(frames, Box(2, 4, 6, 6), 6), frames[..., 2:8, 4:10] / 255)
    assert torch.equal(crop_resized(frames / 255, Box(2, 4, 6, 6), 6), frames[..., 2:8, 4:10] / 255)


def test_a_checkerboard_made_smaller_is_grey() -> None:
    board = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    frames = board.expand(1, 3, 64, 64).to(torch.uint8) * 255
    small = crop_resized(frames, Box(0, 0, 64, 64), 8)
    assert_close(small, torch.full((1, 3, 8, 8), 0.5), atol=0.01, rtol=0)


@pytest.mark.parametrize(("height", "width"), [(1, 30), (30, 1), (1, 1)])
def test_a_line_of_pixels_can_be_resized(height: int, width: int) -> None:
    frames = torch.full((2, 3, height, width), 51, dtype=torch.uint8)
    assert_close(crop_resized(frames, Box(0, 0, height, width), 8), torch.full((2, 3, 8, 8), 0.2))


def test_white_stays_within_the_range() -> None:
    resized = crop_resized(torch.full((1, 3, 97, 61), 255, dtype=torch.uint8), Box(0, 0, 97, 61), (33, 47))
    assert resized.max() <= 1
    assert resized.min() > 0.99999


def test_the_given_frames_are_left_as_they_were() -> None:
    frames = noise(1, 3, 12, 10) / 255
    before = frames.clone()
    crop_resized(frames, Box(0, 0, 12, 10), (12, 10)).zero_()
    flip(frames).zero_()
    assert torch.equal(frames, before)


def test_a_box_outside_the_frames_is_refused() -> None:
    with pytest.raises(SettingError, match=r"left=5.* does not lie inside frames of 8x8"):
        crop_resized(noise(1, 3, 8, 8), Box(0, 5, 4, 4), 4)


def test_a_flip_exchanges_left_and_right() -> None:
    assert flip(torch.tensor([[[[1, 2, 3], [4, 5, 6]]]])).tolist() == [[[[3, 2, 1], [6, 5, 4]]]]
