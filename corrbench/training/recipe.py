"""What a method brings to the training loop: what it looks at, what it minimises, what it hands on."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Generator, Tensor, nn

Kind = Literal["images", "videos"]
Batch = Mapping[str, Tensor]  # what a feed prepared, stacked: (B, …) each


class Feed(Protocol):
    """One stream of training items. All randomness comes from the generator, so that a step can be repeated."""

    kind: Kind
    least_frames: int  # a clip of fewer is skipped and counted; 1 for images
    frames_per_item: int  # frames that go through the trunk for one item: the unit of a shared budget

    def choose(self, length: int, generator: Generator) -> list[int]:
        """Which frames of a clip of `length` frames make one item; [0] for an image."""

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """One item, without a batch axis, of the chosen frames (T, 3, H, W), uint8 RGB of any size."""


@dataclass(frozen=True)
class Outcome:
    """What one step gave."""

    loss: Tensor  # (), the mean over the items of the batch
    monitors: Mapping[str, Tensor]  # detached scalars for the log, such as the parts of the loss


class Recipe(nn.Module, ABC):
    """One stage of one method. All that has to survive an interruption is a parameter or a buffer of it."""

    feeds: tuple[Feed, ...]  # one, or two for a method that looks at images and at videos in each step
    skips_parameters = (
        False  # whether some steps leave parameters without a gradient, which several processes must know
    )

    @abstractmethod
    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of one batch of each feed; `generator`, on the CPU, is seeded by the step."""

    @abstractmethod
    def trunk_weights(self) -> dict[str, Tensor]:
        """Weights and statistics of the trunk under torchvision's names, `layer4` included where it was trained."""

    @property
    @abstractmethod
    def preprocessing(self) -> Mapping[str, str]:
        """How frames have to be given to the trunk: colour (rgb, lab, lightness), pool, padding, strides."""

    def before_step(self, step: int, steps: int) -> None:
        """Schedules: called with the number of the step, from 0, before its loss is computed."""

    def after_step(self, step: int, steps: int) -> None:
        """Moving averages and queues: called when the optimiser has moved."""
