"""UVC as a recipe: phases, what has gradients, precision, what is handed on, and learning."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.training.recipe import Outcome
from corrbench_methods.uvc.course import uvc
from corrbench_methods.uvc.recipe import JointTask, Phase, phase_of
from corrbench_methods.uvc.settings import PUBLISHED, Settings

SMALL = Settings(size=48, layer="layer3")
PHASES = {"crops": 0, "whole": 90}  # the number of a step of 100


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(seed: int = 0) -> dict[str, Tensor]:
    """A frame of coloured blobs: its parts, one cell apart and at a place of the whole frame, batches of one."""
    canvas = F.interpolate(torch.rand(1, 3, 30, 30, generator=seeded(seed)), size=120, mode="bicubic").clamp(0, 1)
    crops = torch.stack([canvas[0, :, 24:72, 24:72], canvas[0, :, 32:80, 16:64]])
    return {"crops": crops[None], "crop": canvas[:, :, 40:88, 56:104], "whole": canvas}


def outcome_of(recipe: JointTask, phase: str, *, of: dict[str, Tensor] | None = None) -> Outcome:
    recipe.before_step(PHASES[phase], 100)
    return recipe([of or batch()], seeded())


def test_phases_follow_from_the_step() -> None:
    phases = [phase_of(step, 300, Settings()) for step in range(300)]
    assert phases[0] == phases[9] == Phase(localise=False, strict=False, concentrate=False)
    assert phases[10] == phases[99] == Phase(localise=False, strict=True, concentrate=True)
    assert phases[100] == phases[119] == Phase(localise=True, strict=False, concentrate=True)
    assert phases[120] == phases[299] == Phase(localise=True, strict=True, concentrate=True)


def test_shares_may_leave_a_phase_out() -> None:
    assert not any(phase_of(step, 10, Settings(warmup_share=1.0)).localise for step in range(10))
    assert all(phase_of(step, 10, Settings(warmup_share=0.0)).localise for step in range(10))


def test_the_features_see_lightness_only() -> None:
    recipe = JointTask(SMALL, None, seed=0).eval()
    red = torch.zeros(1, 3, 48, 48)
    red[:, 0] = 1  # L = 53.24, as this grey
    grey = torch.full((1, 3, 48, 48), 0.49852)
    with torch.no_grad():
        assert torch.allclose(recipe._features(red), recipe._features(grey), atol=1e-3)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("reverse", ["transposed", "renormalised"])
def test_gradients_are_finite_and_reach_every_weight(phase: str, reverse: str) -> None:
    recipe = JointTask(Settings(size=48, layer="layer4", reverse=reverse), None, seed=0)
    outcome = outcome_of(recipe, phase)
    outcome.loss.backward()
    for name, parameter in recipe.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert recipe.trunk.get_parameter("conv1.weight").grad.abs().sum() > 0
    assert not any(value.requires_grad for value in outcome.monitors.values())


def test_pairs_above_the_threshold_give_no_gradient() -> None:
    settings = Settings(size=48, layer="layer3", threshold=1e-6, concentration_weight=0.0, settling_share=0.0)
    recipe = JointTask(settings, None, seed=0)
    outcome = outcome_of(recipe, "whole")
    outcome.loss.backward()
    assert outcome.loss.item() == 0
    assert outcome.monitors["share_above_threshold"] == 1
    assert outcome.monitors["colour_loss"] > 0
    assert all(parameter.grad.abs().max() == 0 for parameter in recipe.parameters())


def test_monitors_tell_the_phase_and_compare_with_copying() -> None:
    recipe = JointTask(SMALL, None, seed=0)
    assert [outcome_of(recipe, phase).monitors["localising"].item() for phase in PHASES] == [0, 1]
    assert 0 < outcome_of(recipe, "crops").monitors["reconstruction_ratio_8"] < 2


@pytest.mark.parametrize("phase", PHASES)
def test_in_bfloat16_the_loss_is_float32_and_nearly_the_same(phase: str) -> None:
    recipe = JointTask(SMALL, None, seed=0)
    full = outcome_of(recipe, phase).loss
    with torch.autocast("cpu", torch.bfloat16):
        half = outcome_of(recipe, phase).loss
    half.backward()
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(full.item(), rel=0.1)
    assert recipe.trunk.get_parameter("conv1.weight").grad.isfinite().all()


def test_weights_follow_the_seed_and_leave_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (JointTask(SMALL, None, seed=seed).trunk_weights()["conv1.weight"] for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_features_have_512_channels_at_an_eighth_of_the_size() -> None:
    recipe = JointTask(PUBLISHED, None, seed=0)
    assert recipe._features(torch.zeros(2, 3, 64, 64)).shape == (2, 512, 8, 8)
    assert "layer4.1.bn2.running_var" in recipe.trunk_weights()


def test_what_deployment_has_to_know() -> None:
    assert JointTask(SMALL, None, seed=0).preprocessing == {
        "colour": "lightness",
        "pool": "max",
        "padding": "zeros",
        "stride": "8",
        "layer": "layer3",
    }


def test_the_course_is_one_stage_with_settings_of_its_own() -> None:
    (stage,) = uvc().stages
    recipe = stage.build(stage.settings(), None, 0)
    assert isinstance(recipe, JointTask)
    assert [feed.frames_per_item for feed in recipe.feeds] == [2]


def test_colours_of_one_pair_are_soon_rebuilt_better_than_by_copying() -> None:
    recipe = JointTask(SMALL, None, seed=0).train()
    optimiser = torch.optim.Adam(recipe.parameters(), 1e-3)
    for _ in range(25):
        outcome = outcome_of(recipe, "crops")
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
    assert outcome.monitors["reconstruction_ratio_8"] < 0.5
