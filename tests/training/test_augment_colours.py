"""Colours and sharpness of the frames of a clip."""

import pytest
import torch
import torchvision.transforms.v2.functional as reference
from scipy.ndimage import gaussian_filter
from torch import Generator, Tensor
from torch.testing import assert_close

from corrbench.training.augment import blur, colour_jitter, grey, uniform
from corrbench.training.colours import brightened, contrasted, saturated, turned

RED, GREEN, YELLOW = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def noise(*shape: int) -> Tensor:
    """Values in [0, 1]; some pixels are grey, black, white, or have two equal channels."""
    frames = torch.rand(shape, generator=seeded())
    frames[..., 0, :] = frames[..., :1, 0, :]
    frames[..., 1, :] = 0
    frames[..., 2, :] = 1
    frames[..., 1, 3, :] = frames[..., 0, 3, :]
    frames[..., 2, 4, :] = frames[..., 1, 4, :]
    return frames


def pixel(values: list[float]) -> Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
def test_each_change_is_torchvisions(factor: float) -> None:
    frames = noise(3, 3, 12, 9)
    assert_close(brightened(frames, factor), reference.adjust_brightness(frames, factor))
    assert_close(contrasted(frames, factor), reference.adjust_contrast(frames, factor))
    assert_close(saturated(frames, factor), reference.adjust_saturation(frames, factor))


@pytest.mark.parametrize("turn", [-0.5, -0.1, 0.0, 0.05, 0.5])
def test_a_turn_of_the_hue_is_torchvisions(turn: float) -> None:
    frames = noise(3, 3, 12, 9)
    assert_close(turned(frames, turn), reference.adjust_hue(frames, turn), atol=1e-5, rtol=0)


def test_a_third_of_a_turn_makes_red_green_and_a_sixth_yellow() -> None:
    assert_close(turned(pixel(RED), 1 / 3), pixel(GREEN), atol=1e-6, rtol=0)
    assert_close(turned(pixel(RED), 1 / 6), pixel(YELLOW), atol=1e-6, rtol=0)
    assert_close(turned(pixel([0.3, 0.3, 0.3]), 0.4), pixel([0.3, 0.3, 0.3]))


def test_grey_weighs_the_channels_as_the_eye_does() -> None:
    assert_close(grey(pixel([1, 0, 0])), pixel([0.2989] * 3))
    frames = noise(2, 3, 8, 8)
    assert_close(grey(frames), reference.rgb_to_grayscale(frames, 3))
    grey(frames).zero_()  # its channels are its own


def test_all_frames_of_a_clip_are_changed_alike() -> None:
    frame = noise(1, 3, 10, 10)
    changed = colour_jitter(frame.repeat(3, 1, 1, 1), seeded(), brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
    assert torch.equal(changed[0], changed[1])
    assert torch.equal(changed[0], changed[2])
    assert not torch.equal(changed[:1], frame)


def test_jitter_stays_in_range_and_can_be_drawn_again() -> None:
    frames = noise(1, 3, 10, 10)
    before = frames.clone()
    drawn = [
        colour_jitter(frames, seeded(seed), brightness=1, contrast=1, saturation=1, hue=0.5) for seed in (*range(20), 0)
    ]
    assert all(changed.min() >= 0 and changed.max() <= 1 for changed in drawn)
    assert torch.equal(drawn[0], drawn[20])
    assert len({float(changed.sum()) for changed in drawn}) == 20
    assert torch.equal(frames, before)


@pytest.mark.parametrize("only", ["brightness", "contrast", "saturation", "hue"])
def test_the_order_of_the_changes_does_not_move_the_later_draws(only: str) -> None:
    generators = seeded(), seeded()
    amounts = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
    same = colour_jitter(noise(1, 3, 8, 8), generators[0], **amounts)
    changed = colour_jitter(noise(1, 3, 8, 8), generators[1], **amounts | {only: 0.3})
    assert torch.equal(same, noise(1, 3, 8, 8))
    assert not torch.equal(changed, same)
    assert uniform(generators[0], 0, 1) == uniform(generators[1], 0, 1)


def test_brightness_alone_is_a_factor_around_one() -> None:
    factors = [
        float(colour_jitter(pixel([0.5] * 3), seeded(seed), brightness=0.4, contrast=0, saturation=0, hue=0).mean() * 2)
        for seed in range(200)
    ]
    assert 0.6 <= min(factors) < 0.62
    assert 1.38 < max(factors) <= 1.4


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
@pytest.mark.parametrize(("height", "width"), [(20, 24), (1, 9), (3, 2), (1, 1)])
def test_blur_is_a_gaussian_with_mirrored_borders(sigma: float, height: int, width: int) -> None:
    frames = torch.rand(2, 3, height, width, generator=seeded())
    expected = gaussian_filter(frames.numpy(), (0, 0, sigma, sigma), mode="mirror", truncate=4)
    assert_close(blur(frames, seeded(), (sigma, sigma)).numpy(), expected, atol=1e-6, rtol=0)


def test_blur_is_torchvisions_with_a_wide_kernel() -> None:
    frames = noise(2, 3, 40, 40)
    expected = reference.gaussian_blur(frames, [13, 13], [1.5, 1.5])
    assert_close(blur(frames, seeded(), (1.5, 1.5)), expected, atol=1e-6, rtol=0)


def test_one_strength_of_blur_is_drawn_for_all_frames() -> None:
    frames = noise(1, 3, 10, 10).repeat(2, 1, 1, 1)
    blurred = blur(frames, seeded())
    assert torch.equal(blurred[0], blurred[1])
    assert not torch.equal(blurred, blur(frames, seeded(1)))
