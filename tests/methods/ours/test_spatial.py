"""The spatial stage as a recipe: terms, keys, gradients, precision, what is handed on, and that it learns."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench.training.recipe import Outcome
from corrbench_methods.ours.encoder import in_groups
from corrbench_methods.ours.spatial import Spatial, build_spatial, move
from corrbench_methods.ours.spatial_settings import DENSECL, MOCO_V2, SpatialSettings

SMALL = SpatialSettings(size=32, queue=64)  # 4 x 4 cells
IMAGE_ONLY = replace(SMALL, dense=0)
DENSE_ONLY = replace(SMALL, dense=1)
LIKE_PAPERS = replace(SMALL, colour="rgb", pool="max")
LIKE_DENSECL = replace(DENSECL, size=64, queue=64, groups=2)
KINDS = {
    "both": SMALL,
    "image": IMAGE_ONLY,
    "dense": DENSE_ONLY,
    "rgb": LIKE_PAPERS,
    "densecl": LIKE_DENSECL,
    "moco": replace(MOCO_V2, size=64, queue=64, groups=2),
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def texture(seed: int) -> torch.Tensor:
    """Coloured blobs, (1, 3, 80, 80)."""
    blobs = F.interpolate(torch.rand(1, 3, 10, 10, generator=seeded(seed)), size=80, mode="bicubic")
    return (blobs.clamp(0, 1) * 255).to(torch.uint8)


def batch_of(recipe: Spatial, items: int = 4) -> dict[str, torch.Tensor]:
    prepared = [recipe.feeds[0].prepare(texture(index), seeded(index)) for index in range(items)]
    return {key: torch.stack([item[key] for item in prepared]) for key in prepared[0]}


def made(settings: SpatialSettings) -> tuple[Spatial, dict[str, torch.Tensor]]:
    recipe = Spatial(settings, None, seed=0)
    return recipe, batch_of(recipe)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite_and_reach_every_weight_but_those_of_the_key_encoder(kind: str) -> None:
    recipe, batch = made(KINDS[kind])
    recipe([batch], seeded()).loss.backward()
    for name, parameter in recipe.query.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name
    for parameter in recipe.key.parameters():
        assert not parameter.requires_grad
        assert parameter.grad is None


@pytest.mark.parametrize("kind", KINDS)
def test_in_bfloat16_the_loss_is_float32_and_nearly_the_same(kind: str, holds_in_bfloat16: Callable[..., None]) -> None:
    recipe, batch = made(KINDS[kind])
    holds_in_bfloat16(recipe, [batch])


def test_the_loss_is_the_weighted_sum_of_its_parts() -> None:
    recipe, batch = made(replace(SMALL, dense=0.25))
    outcome = recipe([batch], seeded())
    parts = outcome.monitors
    expected = 0.75 * parts["image_loss"] + 0.25 * parts["dense_loss"]
    assert outcome.loss.item() == pytest.approx(expected.item())


def test_what_is_watched() -> None:
    recipe, batch = made(SMALL)
    monitors = recipe([batch], seeded()).monitors
    each = [f"{term}_{what}" for term in ("image", "dense") for what in ("loss", "accuracy", "chance", "spread")]
    assert set(monitors) == {*each, "dense_found"}
    assert monitors["image_chance"].item() == 1 / (1 + 3)  # the rest of the batch
    assert not any(value.requires_grad for value in monitors.values())


def test_keys_of_the_queue_are_negatives_as_soon_as_they_are_real() -> None:
    recipe, batch = made(IMAGE_ONLY)
    recipe([batch], seeded())
    recipe.after_step(0, 10)
    assert recipe([batch], seeded()).monitors["image_chance"].item() == 1 / (1 + 3 + 4)
    published, _ = made(replace(IMAGE_ONLY, batch_negatives=False))
    chance = published([batch], seeded()).monitors["image_chance"].item()
    assert chance == pytest.approx(1 / (1 + 64))  # MoCo's random keys


def test_a_term_without_weight_has_neither_head_nor_queue() -> None:
    image, dense = Spatial(IMAGE_ONLY, None, 0), Spatial(DENSE_ONLY, None, 0)
    assert image.query.cell_head is None
    assert image.dense_term is None
    assert dense.query.image_head is None
    assert dense.image_term is None
    assert not any(name.startswith("layer4") for name in dense.trunk_weights())
    assert "layer4.1.bn2.running_var" in image.trunk_weights()


def test_the_key_encoder_follows_by_its_momentum() -> None:
    key, query = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        key.weight.fill_(1)
        query.weight.fill_(2)
    move(key, query, momentum=0.75)
    assert key.weight.item() == 1.25
    assert query.weight.item() == 2


def test_after_a_step_the_keys_are_in_the_queues_and_the_key_encoder_has_moved() -> None:
    recipe, batch = made(replace(LIKE_DENSECL, key_momentum=0.5))
    assert recipe.image_term is not None
    assert recipe.dense_term is not None
    assert recipe.dense_term.queue is not None
    with torch.no_grad():
        recipe.query.trunk.conv1.weight += 1
    before = recipe.key.trunk.conv1.weight.clone()
    recipe([batch], seeded())
    recipe.after_step(0, 10)
    torch.testing.assert_close(recipe.key.trunk.conv1.weight, before + 0.5)
    assert recipe.image_term.queue.next.item() == 4
    assert recipe.dense_term.queue.next.item() == 4


def test_a_checkpoint_continues_as_if_nothing_had_happened() -> None:
    recipe, batch = made(SMALL)
    recipe([batch], seeded())
    recipe.after_step(0, 10)
    other = Spatial(SMALL, None, seed=5)
    other.load_state_dict(recipe.state_dict())
    assert torch.equal(recipe([batch], seeded(1)).loss, other([batch], seeded(1)).loss)


def test_batch_norm_sees_groups_and_the_order_of_the_batch_is_kept() -> None:
    recipe, batch = made(IMAGE_ONLY)
    frames = recipe.colours(batch["query"])
    grouped = in_groups(recipe.query, frames, torch.tensor([3, 0, 2, 1]), groups=2)["image"]
    together = recipe.query(frames[[3, 0]])["image"]
    torch.testing.assert_close(grouped[[3, 0]], together)
    assert not torch.allclose(grouped, recipe.query(frames)["image"], atol=1e-3)


def test_geometry_is_what_the_dense_term_goes_by() -> None:
    recipe, batch = made(replace(DENSE_ONLY, near=0, groups=1))
    same = {**batch, "key": batch["query"], "key_box": batch["query_box"]}
    elsewhere = {**same, "key_box": batch["query_box"] + torch.tensor([16.0, 0, 0, 0])}
    right, wrong = (recipe([one], seeded()).monitors for one in (same, elsewhere))
    assert right["dense_found"] == 1
    assert right["dense_accuracy"] > 0.9
    assert wrong["dense_found"] < 1
    assert wrong["dense_accuracy"] < 0.1


def test_the_same_seed_gives_the_same_recipe_and_the_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (Spatial(SMALL, None, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["query.cell_head.0.weight"], other["query.cell_head.0.weight"])
    assert not torch.equal(first["image_term.queue.keys"], other["image_term.queue.keys"])


def test_it_starts_from_a_given_trunk_in_both_encoders() -> None:
    given = Spatial(SMALL, None, seed=3).trunk_weights()
    recipe = build_spatial(SMALL, given, 0)
    assert all(torch.equal(tensor, given[name]) for name, tensor in recipe.trunk_weights().items())
    assert torch.equal(recipe.key.trunk.conv1.weight, given["conv1.weight"])


def test_deployment_is_told_what_the_trunk_was_given() -> None:
    given = {"colour": "rgb", "pool": "max", "padding": "zeros", "stride": "8", "layer": "layer3"}
    assert Spatial(LIKE_PAPERS, None, 0).preprocessing == given
    assert Spatial(SMALL, None, 0).preprocessing == {**given, "colour": "lab", "pool": "none"}


@pytest.mark.parametrize(
    ("settings", "strides"),
    [(LIKE_PAPERS, (1, 2, 1, 4)), (SMALL, (1, 2, 2, 4)), (DENSECL, (1, 2, 2, 2)), (MOCO_V2, (1, 2, 2, 2))],
)
def test_layer3_has_the_stride_of_deployment_and_the_published_ones_are_stock(
    settings: SpatialSettings, strides: tuple[int, ...]
) -> None:
    assert settings.strides == strides


def test_a_stride_that_layers_cannot_reach_is_refused() -> None:
    with pytest.raises(SettingError, match=r"layer3_stride=4 .* give 8 or 16"):
        SpatialSettings(layer3_stride=4, pool="max")
    with pytest.raises(SettingError, match="layer4_stride=64"):
        SpatialSettings(layer4_stride=64)
    with pytest.raises(SettingError, match=r"dense=1\.5"):
        SpatialSettings(dense=1.5)


@pytest.mark.parametrize("kind", ["image", "dense"])
def test_a_few_images_are_learned_and_do_not_become_alike(kind: str) -> None:
    recipe, batch = made(replace(KINDS[kind], groups=1))
    parameters = [parameter for parameter in recipe.parameters() if parameter.requires_grad]
    optimiser = torch.optim.Adam(parameters, lr=1e-3)
    outcomes: list[Outcome] = []
    for step in range(12):
        outcome = recipe([batch], seeded(step))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        move(recipe.key, recipe.query, momentum=0.9)  # and the queue stays: it would hold these images as negatives
        outcomes.append(outcome)
    assert outcomes[-1].loss < 0.7 * outcomes[0].loss
    assert outcomes[-1].monitors[f"{kind}_spread"] > 0.4
