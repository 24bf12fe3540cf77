"""One step of a training: forward, backward, clip, move."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from corrbench.errors import SettingError, TrainingError
from corrbench.training.course import Schedule
from corrbench.training.distributed import World
from corrbench.training.recipe import Batch, Recipe
from corrbench.training.schedule import make_optimiser, rate
from corrbench.training.seeds import mixed_seed

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Trainer:
    """A recipe on its device, its optimiser, and the step that moves them.

    Parameters that do not require a gradient when it is made stay as they are. Which layers are in evaluation mode,
    such as those of a frozen teacher, is left as the recipe was built.
    """

    def __init__(self, recipe: Recipe, schedule: Schedule, seed: int, world: World) -> None:
        if schedule.precision == "fp16" and world.device.type != "cuda":
            raise SettingError("precision=fp16 needs a CUDA GPU; give bf16 or fp32")
        world.share(schedule.batch)
        self._schedule, self._seed, self._world = schedule, seed, world
        # Kernels for 16 bits are faster so, on a CPU too (an eighth of MAST's step); those for 32 bits are not there.
        last = world.device.type == "cuda" or schedule.precision == "bf16"
        self.recipe = recipe.to(world.device)
        if last:
            self.recipe.to(memory_format=torch.channels_last)
        self._loss = world.wrap(recipe, schedule.sync_batch_norm)
        self._parameters = [parameter for parameter in recipe.parameters() if parameter.requires_grad]
        if not self._parameters:
            raise TrainingError(f"{type(recipe).__name__}: no parameter requires a gradient; nothing can be trained")
        self._optimiser = make_optimiser(self._parameters, schedule)
        self._scaler = torch.amp.GradScaler(world.device.type, enabled=schedule.precision == "fp16")

    def step(self, number: int, batches: Sequence[Batch]) -> dict[str, float]:
        """The learning rate, the loss, the norm of the gradients and the monitors of step `number`, counted from 0.

        All are means over the processes. The gradients stay until the next step. TrainingError where the loss or, but
        for fp16, a gradient is no finite number: then nothing has moved.
        """
        schedule, device = self._schedule, self._world.device
        learning_rate = rate(schedule, number)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self.recipe.before_step(number, schedule.steps)
        generator = torch.Generator().manual_seed(mixed_seed(self._seed, "step", number))
        moved = [{name: tensor.to(device, non_blocking=True) for name, tensor in one.items()} for one in batches]
        self._optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device.type, HALVES.get(schedule.precision), enabled=schedule.precision in HALVES):
            loss, monitors = self._loss(moved, generator)
        if loss.shape:
            raise TrainingError(f"{type(self.recipe).__name__}: the loss has shape {tuple(loss.shape)}; return a mean")
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimiser)
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        row = self._row(number, learning_rate, {"loss": loss.detach(), "gradient_norm": norm, **monitors})
        if schedule.clip is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, schedule.clip, norm)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self.recipe.after_step(number, schedule.steps)
        return row

    def _row(self, number: int, learning_rate: float, scalars: Mapping[str, Tensor]) -> dict[str, float]:
        """The scalars as numbers, fetched at once: a GPU is waited for once a step."""
        stacked = torch.stack([value.detach().to(self._world.device).float() for value in scalars.values()])
        row = dict(zip(scalars, self._world.mean(stacked).tolist(), strict=True))
        watched = ("loss",) if self._scaler.is_enabled() else ("loss", "gradient_norm")  # its scale may overflow
        for name in watched:
            if not abs(row[name]) < float("inf"):
                raise TrainingError(f"{name} is {row[name]} in step {number + 1}")
        return {"learning_rate": learning_rate, **row}

    def state(self) -> dict[str, Any]:
        """All that the next step depends on, in plain containers."""
        return {
            "recipe": self.recipe.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state of the same recipe and schedule."""
        self.recipe.load_state_dict(state["recipe"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])
