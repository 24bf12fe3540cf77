"""The network that has learned nothing, and the statistics that it is given."""

import pytest
import torch
from torch import nn

from corrbench.core.plugins import find
from corrbench_methods.random_resnet import calibrate, random_resnet18, sample_frames
from corrbench_methods.trunk import Trunk


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    """Frames of another video."""
    return torch.rand(2, 3, 96, 128, generator=torch.Generator().manual_seed(0))


def test_a_batch_norm_gets_the_mean_and_variance_of_its_input() -> None:
    norm = nn.BatchNorm2d(1)
    calibrate(norm, torch.tensor([0.0, 0.0, 2.0, 2.0]).view(2, 1, 1, 2))
    assert norm.running_mean.item() == 1
    assert norm.running_var.item() == pytest.approx(4 / 3)
    assert (norm.momentum, norm.training) == (0.1, False)


def test_every_layer_is_calibrated_on_what_the_layers_before_it_give(noise: torch.Tensor) -> None:
    trunk = Trunk(18)
    calibrate(trunk, noise)
    outputs: list[torch.Tensor] = []  # copies, as the block goes on to add its input in place
    trunk.layer3[1].bn2.register_forward_hook(lambda module, given, output: outputs.append(output.clone()))
    trunk(noise)
    torch.testing.assert_close(outputs[0].mean((0, 2, 3)), torch.zeros(256), atol=0.02, rtol=0)
    torch.testing.assert_close(outputs[0].var((0, 2, 3)), torch.ones(256), atol=0.02, rtol=0)


def test_a_grey_level_of_the_decoder_hardly_matters() -> None:
    generator = torch.Generator().manual_seed(0)
    smooth = nn.functional.interpolate(torch.rand(2, 3, 6, 8, generator=generator), (48, 64), mode="bilinear")
    decoded = smooth + torch.randint(-1, 2, smooth.shape, generator=generator) / 255
    first, second = Trunk(18), Trunk(18)
    calibrate(first, smooth)
    calibrate(second, decoded)
    difference = (first(smooth) - second(smooth)).norm() / first(smooth).norm()
    assert difference < 0.05


def test_it_is_seeded_and_leaves_the_global_random_state_alone(noise: torch.Tensor) -> None:
    before = torch.get_rng_state()
    first, again, other = random_resnet18(), random_resnet18(seed=0), random_resnet18(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.inference_mode():
        assert torch.equal(first(noise), again(noise))
        assert not torch.allclose(first(noise), other(noise), atol=0.1)


def test_statistics_come_from_the_first_and_middle_frames_of_the_sample() -> None:
    frames = sample_frames(find("datasets", "sample").load()())
    assert frames.shape == (8, 3, 240, 320)  # two frames of four videos
    assert 0 <= frames.min() < frames.max() <= 1


def test_its_weights_have_an_identity_that_follows_the_seed() -> None:
    first, again, other = random_resnet18(), random_resnet18(seed=0), random_resnet18(seed=1)
    assert first.weights_sha256 == again.weights_sha256 != other.weights_sha256


def test_frames_of_another_video_do_not_change_its_statistics(noise: torch.Tensor) -> None:
    trunk = random_resnet18(layer="layer1")
    mean = trunk.bn1.running_mean.clone()
    trunk(noise)
    assert torch.equal(trunk.bn1.running_mean, mean)
