"""How fast at which step: a linear rise, then half a cosine; and the optimiser that it drives."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from corrbench.training.course import Schedule


def rate(schedule: Schedule, step: int) -> float:
    """The learning rate of a step, counted from 0.

    It rises over `warmup` steps and first is whole at step number `warmup`; from there half a cosine falls to
    `final_factor` of it, which it would reach at step number `steps`.
    """
    if step < schedule.warmup:
        return schedule.learning_rate * (step + 1) / (schedule.warmup + 1)
    progress = (step - schedule.warmup) / max(schedule.steps - schedule.warmup, 1)
    falling = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return schedule.learning_rate * (schedule.final_factor + (1 - schedule.final_factor) * falling)


def make_optimiser(parameters: Sequence[nn.Parameter], schedule: Schedule) -> torch.optim.Optimizer:
    """The optimiser that a schedule names, over the given parameters."""
    start, decay = schedule.learning_rate, schedule.weight_decay
    if schedule.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=start, momentum=schedule.momentum, weight_decay=decay)
    kind = torch.optim.Adam if schedule.optimiser == "adam" else torch.optim.AdamW
    return kind(parameters, lr=start, betas=(schedule.momentum, 0.999), weight_decay=decay)
