"""The course of MAST: one stage, the reconstruction of colour."""

from corrbench.training.course import Course, Schedule, Stage
from corrbench_methods.mast.recipe import Reconstruction
from corrbench_methods.mast.settings import Settings

# MAST: Adam 1e-3, 12 pairs a step, 20 epochs, halved after 400, 600, 800 and 1000 thousand pairs. With similarities
# over their root a rate of 5e-4 and a warm-up train well.
_SCHEDULE = Schedule(learning_rate=5e-4, steps=1000, batch=16, warmup=30, precision="bf16")


def mast() -> Course:
    """Reconstruction of a dropped colour channel from another frame; 16 pairs a step."""
    return Course("mast", (Stage("reconstruction", Settings, Reconstruction, _SCHEDULE),))
