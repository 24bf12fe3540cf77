"""One step, on a recipe of one number."""

from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Generator, Tensor, nn

from corrbench.errors import SettingError, TrainingError
from corrbench.training.course import Schedule
from corrbench.training.distributed import World
from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench.training.trainer import Trainer

ALONE = World(torch.device("cpu"))


class Slope(Recipe):
    """The loss is 3 x, so that its gradient is 3."""

    feeds = ()

    def __init__(self, start: float = 1.0) -> None:
        super().__init__()
        self.x = nn.Parameter(torch.tensor(start))
        self.calls: list[str] = []

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        self.calls.append("loss")
        return Outcome(3 * self.x, {"drawn": torch.rand((), generator=generator)})

    def before_step(self, step: int, steps: int) -> None:
        self.calls.append(f"before {step} of {steps}")

    def after_step(self, step: int, steps: int) -> None:
        self.calls.append(f"after {step} of {steps}, x = {self.x.item():g}")

    def trunk_weights(self) -> dict[str, Tensor]:
        return {}

    @property
    def preprocessing(self) -> Mapping[str, str]:
        return {}


def schedule(**changes: float | str | None) -> Schedule:
    given = {"learning_rate": 0.5, "steps": 4, "batch": 1, "optimiser": "sgd", "momentum": 0.0, "final_factor": 1.0}
    return Schedule(**(given | changes))  # type: ignore[arg-type]


def test_a_step_moves_down_the_slope() -> None:
    recipe = Slope()
    row = Trainer(recipe, schedule(), 0, ALONE).step(0, [])
    assert recipe.x.item() == -0.5
    assert (row["learning_rate"], row["loss"], row["gradient_norm"]) == (0.5, 3.0, 3.0)


def test_the_recipe_is_called_before_and_after_it_has_moved() -> None:
    recipe = Slope()
    Trainer(recipe, schedule(), 0, ALONE).step(2, [])
    assert recipe.calls == ["before 2 of 4", "loss", "after 2 of 4, x = -0.5"]


def test_gradients_beyond_the_clip_are_cut_and_logged_as_they_were() -> None:
    recipe = Slope()
    row = Trainer(recipe, schedule(clip=1.0), 0, ALONE).step(0, [])
    assert recipe.x.item() == pytest.approx(0.5, abs=1e-6)
    assert row["gradient_norm"] == 3.0


def test_gradients_within_the_clip_stay() -> None:
    recipe = Slope()
    Trainer(recipe, schedule(clip=4.0), 0, ALONE).step(0, [])
    assert recipe.x.item() == -0.5


def test_what_a_recipe_draws_depends_on_seed_and_step_alone() -> None:
    trainer = Trainer(Slope(), schedule(), 0, ALONE)
    first, second = (trainer.step(step, [])["drawn"] for step in (0, 1))
    assert first != second
    assert Trainer(Slope(), schedule(), 0, ALONE).step(1, [])["drawn"] == second
    assert Trainer(Slope(), schedule(), 1, ALONE).step(1, [])["drawn"] != second


@pytest.mark.parametrize("start", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_moves_nothing(start: float) -> None:
    recipe = Slope(start)
    with pytest.raises(TrainingError, match=rf"loss is {start} in step 3"):
        Trainer(recipe, schedule(), 0, ALONE).step(2, [])
    assert recipe.calls == ["before 2 of 4", "loss"]


class Steep(Slope):
    """The loss is sqrt(x), whose gradient is infinite at 0."""

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        return Outcome(self.x.sqrt(), {})


def test_a_gradient_that_is_no_number_moves_nothing() -> None:
    recipe = Steep(0.0)
    with pytest.raises(TrainingError, match="gradient_norm is inf in step 1"):
        Trainer(recipe, schedule(), 0, ALONE).step(0, [])
    assert recipe.x.item() == 0


class Several(Slope):
    """A loss for each item, which a recipe has to average."""

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        return Outcome(self.x.repeat(2), {})


def test_a_loss_of_several_numbers_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"Several: the loss has shape \(2,\); return a mean"):
        Trainer(Several(), schedule(), 0, ALONE).step(0, [])


def test_a_recipe_without_anything_to_train_is_refused() -> None:
    recipe = Slope()
    recipe.x.requires_grad_(False)
    with pytest.raises(TrainingError, match="Slope: no parameter requires a gradient"):
        Trainer(recipe, schedule(), 0, ALONE)


def test_float16_needs_a_gpu() -> None:
    with pytest.raises(SettingError, match="precision=fp16 needs a CUDA GPU; give bf16 or fp32"):
        Trainer(Slope(), schedule(precision="fp16"), 0, ALONE)
