"""The processes that train together, as torchrun describes them in the environment."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from corrbench.errors import CorrbenchError, SettingError
from corrbench.evaluation.device import choose_device
from corrbench.training.recipe import Batch, Outcome, Recipe

Value = TypeVar("Value")
PLACE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # what torchrun sets


@dataclass(frozen=True)
class World:
    """This process among all; alone, each method is what one process makes of it."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def share(self, batch: int) -> int:
        """How many of the items of a step are this process's; SettingError unless all get the same number."""
        if batch % self.size:
            raise SettingError(
                f"batch={batch} does not divide among {self.size} processes; give a multiple of {self.size}"
            )
        return batch // self.size

    def mean(self, values: Tensor) -> Tensor:
        """The mean over all processes, everywhere."""
        if self.size > 1:
            dist.all_reduce(values)
        return values / self.size

    def gather(self, value: Value) -> list[Value]:
        """The values of all processes in the order of their ranks, everywhere."""
        found: list[Any] = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(found, value)
        return found

    def from_first(self, make: Callable[[], Value]) -> Value:
        """What the first process makes, everywhere; an expected error is raised everywhere too, so that none waits."""
        if self.size == 1:
            return make()
        box: list[Any] = [None]
        if self.first:
            try:
                box = [make()]
            except (CorrbenchError, OSError) as error:
                box = [error]
        dist.broadcast_object_list(box, src=0, device=self.device)
        if isinstance(box[0], CorrbenchError | OSError):
            raise box[0]
        return box[0]  # type: ignore[no-any-return]

    def wrap(self, recipe: Recipe, sync_batch_norm: bool) -> nn.Module:
        """A module that computes the loss and the monitors, and whose gradients are means over all processes.

        The layers of the recipe stay its own, but for BatchNorm: on CUDA it is replaced where `sync_batch_norm`.
        """
        if self.size == 1:
            return _Plain(recipe)
        if sync_batch_norm and self.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(recipe)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(_Plain(recipe), find_unused_parameters=recipe.skips_parameters)


class _Plain(nn.Module):
    """A recipe that returns its outcome as plain containers, in which DistributedDataParallel finds the tensors."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe

    def forward(self, batches: list[Batch], generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        outcome: Outcome = self.recipe(batches, generator)
        return outcome.loss, dict(outcome.monitors)


def first_of_all() -> bool:
    """Whether this process is the only one, or the first of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"


@contextmanager
def join_world(device: str | None) -> Iterator[World]:
    """This process's place among those that torchrun started: gloo on the CPU, nccl on CUDA; alone without torchrun."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "RANK" not in os.environ:
        yield World(choose_device(device))
        return
    if missing := [name for name in PLACE if name not in os.environ]:
        raise SettingError(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']}, but {missing[0]} is not set; start with torchrun"
        )
    chosen = choose_device(device)
    if chosen.type == "cuda":
        chosen = choose_device(f"cuda:{os.environ['LOCAL_RANK']}")
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield World(chosen, dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
