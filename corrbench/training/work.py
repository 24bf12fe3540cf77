"""What the stages of one training share, and what they hand on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from corrbench.training.distributed import World
from corrbench.training.feeds import Folders
from corrbench.training.listener import TrainingListener
from corrbench.training.weights import digest


@dataclass(frozen=True)
class Work:
    """Where a training reads, computes and writes, and who hears of it."""

    course: str
    folders: Folders
    output: Path
    seed: int
    world: World
    listener: TrainingListener
    resume: bool
    checkpoint_every: int
    workers: int
    half: bool
    tensorboard: bool

    def checkpoint(self, stage: str) -> Path:
        """Where a stage leaves all that it needs to go on."""
        return self.output / f"{stage}.checkpoint.pt"

    def weights(self, stage: str) -> Path:
        """Where a stage leaves its trunk."""
        return self.output / f"{stage}.safetensors"

    def log(self, stage: str) -> Path:
        """Where a stage writes a line a step."""
        return self.output / f"{stage}.csv"


@dataclass(frozen=True)
class Trunk:
    """What a stage starts from."""

    weights: Mapping[str, Tensor] | None  # on the CPU, under torchvision's names; None: at random
    origin: str  # for people: random, a stage, the path of a file

    @property
    def hash(self) -> str:
        """Twelve hex digits of the weights."""
        return "random" if self.weights is None else digest(self.weights)
