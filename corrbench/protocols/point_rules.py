"""How positions of points are scored. Thresholds stand in the names of the metrics, and so are no settings."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError

JOINT_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)  # UVC f1b6fd92 eval_pck.py
MARK_THRESHOLD = 0.2  # pips 13052535 test_on_badja.py


@dataclass(frozen=True)
class JointScoring:
    """PCK of body joints: errors in units of the size of the body, joint by joint."""

    counted: Literal["x_not_negative", "x_positive", "truth_inside"]
    # Joints predicted at x >= 0 (videowalk, UVC) or x > 0 (VFS, Spa-then-Temp), so that a lost one costs nothing; or
    # those whose ground truth is inside the image, so that a lost one is a miss.
    box_share: float  # the size of the body, as a share of the diagonal of the box around the joints that count
    skip_first: int  # frames at the start that are not scored

    def __post_init__(self) -> None:
        _check_skip(self.skip_first)
        if not (self.box_share > 0 and math.isfinite(self.box_share)):
            raise SettingError(f"box_share={self.box_share} does not fit: it has to be above 0")


@dataclass(frozen=True)
class MarkScoring:
    """PCK of marked points: errors in units of the scale that the data set gives a frame, video by video."""

    skip_first: int  # frames at the start that are not scored

    def __post_init__(self) -> None:
        _check_skip(self.skip_first)


def _check_skip(frames: int) -> None:
    if frames < 0:
        raise SettingError(f"skip_first={frames} does not fit: it has to be at least 0")
