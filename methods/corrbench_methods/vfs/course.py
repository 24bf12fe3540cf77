"""The course of VFS: one stage, the similarity of frames."""

from corrbench.training.course import Course, Schedule, Stage
from corrbench_methods.vfs.recipe import FrameSimilarity
from corrbench_methods.vfs.settings import Settings

# VFS: SGD .05 with weight decay 1e-4, 64 videos a step with statistics over all GPUs, 100 epochs of Kinetics twice,
# cosine to 0, without warm-up. Some hundred steps get further with Adam.
_SCHEDULE = Schedule(learning_rate=3e-4, steps=1000, batch=8, warmup=30, precision="bf16")


def vfs() -> Course:
    """Frame-level similarity; 8 videos of 8 frames a step."""
    return Course("vfs", (Stage("similarity", Settings, FrameSimilarity, _SCHEDULE),))
