"""The walk as a recipe: losses, gradients, precision, what is handed on, and that a clip can be learned."""

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from corrbench_methods.crw.course import crw
from corrbench_methods.crw.recipe import RandomWalk
from corrbench_methods.crw.settings import Settings

PATCHES = Settings(nodes="patches", layer="layer4", size=48, patch=32, patch_stride=16)  # 4 nodes
DENSE = Settings(size=48)  # 36 nodes


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def moving_texture(seed: int, frames: int = 4) -> torch.Tensor:
    """Coloured blobs that move 3 pixels to the right in each frame, (T, 3, 64, 64)."""
    canvas = F.interpolate(torch.rand(1, 3, 12, 12, generator=seeded(seed)), size=96, mode="bicubic")[0].clamp(0, 1)
    crops = [canvas[:, 16:80, 20 - 3 * index : 84 - 3 * index] for index in range(frames)]
    return (torch.stack(crops) * 255).to(torch.uint8)


def batch_of(recipe: RandomWalk, items: int) -> dict[str, torch.Tensor]:
    prepared = [recipe.feeds[0].prepare(moving_texture(index), seeded(index)) for index in range(items)]
    return {key: torch.stack([item[key] for item in prepared]) for key in prepared[0]}


@pytest.mark.parametrize(("settings", "uniform"), [(PATCHES, 1.386), (DENSE, 3.584)])
def test_gradients_are_finite_and_reach_every_weight(settings: Settings, uniform: float) -> None:
    recipe = RandomWalk(settings, None, seed=0)
    outcome = recipe([batch_of(recipe, 2)], seeded())
    outcome.loss.backward()
    for name, parameter in recipe.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name
    assert outcome.monitors["loss_over_uniform"] == pytest.approx(outcome.loss.item() / uniform, rel=1e-3)


def test_chance_is_one_over_the_nodes() -> None:
    recipe = RandomWalk(PATCHES, None, seed=0)
    monitors = recipe([batch_of(recipe, 1)], seeded()).monitors
    assert monitors["return_accuracy_by_chance"] == 0.25
    assert 0.25 < monitors["affinity_max"] <= 1
    assert not any(value.requires_grad for value in monitors.values())


@pytest.mark.parametrize("settings", [PATCHES, DENSE])
def test_in_bfloat16_the_loss_is_float32_and_nearly_the_same(
    settings: Settings, holds_in_bfloat16: Callable[..., None]
) -> None:
    recipe = RandomWalk(settings, None, seed=0)
    holds_in_bfloat16(recipe, [batch_of(recipe, 2)])
    assert recipe.encoder.get_parameter("conv1.weight").grad.isfinite().all()


def test_the_loss_does_not_depend_on_the_generator_of_the_step() -> None:
    recipe = RandomWalk(DENSE, None, seed=0)
    batch = batch_of(recipe, 1)
    assert recipe([batch], seeded(0)).loss == recipe([batch], seeded(1)).loss


def test_weights_follow_the_seed_and_leave_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (RandomWalk(DENSE, None, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.head.weight, again.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)
    assert first.head.weight.abs().max() <= 1 / 16  # 256 inputs


def test_the_trunk_is_handed_on_under_torchvisions_names() -> None:
    dense, patches = (RandomWalk(settings, None, seed=0).trunk_weights() for settings in (DENSE, PATCHES))
    assert dense["conv1.weight"].shape == (64, 3, 7, 7)
    assert dense["layer3.0.downsample.0.weight"].shape == (256, 128, 1, 1)
    assert not [name for name in dense if name.startswith(("layer4", "head"))]
    assert patches["layer4.1.bn2.running_var"].shape == (512,)


def test_a_trunk_is_taken_over() -> None:
    trunk = RandomWalk(PATCHES, None, seed=5).trunk_weights()
    taken = RandomWalk(PATCHES, trunk, seed=0).trunk_weights()
    assert torch.equal(taken["layer4.1.conv2.weight"], trunk["layer4.1.conv2.weight"])


def test_deployment_reflects_and_keeps_the_max_pool() -> None:
    preprocessing = RandomWalk(PATCHES, None, seed=0).preprocessing
    assert preprocessing == {"colour": "rgb", "pool": "max", "padding": "reflect", "stride": "8", "layer": "layer3"}


def test_colours_are_normalised_for_imagenet_unless_the_released_mismatch_is_asked_for() -> None:
    ours = RandomWalk(DENSE, None, seed=0).normalise.mean.flatten().tolist()
    released = RandomWalk(Settings(normalisation="cifar"), None, seed=0).normalise.mean.flatten().tolist()
    assert ours == pytest.approx([0.485, 0.456, 0.406])
    assert released == pytest.approx([0.4914, 0.4822, 0.4465])


def test_the_course_has_one_stage_whose_settings_all_have_defaults() -> None:
    (stage,) = crw().stages
    assert stage.build(stage.settings(), None, 0).settings == Settings()


def test_one_clip_is_learned() -> None:
    alike = Settings(size=48, edge_dropout=0, crop_area=(0.95, 1.0), crop_ratio=(0.95, 1.05))  # few places come or go
    recipe = RandomWalk(alike, None, seed=0)
    batch = batch_of(recipe, 1)
    optimiser = torch.optim.Adam(recipe.parameters(), lr=1e-3)
    for _ in range(25):
        outcome = recipe([batch], seeded())
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
    assert outcome.monitors["return_accuracy"] > 0.9
