"""The course of CRW: one stage, the random walk."""

from corrbench.training.course import Course, Schedule, Stage
from corrbench_methods.crw.recipe import RandomWalk
from corrbench_methods.crw.settings import Settings

# CRW: Adam 1e-4, 20 clips a step, 25 epochs of Kinetics, times .3 at epochs 20, 30 and 40. Without warm-up.
_SCHEDULE = Schedule(learning_rate=1e-3, steps=1000, batch=8, warmup=30, precision="bf16")


def crw() -> Course:
    """Contrastive random walk; 8 clips of 4 frames a step, on dense nodes, as patches are too dear for a CPU."""
    return Course("crw", (Stage("walk", Settings, RandomWalk, _SCHEDULE),))
