"""A channel carried by local attention: identity, shifts, borders, the loss."""

import pytest
import torch
from torch.nn import functional as F

from corrbench_methods.mast.reconstruction import colour_loss, local_affinity, reconstruct

SHARP = 1 / 0.02  # a low temperature, for features of length 1


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def distinct(frames: torch.Tensor) -> torch.Tensor:
    """The 4 x 4 pixels of each cell as its feature, of length 1: (B, 48, h, w)."""
    return F.normalize(F.pixel_unshuffle(frames, 4) - 0.5, dim=1)


def test_an_identical_frame_is_rebuilt_up_to_the_pixels_that_were_not_carried() -> None:
    smooth = F.interpolate(torch.rand(1, 3, 3, 3, generator=seeded()), size=64, mode="bilinear")
    features = distinct(torch.rand(1, 3, 64, 64, generator=seeded()))
    affinity = local_affinity(features, features, 3, scale=SHARP)
    channel = smooth[:, :1]
    rebuilt = reconstruct(affinity, channel, 3)
    interpolated = F.interpolate(channel[..., ::4, ::4], size=64, mode="bilinear")
    torch.testing.assert_close(rebuilt, interpolated, atol=1e-4, rtol=0)
    assert colour_loss(rebuilt, channel) < 0.5 * colour_loss(channel.flip(-1), channel)


def test_a_frame_moved_by_8_pixels_is_found_2_cells_away() -> None:
    canvas = torch.rand(1, 3, 64, 80, generator=seeded())
    reference, query = canvas[..., 8:72], canvas[..., :64]  # all moved 8 pixels to the right
    affinity = local_affinity(distinct(query), distinct(reference), 3, scale=SHARP)  # (1, 49, 16, 16)
    inside = affinity.argmax(1)[0, :, 2:]  # the first two columns have come from outside
    assert (inside == 3 * 7 + 1).all()  # the middle row of the window, and two to the left of its middle


def test_weights_sum_to_one_at_the_border_too() -> None:
    features = torch.randn(1, 8, 5, 6, generator=seeded())
    affinity = local_affinity(features, features, 2, scale=1.0)
    torch.testing.assert_close(affinity.sum(1), torch.ones(1, 5, 6))


def test_with_zero_borders_a_corner_loses_what_lies_beyond_the_frame() -> None:
    features = torch.zeros(1, 8, 3, 3)  # all similarities are 0, within the frame and beyond
    sums = local_affinity(features, features, 1, scale=1.0, border="zero").sum(1)[0]
    expected = torch.tensor([[4, 6, 4], [6, 9, 6], [4, 6, 4]]) / 9
    torch.testing.assert_close(sums, expected)


def test_small_errors_count_squared_and_large_ones_linearly() -> None:
    zero = torch.zeros(1, 1, 1, 1)
    assert colour_loss(zero + 0.025, zero) == pytest.approx(0.125)  # (20 * .025)^2 / 2
    assert colour_loss(zero + 0.5, zero) == pytest.approx(9.5)  # 20 * .5 - 1/2
