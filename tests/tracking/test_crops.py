"""Crops of frames: bilinear, with a border of one colour."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.core.resample import bilinear
from corrbench.tracking.crops import cropped
from corrbench.tracking.rectangles import Rectangle


def ramp(height: int = 4, width: int = 6) -> Tensor:
    """A frame whose values are 10 times the column in red, 10 times the row in green, and 7 in blue."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([columns * 10, rows * 10, torch.full_like(rows, 7)]).to(torch.uint8)


def test_a_region_of_whole_pixels_is_cut_out() -> None:
    crop = cropped(ramp(), Rectangle(1, 1, 3, 2), (2, 3))
    assert crop.dtype == torch.float32
    assert crop[0].tolist() == [[10, 20, 30]] * 2
    assert crop[1].tolist() == [[10] * 3, [20] * 3]


def test_half_a_pixel_to_the_right_lies_between_two() -> None:
    assert cropped(ramp(), Rectangle(1.5, 1, 2, 1), (1, 2))[0].tolist() == [[15, 25]]


def test_outside_is_the_mean_colour_of_the_frame() -> None:
    crop = cropped(ramp(), Rectangle(-2, 0, 4, 1), (1, 4))
    assert crop[:, 0, :2].tolist() == [[25, 25], [15, 15], [7, 7]]
    assert crop[0, 0].tolist() == [25, 25, 0, 10]


def test_outside_has_the_colour_given_in_fractions() -> None:
    crop = cropped(ramp(), Rectangle(5, 3, 2, 2), (2, 2), (1.0, 0.2, 0.0))
    assert crop[:, 1, 1].tolist() == [255, 51, 0]
    assert crop[:, 0, 0].tolist() == [50, 30, 7]


def test_the_border_fades_over_one_pixel() -> None:
    crop = cropped(torch.full((3, 2, 2), 100, dtype=torch.uint8), Rectangle(-0.5, 0, 1, 2), (2, 1), (0, 0, 0))
    assert crop[0].tolist() == [[50], [50]]


@pytest.mark.parametrize("x", [-1e6, 1e6])
def test_a_region_far_away_has_the_border_colour_alone(x: float) -> None:
    assert cropped(ramp(), Rectangle(x, x, 8, 8), (4, 4), (0, 0, 1)).flatten(1).unique(dim=1).tolist() == [
        [0],
        [0],
        [255],
    ]


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_the_whole_frame_is_resized_as_elsewhere(height: int, width: int) -> None:
    # Away from the border, which fades here and is repeated there.
    frame = torch.randint(256, (3, 9, 11), generator=torch.Generator().manual_seed(height), dtype=torch.uint8)
    crop = cropped(frame, Rectangle(0, 0, 11, 9), (height, width))
    whole = bilinear(frame.float(), (height, width), "cv2")
    rows, columns = ((torch.arange(n) + 0.5) * (size / n) - 0.5 for n, size in ((height, 9), (width, 11)))
    inside = ((rows >= 0) & (rows <= 8))[:, None] & ((columns >= 0) & (columns <= 10))
    assert (crop - whole).masked_fill(~inside, 0).abs().max() < 1e-2
