"""The courses of Spa-then-Temp: space first and then time, and as its control both at once."""

from dataclasses import replace

from corrbench.training.course import Course, Schedule, Stage
from corrbench_methods.ours.joint import JointSettings, build_joint
from corrbench_methods.ours.spatial import build_spatial
from corrbench_methods.ours.spatial_settings import SpatialSettings
from corrbench_methods.ours.temporal import build_temporal
from corrbench_methods.ours.temporal_settings import TemporalSettings

# For some hundred steps. Published: SGD of rate .03 with 256 images for 200 epochs of ImageNet (MoCo-v2), then Adam of
# rate 5e-5 with 64 pairs for 43k steps, 1k of them warm-up, down to a thousandth.
_SPATIAL = Schedule(learning_rate=1e-3, batch=16, optimiser="adamw", warmup=30, precision="bf16")
# After 290 spatial steps J&F on the sample was 79.8, and after 340 temporal ones of 8 pairs 81.7 with a rate of 1e-4
# and 82.0 with 5e-4; reconstruction cost .72 of what copying costs with the first, .63 with the second (gaps 1 to 4).
_TEMPORAL = Schedule(learning_rate=5e-4, batch=16, optimiser="adamw", warmup=30, final_factor=1e-3, precision="bf16")


def ours() -> Course:
    """Contrast of images, then reconstruction of frames from what it has learned, with half of the steps each.

    The second stage alone, from scratch, is `--stage temporal --set global_weight=0`.
    """
    return Course(
        "ours",
        (
            Stage("spatial", SpatialSettings, build_spatial, _SPATIAL, share=0.5, kinds=("images",)),
            Stage("temporal", TemporalSettings, build_temporal, _TEMPORAL, share=0.5, kinds=("videos",)),
        ),
    )


def ours_joint() -> Course:
    """Both losses in each step, of as many images as pairs: as many frames a step as in either stage of `ours`."""
    schedule = replace(_TEMPORAL, batch=8)
    return Course("ours-joint", (Stage("joint", JointSettings, build_joint, schedule),))
