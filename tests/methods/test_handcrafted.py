"""Features without learning, by hand."""

import pytest
import torch

from corrbench.core.extractor import FeatureExtractor
from corrbench.errors import SettingError
from corrbench_methods.handcrafted import identity, lab, rgb


def test_identity_is_cosine_and_sine_of_the_place_of_a_cell() -> None:
    features = identity(stride=8)(torch.rand(1, 3, 8, 16))  # one row of two cells
    half = 0.5**0.5
    expected = torch.tensor([[[half, -half]], [[half, half]], [[0.0, 0.0]], [[1.0, 1.0]]])
    torch.testing.assert_close(features[0], expected, atol=1e-6, rtol=0)


def test_identity_is_the_same_in_every_frame() -> None:
    first, second = identity()(torch.rand(2, 3, 20, 30))
    assert torch.equal(first, second)


def test_rgb_is_the_patch_of_a_cell_less_one_half() -> None:
    frames = torch.tensor([[[[0.0, 0.25], [0.5, 1.0]], [[0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0], [1.0, 0.0]]]])
    features = rgb(stride=2)(frames)
    assert features.flatten().tolist() == [-0.5, -0.25, 0, 0.5, 0, 0, 0, 0, 0.5, 0.5, 0.5, -0.5]


def test_rgb_repeats_the_border_where_the_stride_does_not_divide_the_size() -> None:
    frames = torch.tensor([0.0, 0.5, 1.0]).expand(1, 3, 1, 3)  # one row of three pixels
    first, second = rgb(stride=2)(frames)[0, :4].flatten(1).T  # red of the two cells
    assert first.tolist() == [-0.5, 0, -0.5, 0]
    assert second.tolist() == [0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(("method", "channels"), [(identity, 4), (rgb, 192), (lab, 192)])
def test_a_grid_covers_every_pixel(method: type, channels: int) -> None:
    extractor = method()
    assert isinstance(extractor, FeatureExtractor)
    assert extractor.stride == 8
    assert extractor(torch.rand(2, 3, 480, 854)).shape == (2, channels, 60, 107)
    assert extractor(torch.rand(1, 3, 1, 9)).shape == (1, channels, 1, 2)


@pytest.mark.parametrize("method", [identity, rgb, lab])
def test_a_stride_of_nothing_is_refused(method: type) -> None:
    with pytest.raises(SettingError, match="stride=0"):
        method(stride=0)


def test_lab_is_the_patch_of_a_cell_in_lab() -> None:
    white, black = torch.ones(3, 1, 1), torch.zeros(3, 1, 1)
    features = lab(stride=2)(torch.cat([white, black], dim=2)[None])  # one row of two pixels, repeated below
    assert features.shape == (1, 12, 1, 1)
    torch.testing.assert_close(features.flatten(), torch.tensor([1.0, -1, 1, -1] + [0.0] * 8), atol=1e-4, rtol=0)
