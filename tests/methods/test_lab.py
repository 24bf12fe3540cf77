"""Lab colours, and what each kind of network is given of a frame."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from corrbench_methods.colour import Colour, colours
from corrbench_methods.lab import lab, lightness

FRAMES = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(0))


def _pixel(*values: float) -> torch.Tensor:
    """One pixel, (1, 3, 1, 1)."""
    return torch.tensor(values, dtype=torch.float32).view(1, 3, 1, 1)


def test_lab_is_that_of_skimage() -> None:
    dark = FRAMES * 0.05  # where both curves are lines
    for frames in (FRAMES, dark):
        expected = rgb2lab(frames.movedim(1, -1).double().numpy()) / [50, 127, 127] - [1, 0, 0]
        np.testing.assert_allclose(lab(frames).movedim(1, -1).numpy(), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [  # L, a, b
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (100, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
        ((0.5, 0.5, 0.5), (53.39, 0, 0)),
    ],
)
def test_known_colours(rgb: tuple[float, ...], expected: tuple[float, float, float]) -> None:
    light, a, b = lab(_pixel(*rgb)).flatten().tolist()
    assert (50 * light + 50, 127 * a, 127 * b) == pytest.approx(expected, abs=0.02)


def test_lightness_is_the_first_channel() -> None:
    torch.testing.assert_close(lightness(FRAMES), lab(FRAMES)[:, :1], atol=1e-6, rtol=0)


def test_any_axes_may_stand_before_the_colours_and_half_precision_stays_half() -> None:
    torch.testing.assert_close(lab(FRAMES[0]), lab(FRAMES)[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(lab(FRAMES[None]), lab(FRAMES)[None], atol=1e-5, rtol=0)
    assert lab(FRAMES.half()).dtype == torch.float16
    assert not lab(FRAMES.half()).isnan().any()


def test_values_just_outside_the_range_do_not_become_nan() -> None:
    assert lab(_pixel(-0.01, -0.01, 1.01)).isfinite().all()


@pytest.mark.parametrize(
    ("colour", "black", "white"),
    [
        ("plain", (0, 0, 0), (1, 1, 1)),
        ("rgb", (-2.1179, -2.0357, -1.8044), (2.2489, 2.4286, 2.64)),
        ("lab", (-1, 0, 0), (1, 0, 0)),
        ("lightness", (-2.1179, -2.0357, -1.8044), (2.2318, 2.4111, 2.6226)),  # white is 255 / 256
        ("lightness-crw", (-1, -1, -1), (127 / 128, 127 / 128, 127 / 128)),
    ],
)
def test_what_a_network_is_given_of_black_and_white(
    colour: Colour, black: tuple[float, ...], white: tuple[float, ...]
) -> None:
    module = colours(colour)
    torch.testing.assert_close(module(_pixel(0, 0, 0)), _pixel(*black), atol=2e-4, rtol=0)
    torch.testing.assert_close(module(_pixel(1, 1, 1)), _pixel(*white), atol=2e-4, rtol=0)
    assert not module.state_dict()  # nothing to be found in a checkpoint


def test_lightness_does_not_tell_a_colour_from_its_grey() -> None:
    grey = (lightness(_pixel(0.9, 0.2, 0.4)).item() + 1) / 2  # L / 100
    level = ((grey * 100 + 16) / 116) ** 3
    same = 1.055 * level ** (1 / 2.4) - 0.055
    given = colours("lightness")(torch.cat([_pixel(0.9, 0.2, 0.4), _pixel(same, same, same)]))
    torch.testing.assert_close(given[0], given[1], atol=1e-4, rtol=0)
