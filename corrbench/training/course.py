"""A method's whole training: stages in order, each from the trunk that the one before has left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from corrbench.errors import SettingError
from corrbench.training.recipe import Kind, Recipe

Build = Callable[[Any, Mapping[str, Tensor] | None, int], Recipe]  # settings, trunk to start from, seed


@dataclass(frozen=True)
class Schedule:
    """How long, how many at once, and how fast."""

    learning_rate: float
    steps: int = 1000
    batch: int = 16  # items a step, over all processes
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    momentum: float = 0.9  # of sgd; the first beta of the others
    weight_decay: float = 0.0
    warmup: int = 0  # steps of a linear rise to the learning rate
    final_factor: float = 0.0  # the cosine ends at this share of the learning rate
    clip: float | None = None  # the greatest norm of all gradients together
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"  # of the trunk; losses are in float32
    sync_batch_norm: bool = False  # statistics over the GPUs of all processes, where the paper has it

    def __post_init__(self) -> None:
        for name in ("learning_rate", "steps", "batch", "clip"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise SettingError(f"{name}={value} does not fit; give more than 0")
        for name in ("weight_decay", "warmup"):
            if not getattr(self, name) >= 0:
                raise SettingError(f"{name}={getattr(self, name)} does not fit; give 0 or more")
        if not 0 <= self.momentum < 1:
            raise SettingError(f"momentum={self.momentum} does not fit; give 0 or more, but less than 1")
        if not 0 <= self.final_factor <= 1:
            raise SettingError(f"final_factor={self.final_factor} does not fit; give a number from 0 to 1")


@dataclass(frozen=True)
class Stage:
    """One stage: a recipe, what can be set of it, and its schedule."""

    name: str  # such as spatial or temporal
    settings: type[Any]  # a frozen dataclass whose every field has a default and a source
    build: Build
    schedule: Schedule
    share: float = 1.0  # of the steps that are given for all stages
    kinds: tuple[Kind, ...] = ()  # what it looks at, if that is to be asked for before an earlier stage has run


@dataclass(frozen=True)
class Course:
    """What `corrbench train NAME` runs."""

    name: str
    stages: tuple[Stage, ...]
