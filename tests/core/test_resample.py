"""Change of grids, against values found by hand and against torch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from corrbench.core.resample import bilinear, nearest


def picked(old: int, new: int, rule: str) -> list[int]:
    """The pixels that the cells of a row take."""
    return nearest(torch.arange(old)[None], (1, new), rule)[0].tolist()  # type: ignore[arg-type]


def linear(row: list[float], new: int) -> list[float]:
    return bilinear(torch.tensor([row]), (1, new), "cv2")[0].tolist()


# Nearest


def test_the_centre_rule_takes_the_pixel_under_the_middle_of_a_cell() -> None:
    assert picked(854, 52, "centre")[:4] == [8, 24, 41, 57]
    assert picked(854, 52, "centre")[-1] == 845
    assert picked(854, 107, "centre")[:4] == [3, 11, 19, 27]
    assert picked(854, 107, "centre")[-1] == 850
    assert picked(480, 30, "centre")[:3] == [8, 24, 40]


def test_the_corner_rule_takes_the_pixel_under_the_corner_of_a_cell() -> None:
    assert picked(854, 52, "corner")[:4] == [0, 16, 32, 49]
    assert picked(854, 52, "corner")[-1] == 837
    assert picked(854, 107, "corner")[:4] == [0, 7, 15, 23]
    assert picked(854, 107, "corner")[-1] == 846
    assert picked(480, 30, "corner")[:3] == [0, 16, 32]


@pytest.mark.parametrize(("old", "new"), [(854, 52), (480, 30), (854, 107)])
def test_the_two_rules_differ_in_every_cell(old: int, new: int) -> None:
    assert all(a != b for a, b in zip(picked(old, new, "centre"), picked(old, new, "corner"), strict=True))


def test_both_rules_repeat_pixels_on_a_finer_grid() -> None:
    assert picked(2, 4, "centre") == [0, 0, 1, 1]
    assert picked(2, 4, "corner") == [0, 0, 1, 1]
    assert picked(3, 3, "corner") == [0, 1, 2]


def test_nearest_takes_rows_and_columns_apart_and_keeps_the_dtype() -> None:
    image = torch.tensor([[0, 1, 2, 3], [4, 5, 6, 7]], dtype=torch.uint8)
    smaller = nearest(image, (1, 2), "centre")
    assert smaller.tolist() == [[5, 7]]
    assert smaller.dtype == torch.uint8


@given(old=st.integers(1, 900), new=st.integers(1, 900))
@settings(max_examples=50, deadline=None)
def test_nearest_equals_torch_where_that_is_exact(old: int, new: int) -> None:
    row = torch.arange(old, dtype=torch.float64).reshape(1, 1, 1, old)
    ours = nearest(row, (1, new), "centre")
    theirs = F.interpolate(row, (1, new), mode="nearest-exact")
    # torch multiplies by a rounded ratio, so a coordinate that is a whole number may fall one pixel short.
    assert (ours - theirs).abs().max() <= 1
    exact = [(2 * i + 1) * old // (2 * new) for i in range(new)]
    assert ours.flatten().tolist() == exact


# Bilinear


def test_a_cell_of_four_pixels_is_the_mean_of_the_middle_two() -> None:
    assert linear([0.0, 1.0, 3.0, 0.0, 0.0, 2.0, 4.0, 9.0], 2) == [2.0, 3.0]


def test_a_finer_grid_repeats_the_border_and_mixes_between() -> None:
    assert linear([0.0, 8.0], 4) == [0.0, 2.0, 6.0, 8.0]


def test_a_ramp_is_read_at_its_source_coordinates() -> None:
    ramp = [6.0 * x for x in range(8)]  # read at 5/6, 7/2 and 37/6
    assert linear(ramp, 3) == pytest.approx([5.0, 21.0, 37.0], abs=1e-5)


def test_a_bar_of_16_pixels_at_stride_8_is_exactly_two_cells() -> None:
    bar = [1.0 if 24 <= x < 40 else 0.0 for x in range(64)]
    assert linear(bar, 8) == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]


def test_the_source_coordinate_is_rounded_to_float32_before_its_fraction_is_taken() -> None:
    row = torch.zeros(1, 854)
    row[0, 802] = 1
    # (100 + .5) * 854 / 107 - .5 = 801.62149533, in float32 801.62152099609375.
    assert bilinear(row, (1, 107), "cv2")[0, 100].item() == pytest.approx(0.62152099609375, abs=1e-9)


def test_a_size_that_is_already_right_changes_nothing() -> None:
    image = torch.rand(3, 5, 7)
    assert bilinear(image, (5, 7), "cv2") is image
    assert bilinear(image, (5, 7), "torch") is image


@given(
    old=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    new=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_both_flavours_agree_on_random_images(old: tuple[int, int], new: tuple[int, int], seed: int) -> None:
    images = torch.rand(2, 3, *old, generator=torch.Generator().manual_seed(seed))
    expected = F.interpolate(images, new, mode="bilinear", align_corners=False)
    assert (bilinear(images, new, "cv2") - expected).abs().max() <= 3e-5
    # torch has one kernel for few channels and one for many; they round differently.
    assert (bilinear(images, new, "torch") - expected).abs().max() <= 1e-6


def test_both_flavours_agree_on_noise_of_the_size_of_davis() -> None:
    # A coordinate near 854 has steps of 6.1e-5 in float32, and neighbours of noise differ by up to 1.
    frame = torch.rand(3, 480, 854, generator=torch.Generator().manual_seed(0))
    expected = F.interpolate(frame[None], (60, 107), mode="bilinear", align_corners=False)[0]
    assert (bilinear(frame, (60, 107), "cv2") - expected).abs().max() <= 6.2e-5


def test_both_flavours_keep_leading_axes() -> None:
    images = torch.rand(2, 3, 4, 8, 8)
    for flavour in ("cv2", "torch"):
        assert bilinear(images, (4, 2), flavour).shape == (2, 3, 4, 4, 2)  # type: ignore[arg-type]
