"""MAST as a recipe: which channel is rebuilt, gradients, precision, what is handed on, and learning."""

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from corrbench_methods.mast.course import mast
from corrbench_methods.mast.recipe import Reconstruction
from corrbench_methods.mast.settings import PUBLISHED, Settings

SMALL = Settings(size=48)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def moving_texture(seed: int) -> torch.Tensor:
    """Two frames of coloured blobs, the second moved by 4 pixels to the right and 4 down, (1, 2, 3, 48, 48)."""
    canvas = F.interpolate(torch.rand(1, 3, 16, 16, generator=seeded(seed)), size=96, mode="bicubic")[0].clamp(0, 1)
    return torch.stack([canvas[:, 24:72, 24:72], canvas[:, 20:68, 20:68]])[None]


def test_lightness_is_never_rebuilt() -> None:
    grey = torch.rand(1, 2, 1, 48, 48, generator=seeded()).expand(1, 2, 3, 48, 48)  # a and b are 0, L is not
    recipe = Reconstruction(SMALL, None, seed=0)
    for step in range(4):
        assert recipe([{"frames": grey}], seeded(step)).loss < 1e-3


def test_the_target_is_the_dropped_channel_as_it_was_before() -> None:
    red = torch.tensor([1.0, 0, 0]).view(3, 1, 1).expand(3, 48, 48)  # a = 80.1, b = 67.2 of 127
    grey = torch.full((3, 48, 48), 0.5)
    recipe = Reconstruction(SMALL, None, seed=0)
    pair = torch.stack([grey, red])[None]
    losses = {round(recipe([{"frames": pair}], seeded(step)).loss.item(), 1) for step in range(20)}
    assert losses == {12.1, 10.1}  # 20 * 80.1 / 127 - 1/2 and 20 * 67.2 / 127 - 1/2: nothing of it is in the reference


def test_the_reference_is_the_first_frame_and_the_query_the_second() -> None:
    red = torch.tensor([1.0, 0, 0]).view(3, 1, 1).expand(3, 48, 48)
    half = red.clone()
    half[:, :, 24:] = 0.5
    recipe = Reconstruction(SMALL, None, seed=0)
    to_half = recipe([{"frames": torch.stack([red, half])[None]}], seeded()).loss  # red can be carried to grey only
    to_red = recipe([{"frames": torch.stack([half, red])[None]}], seeded()).loss  # the red half is in reach of some
    assert to_half > to_red > 0


@pytest.mark.parametrize("settings", [SMALL, Settings(size=48, scaled=False, border="zero")])
def test_gradients_are_finite_and_reach_every_weight(settings: Settings) -> None:
    recipe = Reconstruction(settings, None, seed=0)
    outcome = recipe([{"frames": moving_texture(0)}], seeded())
    outcome.loss.backward()
    for name, parameter in recipe.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert recipe.trunk.get_parameter("conv1.weight").grad.abs().sum() > 0
    assert not any(value.requires_grad for value in outcome.monitors.values())


def test_in_bfloat16_the_loss_is_float32_and_nearly_the_same(holds_in_bfloat16: Callable[..., None]) -> None:
    recipe = Reconstruction(SMALL, None, seed=0)
    holds_in_bfloat16(recipe, [{"frames": moving_texture(0)}], rel=0.05)
    assert recipe.trunk.get_parameter("conv1.weight").grad.isfinite().all()


def test_weights_follow_the_seed_and_leave_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (Reconstruction(SMALL, None, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.head.weight, again.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)
    assert first.head.weight.abs().max() <= 1 / 48  # the root of 9 * 256 inputs


def test_features_have_64_channels_at_a_quarter_of_the_size() -> None:
    recipe = Reconstruction(PUBLISHED, None, seed=0)
    (maps,) = recipe.trunk(torch.zeros(2, 3, 64, 64))
    assert maps.shape == (2, 256, 16, 16)
    assert recipe.head(maps).shape == (2, 64, 16, 16)


def test_the_trunk_is_handed_on_without_the_head() -> None:
    weights = Reconstruction(SMALL, None, seed=0).trunk_weights()
    assert weights["layer3.1.conv2.weight"].shape == (256, 256, 3, 3)
    assert not [name for name in weights if name.startswith(("head", "layer4", "trunk"))]


def test_deployment_needs_lab_without_a_pool() -> None:
    preprocessing = Reconstruction(SMALL, None, seed=0).preprocessing
    assert preprocessing == {"colour": "lab", "pool": "none", "padding": "zeros", "stride": "8", "layer": "layer3"}


def test_the_course_has_one_stage_whose_settings_all_have_defaults() -> None:
    (stage,) = mast().stages
    assert stage.build(stage.settings(), None, 0).settings == Settings()


@pytest.mark.slow
def test_one_clip_is_rebuilt_better_than_by_copying() -> None:
    recipe = Reconstruction(SMALL, None, seed=0)
    frames = torch.cat([moving_texture(seed) for seed in range(2)])
    optimiser = torch.optim.Adam(recipe.parameters(), lr=5e-4)
    for step in range(60):
        outcome = recipe([{"frames": frames}], seeded(step))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
    assert outcome.monitors["reconstruction_ratio_4"] < 0.8
