"""The temporal stage as a recipe: gradients, its teacher, what can be switched off, and that it learns motion."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench_methods.ours.temporal import Temporal, build_temporal
from corrbench_methods.ours.temporal_settings import TemporalSettings
from corrbench_methods.pyramid import Pyramid

SMALL = TemporalSettings(
    size=32, global_layer="layer4", global_stride=16
)  # 16 coarse and 4 coarsest cells; radii 2 and 1
RELEASED = {
    "select": "repo_literal", "pseudo_norm": "avg", "teacher_l2norm": False, "scale_weights": False,
    "teacher_colour": "rgb", "teacher_pool": "max", "teacher_layer3_stride": 16, "global_layer": "layer4",
}  # fmt: skip
ALONE = replace(SMALL, global_weight=0)
SPATIAL = Pyramid(("layer4",), strides=(1, 2, 1, 4), seed=1).torchvision_weights()


def batch(size: int = 32, items: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {"frames": torch.rand(items, 2, 3, size, size, generator=generator)}


def step() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(SMALL, id="default"),
        pytest.param(replace(SMALL, **RELEASED), id="released"),
        pytest.param(replace(SMALL, select="soft", select_score="entropy", detach=False), id="soft"),
        pytest.param(replace(SMALL, colour="rgb", channel_dropout=False, global_stride=32), id="rgb-global-32"),
        pytest.param(replace(SMALL, global_layer="layer3"), id="global-layer3"),
        pytest.param(replace(SMALL, levels="8", local_weight=0, global_weight=0), id="8-alone"),
    ],
)
def test_every_parameter_of_the_student_gets_a_finite_gradient(settings: TemporalSettings) -> None:
    recipe = build_temporal(settings, SPATIAL, 0)
    outcome = recipe([batch()], step())
    outcome.loss.backward()
    assert outcome.loss.shape == ()
    assert all(torch.isfinite(value) and not value.requires_grad for value in outcome.monitors.values())
    for name, parameter in recipe.student.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_the_teacher_is_neither_trained_nor_moved_nor_handed_on() -> None:
    recipe = Temporal(SMALL, SPATIAL, 0)
    before = recipe.teacher.torchvision_weights()
    recipe.train()
    recipe([batch()], step()).loss.backward()
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in recipe.teacher.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in recipe.teacher.state_dict().items())
    assert not [name for name in recipe.trunk_weights() if "teacher" in name]
    assert recipe.student.bn1.num_batches_tracked == 1  # as the student's statistics have


def test_a_teacher_that_sees_what_the_student_sees_has_nothing_to_say() -> None:
    settings = replace(
        SMALL, channel_dropout=False, teacher_colour="lab", teacher_pool="none", teacher_l2norm=False,
        teacher_temperature=512**0.5,
    )  # fmt: skip
    alike = Temporal(settings, SPATIAL, 0).eval()([batch()], step())
    assert alike.monitors["global"] < 1e-12
    assert Temporal(SMALL, SPATIAL, 0).eval()([batch()], step()).monitors["global"] > 1e-6


def test_without_weights_to_start_from_there_is_no_teacher() -> None:
    with pytest.raises(SettingError, match=r"global_weight=50.0 needs a teacher, and there are no weights"):
        Temporal(SMALL, None, 0)
    three = {name: tensor for name, tensor in SPATIAL.items() if not name.startswith("layer4")}
    with pytest.raises(SettingError, match="the weights have no layer4"):
        Temporal(SMALL, three, 0)
    assert Temporal(replace(SMALL, global_layer="layer3"), three, 0).teacher is not None
    alone = Temporal(ALONE, None, 0)
    assert alone.teacher is None
    assert not [name for name in alone.trunk_weights() if name.startswith("layer4")]


def test_the_student_starts_from_the_weights_it_is_given() -> None:
    student = Temporal(SMALL, SPATIAL, 7).trunk_weights()
    assert torch.equal(student["layer4.1.conv2.weight"], SPATIAL["layer4.1.conv2.weight"])


def test_lightness_is_never_the_channel_that_is_hidden() -> None:
    recipe = Temporal(replace(ALONE, local_weight=0), None, 0)
    grey = {"frames": batch()["frames"].mean(2, keepdim=True).expand(-1, -1, 3, -1, -1)}
    losses = [recipe([grey], torch.Generator().manual_seed(seed)).loss for seed in range(6)]
    coloured = [recipe([batch()], torch.Generator().manual_seed(seed)).loss for seed in range(6)]
    assert max(losses) < 0.05 < min(coloured)  # grey frames have the same a and b everywhere


def test_a_teacher_of_layer3_has_the_cells_of_the_coarse_level() -> None:
    settings = replace(SMALL, global_layer="layer3", channel_dropout=False, teacher_l2norm=False)
    alike = Temporal(replace(settings, teacher_temperature=256**0.5), SPATIAL, 0).eval()
    assert alike.teacher is not None
    assert alike.settings.outputs == ("layer2", "layer3")
    assert alike([batch()], step()).monitors["global"] < 1e-12  # both see the same cells of the same frames
    assert "layer4.1.conv2.weight" not in alike.trunk_weights()


def test_weights_of_the_distillations_shrink_with_the_number_of_cells() -> None:
    scaled = Temporal(replace(SMALL, select="none"), SPATIAL, 0).eval()([batch()], step())
    literal = Temporal(replace(SMALL, select="none", scale_weights=False), SPATIAL, 0).eval()([batch()], step())
    parts = scaled.monitors
    reconstruction = parts["reconstruction_4"] + parts["reconstruction_8"]
    torch.testing.assert_close(literal.loss, reconstruction + 1000 * parts["local"] + 50 * parts["global"])
    torch.testing.assert_close(  # 16 of 1024 coarse cells, 4 of 64 coarsest
        scaled.loss, reconstruction + 1000 / 64 * parts["local"] + 50 / 16 * parts["global"]
    )


def test_windows_are_given_in_pixels_of_256() -> None:
    published = TemporalSettings(size=256)
    assert (published.radius(4), published.radius(8)) == (12, 6)
    assert (TemporalSettings().radius(4), TemporalSettings().radius(8)) == (6, 3)


def test_the_published_maps_have_64_32_and_8_cells_a_side() -> None:
    published = replace(TemporalSettings(), **RELEASED)
    assert published.outputs == ("layer2", "layer3", "layer4")
    assert (published.student_strides, published.teacher_strides) == ((1, 2, 2, 4), (1, 2, 2, 2))
    assert replace(published, global_stride=16).student_strides == (1, 2, 2, 2)
    assert replace(published, global_stride=16).teacher_strides == (1, 2, 2, 1)


def test_the_default_teacher_runs_as_the_spatial_stage_trained_it() -> None:
    from corrbench_methods.ours.spatial_settings import SpatialSettings

    assert TemporalSettings().teacher_strides == SpatialSettings().strides


def test_deployment_is_told_how_it_was_trained() -> None:
    assert Temporal(ALONE, None, 0).preprocessing == {
        "colour": "lab", "pool": "none", "padding": "zeros", "stride": "8", "layer": "layer3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 100}, "size=100 does not divide into coarse cells; give a multiple of 8"),
        ({"levels": "8"}, r"local_weight=1000.0 needs a finer level .* give local_weight=0"),
        ({"global_stride": 8}, "global_stride=8 does not fit; give 16 or 32"),
        ({"select_share": 0}, "select_share=0 does not fit"),
        (
            {"global_layer": "layer3", "teacher_pool": "max", "teacher_layer3_stride": 16},
            "teacher_layer3_stride=16 with global_layer=layer3 gives the teacher other cells .* give 8",
        ),
        (
            {"global_layer": "layer4", "teacher_pool": "max", "teacher_layer3_stride": 4},
            "teacher_layer3_stride=4 cannot be had with teacher_pool=max",
        ),
    ],
)
def test_settings_that_do_not_fit_are_errors(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        TemporalSettings(**values)  # type: ignore[arg-type]


def moving(size: int, by: int) -> Tensor:
    """A coloured texture that moves to the right, (1, 2, 3, size, size)."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(1, 3, size // 6, size // 6 + 2, generator=generator)
    wide = F.interpolate(coarse, (size, size + by), mode="bicubic").clamp(0, 1)
    return torch.stack([wide[..., by:], wide[..., :size]], 1)


def test_on_one_clip_it_soon_does_better_than_copying_the_frame_before() -> None:
    recipe = Temporal(TemporalSettings(size=48, window=64, global_weight=0), None, 0)
    optimiser = torch.optim.Adam(recipe.parameters(), lr=5e-4)
    clip = {"frames": moving(48, 4)}
    ratios: dict[int, list[float]] = {4: [], 8: []}
    for number in range(24):
        outcome = recipe([clip], torch.Generator().manual_seed(number))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        for stride, found in ratios.items():
            found.append(float(outcome.monitors[f"reconstruction_ratio_{stride}"]))
    assert ratios[4][0] > 0.9
    assert max(ratios[4][-3:]) < 0.75
    assert max(ratios[8][-3:]) < 1
