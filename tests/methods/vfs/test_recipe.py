"""VFS as a recipe: its loss, what gradients pass, precision, what is handed on, and that videos can be learned."""

from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench_methods.vfs.course import vfs
from corrbench_methods.vfs.head import SimSiamHead, distance, spread
from corrbench_methods.vfs.recipe import FrameSimilarity
from corrbench_methods.vfs.settings import PUBLISHED, Settings

SMALL = Settings(size=32)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def moving_texture(seed: int, frames: int) -> torch.Tensor:
    """Coloured blobs that move 2 pixels to the right in each frame, (frames, 3, 48, 48)."""
    canvas = F.interpolate(torch.rand(1, 3, 10, 10, generator=seeded(seed)), size=80, mode="bicubic")[0].clamp(0, 1)
    crops = [canvas[:, 16:64, 20 - 2 * index : 68 - 2 * index] for index in range(frames)]
    return (torch.stack(crops) * 255).to(torch.uint8)


def batch_of(recipe: FrameSimilarity, items: int = 4) -> dict[str, torch.Tensor]:
    feed = recipe.feeds[0]
    clips = [moving_texture(index, feed.least_frames) for index in range(items)]
    prepared = [feed.prepare(clip, seeded(index)) for index, clip in enumerate(clips)]
    return {"frames": torch.stack([item["frames"] for item in prepared])}


def test_the_distance_is_0_for_the_same_direction_2_across_and_4_for_the_opposite() -> None:
    right, up = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 3.0]]])
    assert distance(right, 5 * right).item() == 0
    assert distance(right, up).item() == 2
    assert distance(right, -right).item() == 4


def test_each_frame_of_a_clip_meets_each_of_the_other_as_if_that_was_rolled() -> None:
    predicted, projected = (torch.randn(2, 4, 8, generator=seeded(seed)) for seed in (0, 1))
    pairings = [
        (2 - 2 * F.cosine_similarity(predicted, projected.roll(shift, dims=1), dim=2)).mean() for shift in range(4)
    ]
    torch.testing.assert_close(distance(predicted, projected), sum(pairings, torch.zeros(())) / 4)


def test_the_gradient_stops_at_what_is_to_be_predicted() -> None:
    predicted, projected = (torch.randn(2, 4, 8, generator=seeded(seed)).requires_grad_() for seed in (0, 1))
    distance(predicted, projected).backward()
    assert predicted.grad is not None
    assert projected.grad is None


def test_the_loss_is_that_of_both_clips_halved_and_lies_between_0_and_4() -> None:
    recipe = FrameSimilarity(SMALL, None, seed=0)
    batch = batch_of(recipe)
    loss = recipe([batch], seeded()).loss
    assert 0 <= loss <= 4
    assert loss.item() == pytest.approx(2, abs=0.3)  # predictions of a new network lie across
    swapped = torch.cat(batch["frames"].chunk(2, dim=1)[::-1], dim=1)
    torch.testing.assert_close(recipe([{"frames": swapped}], seeded()).loss, loss)


def test_gradients_are_finite_and_reach_every_weight_that_batch_norm_does_not_undo() -> None:
    recipe = FrameSimilarity(SMALL, None, seed=0)
    recipe([batch_of(recipe)], seeded()).loss.backward()
    for name, parameter in recipe.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        if not name.endswith(".bias"):
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("frames", [2, 8])
def test_in_bfloat16_the_loss_is_float32_and_nearly_the_same(
    frames: int, holds_in_bfloat16: Callable[..., None]
) -> None:
    recipe = FrameSimilarity(Settings(size=32, frames=frames), None, seed=0)
    holds_in_bfloat16(recipe, [batch_of(recipe)])


def test_the_head_is_three_layers_and_a_narrow_predictor() -> None:
    head = SimSiamHead(512, seeded())
    assert [tuple(layer.weight.shape) for layer in head.projection if hasattr(layer, "in_features")] == [(512, 512)] * 3
    narrow = [tuple(layer.weight.shape) for layer in head.predictor if hasattr(layer, "in_features")]
    assert narrow == [(128, 512), (512, 128)]


def test_a_collapse_is_seen_in_the_spread() -> None:
    recipe = FrameSimilarity(SMALL, None, seed=0)
    assert recipe([batch_of(recipe)], seeded()).monitors["spread"] > 0.7
    assert spread(torch.ones(8, 4) / 2).item() == 0


def test_one_frame_a_clip_of_one_video_is_refused() -> None:
    recipe = FrameSimilarity(Settings(size=32, frames=2), None, seed=0)
    with pytest.raises(SettingError, match="batch=1 with frames=2"):
        recipe([batch_of(recipe, items=1)], seeded())


def test_frames_that_make_no_two_clips_are_refused() -> None:
    with pytest.raises(SettingError, match="frames=3"):
        Settings(frames=3)


def test_the_same_seed_gives_the_same_recipe_and_the_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (FrameSimilarity(SMALL, None, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.predictor.0.weight"], other["head.predictor.0.weight"])


def test_it_starts_from_a_given_trunk_and_hands_on_all_layers() -> None:
    given = FrameSimilarity(SMALL, None, seed=3).trunk_weights()
    recipe = FrameSimilarity(SMALL, given, seed=0)
    assert all(torch.equal(tensor, given[name]) for name, tensor in recipe.trunk_weights().items())
    assert "layer4.1.bn2.running_var" in given
    assert recipe.preprocessing == {
        "colour": "rgb",
        "pool": "max",
        "padding": "zeros",
        "stride": "8",
        "layer": "layer3",
    }


def test_published_blocks_start_as_their_shortcuts() -> None:
    weights = FrameSimilarity(PUBLISHED, None, seed=0).trunk_weights()
    assert weights["layer4.1.bn2.weight"].abs().sum() == 0


def test_the_course_has_one_stage_that_can_be_built_from_its_defaults() -> None:
    course = vfs()
    (stage,) = course.stages
    recipe = stage.build(stage.settings(), None, 0)
    assert course.name == "vfs"
    assert recipe.feeds[0].kind == "videos"
    assert recipe.feeds[0].least_frames == 8


def test_a_few_videos_are_learned_and_do_not_become_alike() -> None:
    recipe = FrameSimilarity(Settings(size=32, frames=4), None, seed=0)
    batch = batch_of(recipe)
    optimiser = torch.optim.Adam(recipe.parameters(), lr=3e-3)
    losses, spreads = [], []
    for step in range(9):
        outcome = recipe([batch], seeded(step))
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        losses.append(outcome.loss.item())
        spreads.append(outcome.monitors["spread"].item())
    assert losses[-1] < 0.7 * losses[0]
    assert spreads[-1] > 0.5
