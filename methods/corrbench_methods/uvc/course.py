"""The course of UVC: one stage, whose phases follow from the step."""

from corrbench.training.course import Course, Schedule, Stage
from corrbench_methods.uvc.recipe import JointTask
from corrbench_methods.uvc.settings import Settings

# UVC: Adam 1e-4, 40 pairs a step, 30 epochs of Kinetics; the rate falls as (1 - epoch / 30)^.9 and starts again with
# the second phase, here it falls once.
_SCHEDULE = Schedule(learning_rate=3e-4, steps=1000, batch=16, optimiser="adam", warmup=30, precision="bf16")


def uvc() -> Course:
    """Joint-task learning for temporal correspondence; 16 pairs a step."""
    return Course("uvc", (Stage("joint", Settings, JointTask, _SCHEDULE),))
