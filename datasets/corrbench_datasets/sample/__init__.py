"""The embedded sample: four short clips with exact ground truth, made of photographs on first use."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from corrbench.errors import SettingError

if TYPE_CHECKING:
    from corrbench_datasets.sample.dataset import SampleDataset

DEFAULT_FRAMES, DEFAULT_DIFFICULTY = 15, 1


Labels = Literal["masks", "pose", "parts", "boxes", "points", "flow", "instances"]


def sample(
    *, frames: int = DEFAULT_FRAMES, difficulty: int = DEFAULT_DIFFICULTY, labels: Labels = "masks"
) -> "SampleDataset":
    """The embedded sample as a data set; generated if it is not in the cache.

    `labels`: object masks of all videos; the pose (15 joints as in JHMDB) or the parts (classes as in VIP) of the one
    person in it, alone or with their instances; the box of the first object of every video; the points of all
    objects; or the motion of every pixel to the next frame.

    `frames`, at least 3, is the length of every video: a longer one begins with the frames of a shorter one.
    `difficulty`, 0 to 2, brings faster motion, wider occluders, more change of light, more noise, and at 2 a
    look-alike that passes in front.
    """
    from corrbench_datasets.sample.dataset import SampleDataset

    root = sample_folder(frames=frames, difficulty=difficulty)
    return SampleDataset(root, labels, official=(frames, difficulty) == (DEFAULT_FRAMES, DEFAULT_DIFFICULTY))


def sample_folder(*, frames: int = DEFAULT_FRAMES, difficulty: int = DEFAULT_DIFFICULTY) -> Path:
    """The root of the sample in DAVIS layout; its truth/ and sample.json hold the rest of the truth."""
    if type(frames) is not int or frames < 3:
        raise SettingError(f"sample: frames={frames!r} is not a length; give a whole number of at least 3")
    if type(difficulty) is not int or difficulty not in {0, 1, 2}:
        raise SettingError(f"sample: difficulty={difficulty!r} is not a level; give 0, 1 or 2")
    from corrbench_datasets.sample.store import stored

    return stored(frames, difficulty)
