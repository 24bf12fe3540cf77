"""The joints of a JHMDB clip, from its joint_positions.mat."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corrbench.errors import DataError

JOINTS = (
    "neck",
    "belly",
    "face",
    "right_shoulder",
    "left_shoulder",
    "right_hip",
    "left_hip",
    "right_elbow",
    "left_elbow",
    "right_knee",
    "left_knee",
    "right_wrist",
    "left_wrist",
    "right_ankle",
    "left_ankle",
)
_SAME = 0.05  # pixels: pos_world leads back to pos_img up to rounding


def read_joints(path: Path, size: tuple[int, int], zero_based: bool) -> NDArray[np.float64]:
    """The positions of the joints in the n annotated frames, (n, 15, 2): (x, y) in pixels of frames of `size` (H, W), a
    whole number at the centre of a pixel, counted from 0.

    The file counts from 1, in pos_img (2, 15, n); a clip of one frame may lack the last axis, as MATLAB drops it.
    `zero_based` takes pos_img as it stands. DataError when the file is missing or damaged, pos_img is missing, of
    another shape or not finite, or when it counts from 0: the release holds the same positions a second time.
    """
    stored = _load(path)
    found = stored["pos_img"]
    joints = found[:, :, None] if found.ndim == 2 else found
    if joints.dtype.kind not in "fiu" or joints.ndim != 3 or joints.shape[:2] != (2, len(JOINTS)) or not joints.size:
        raise DataError(
            f"{path}: pos_img has the shape {found.shape} and the type {found.dtype}, expected numbers (2, 15, n), the "
            "x and y of 15 joints in n frames; copy the file again from its source"
        )
    joints = joints.astype(np.float64)
    wrong = np.argwhere(~np.isfinite(joints).all(axis=0))  # rows of (joint, frame)
    if len(wrong):
        joint, frame = wrong[0]
        raise DataError(
            f"{path}: pos_img is not finite for the {JOINTS[joint]} in frame {frame + 1}, and in {len(wrong) - 1} more "
            "places; copy the file again from its source"
        )
    if not zero_based and _counts_from_zero(joints, stored, size):
        raise DataError(
            f"{path}: pos_img lies 1 pixel above and left of the same joints in pos_world, so it counts from 0 and not "
            "from 1 as in the release; restore the original file, or read all with zero_based=true"
        )
    return np.ascontiguousarray((joints if zero_based else joints - 1).transpose(2, 1, 0))  # (n, 15, 2)


def _load(path: Path) -> Mapping[str, Any]:
    from scipy.io import loadmat  # late: most runs read no .mat file, and scipy takes a while

    if not path.is_file():
        raise DataError(f"{path}: no such file; every clip needs one, copy joint_positions again from its source")
    try:
        stored: dict[str, Any] = loadmat(path, variable_names=("pos_img", "pos_world", "scale"))
    except Exception as error:  # damaged bytes raise anything in scipy
        raise DataError(f"{path}: not a readable MATLAB file ({error}); copy it again from its source") from error
    if "pos_img" not in stored:
        raise DataError(f"{path}: it holds no pos_img; give the joint_positions.mat of the release")
    return stored


def _counts_from_zero(joints: NDArray[np.float64], stored: Mapping[str, Any], size: tuple[int, int]) -> bool:
    """Whether joints (2, 15, n) are the positions in pos_world less 1; False where the file has no pos_world.

    The README of joint_positions: pos_world = (pos_img / (W, H) - 0.5) * (W / H, 1) / scale.
    """
    world, scale = stored.get("pos_world"), stored.get("scale")
    if world is None or scale is None or world.size != joints.size or scale.size != joints.shape[2]:
        return False
    if world.dtype.kind not in "fiu" or scale.dtype.kind not in "fiu":
        return False
    height, width = size
    centre = np.array([width / 2, height / 2])[:, None, None]
    original = world.reshape(joints.shape) * scale.reshape(-1) * height + centre  # (2, 15, n)
    return bool((np.abs(original - joints - 1) < _SAME).all())
