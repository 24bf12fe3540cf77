"""Seconds a frame: warmed up, repeated, and the device waited for at both ends."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from corrbench.errors import SettingError
from corrbench.evaluation.device import synchronise


@dataclass(frozen=True)
class Plan:
    """How often something is measured; SettingError where that would be never."""

    frames: int = 4  # in one repeat
    repeats: int = 5
    warmup: int = 1  # repeats before the first that counts

    def __post_init__(self) -> None:
        for option, value, least in (
            ("--frames", self.frames, 1),
            ("--repeats", self.repeats, 1),
            ("--warmup", self.warmup, 0),
        ):
            if value < least:
                raise SettingError(f"{option} {value} does not fit: it has to be at least {least}")

    @property
    def total(self) -> int:
        """All frames of a walk that cannot be started anew."""
        return (self.warmup + self.repeats) * self.frames

    def in_blocks(self, block: int) -> "Plan":
        """The plan with repeats of whole blocks: a walk that works ahead for `block` frames is quick for the rest."""
        return replace(self, frames=-(-self.frames // block) * block)


@dataclass(frozen=True)
class Stage:
    """The time of one frame, once a repeat."""

    seconds: tuple[float, ...]

    @property
    def milliseconds(self) -> float:
        """The median."""
        return 1000 * statistics.median(self.seconds)

    @property
    def frames_per_second(self) -> float:
        """Of the median."""
        return 1000 / self.milliseconds


def timed(work: Callable[[], object], device: torch.device, plan: Plan) -> Stage:
    """The time of one of the `plan.frames` frames that a call of `work` handles."""
    for _ in range(plan.warmup):
        work()
    seconds = []
    for _ in range(plan.repeats):
        synchronise(device)
        since = time.perf_counter()
        work()
        synchronise(device)
        seconds.append((time.perf_counter() - since) / plan.frames)
    return Stage(tuple(seconds))


class Laps:
    """The times of a walk that cannot be started anew: it is called after every frame, and notes each full lap."""

    def __init__(self, device: torch.device, plan: Plan, skip: int) -> None:
        """Laps of `plan.frames` frames, the first beginning after `skip` frames and the warm-up."""
        self._device = device
        self._plan = plan
        self._start = skip + plan.warmup * plan.frames
        self._frames = 0
        self._marks: list[float] = []

    def __call__(self) -> None:
        """One more frame is done."""
        self._frames += 1
        if self._frames >= self._start and (self._frames - self._start) % self._plan.frames == 0:
            synchronise(self._device)
            self._marks.append(time.perf_counter())

    def stage(self) -> Stage:
        """The time of one frame in each lap."""
        pairs = zip(self._marks, self._marks[1:], strict=False)
        laps = tuple((end - start) / self._plan.frames for start, end in pairs)
        return Stage(laps[: self._plan.repeats])
