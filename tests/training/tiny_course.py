"""A course that two seconds are enough for, as a plugin file: is an image bright, and which of two frames is later?

TINY_SIGNAL=NUMBER@STEP sends a signal to the own process before that step, and TINY_NAN=STEP spoils the loss of it.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

import corrbench
from corrbench.training.course import Course, Schedule, Stage
from corrbench.training.recipe import Batch, Outcome, Recipe

CROP = 8


def crop(frames: Tensor, generator: Generator) -> Tensor:
    """The same random 8x8 pixels of all frames, in [0, 1]."""
    height, width = frames.shape[-2:]
    top = int(torch.randint(height - CROP + 1, (), generator=generator))
    left = int(torch.randint(width - CROP + 1, (), generator=generator))
    return frames[..., top : top + CROP, left : left + CROP].float() / 255


class Brightened:
    """An image whose values are halved, and then raised by a half or not."""

    kind = "images"
    least_frames = 1
    frames_per_item = 1

    def choose(self, length: int, generator: Generator) -> list[int]:
        return [0]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        bright = torch.randint(2, (), generator=generator).float()
        return {"frames": (crop(frames, generator) + bright) / 2, "answer": bright}


class Ordered:
    """Two neighbouring frames, in one order or the other."""

    kind = "videos"
    least_frames = 2
    frames_per_item = 2

    def choose(self, length: int, generator: Generator) -> list[int]:
        first = int(torch.randint(length - 1, (), generator=generator))
        return [first, first + 1]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        later = torch.randint(2, (), generator=generator).float()
        pair = crop(frames, generator)
        return {"frames": pair if later else pair.flip(0), "answer": later}


@dataclass(frozen=True)
class Settings:
    """What can be set of both stages."""

    width: int = 4  # channels of the trunk
    still_statistics: bool = False  # BatchNorm in evaluation mode
    noise: float = 0.1  # of the answers, as a recipe may draw it


class Tiny(Recipe):
    """One convolution, and a guess from the mean of its maps."""

    def __init__(self, feed: Brightened | Ordered, settings: Settings, trunk: Mapping[str, Tensor] | None, seed: int):
        super().__init__()
        self.feeds = (feed,)
        self.noise = settings.noise
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            self.conv1 = nn.Conv2d(3, settings.width, 3, bias=False)
            self.head = nn.Linear(settings.width, 1)
        self.bn1 = nn.BatchNorm2d(settings.width)
        self.register_buffer("steps_seen", torch.zeros((), dtype=torch.int64))
        self.frozen = nn.Parameter(torch.ones(1), requires_grad=False)
        if trunk is not None:
            self.load_state_dict(dict(trunk), strict=False)
        if settings.still_statistics:
            self.bn1.eval()

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        frames, answer = batches[0]["frames"], batches[0]["answer"]
        clips = frames.view(len(frames), -1, 3, CROP, CROP)  # (B, T, 3, 8, 8)
        maps = F.relu(self.bn1(self.conv1(clips.flatten(0, 1))))
        guess = self.head(maps.mean((-2, -1)).float()).view(clips.shape[:2])  # (B, T)
        logits = guess[:, -1] - guess[:, 0] if guess.shape[1] > 1 else guess[:, 0]
        logits = logits + self.noise * torch.rand((), generator=generator).to(logits.device)
        loss = F.binary_cross_entropy_with_logits(logits, answer)
        if int(self.steps_seen) == int(os.environ.get("TINY_NAN", "-1")):
            loss = loss * torch.nan
        right = ((logits > 0) == (answer > 0)).float().mean()
        return Outcome(loss, {"right": right})

    def before_step(self, step: int, steps: int) -> None:
        number, _, at = os.environ.get("TINY_SIGNAL", "0@-1").partition("@")
        if step == int(at):
            os.kill(os.getpid(), int(number))

    def after_step(self, step: int, steps: int) -> None:
        self.steps_seen += 1

    def trunk_weights(self) -> dict[str, Tensor]:
        return {name: value for name, value in self.state_dict().items() if name.startswith(("conv1.", "bn1."))}

    @property
    def preprocessing(self) -> Mapping[str, str]:
        return {"colour": "rgb", "pool": "none"}


def spatial(settings: Settings, trunk: Mapping[str, Tensor] | None, seed: int) -> Tiny:
    return Tiny(Brightened(), settings, trunk, seed)


def temporal(settings: Settings, trunk: Mapping[str, Tensor] | None, seed: int) -> Tiny:
    return Tiny(Ordered(), settings, trunk, seed)


@corrbench.register_course("tiny")
def tiny() -> Course:
    schedule = Schedule(learning_rate=0.03, steps=6, batch=4, warmup=2, clip=5.0)
    stages = (
        Stage("spatial", Settings, spatial, schedule, share=3),
        Stage("temporal", Settings, temporal, schedule, share=1),
    )
    return Course("tiny", stages)
