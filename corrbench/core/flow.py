"""Labels that are motion: where each pixel of a frame goes in the next one."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Flow:
    """The motion from one frame to the next. None of it is known for the last frame of a video."""

    motion: Tensor  # (H, W, 2) float32, (x, y) in pixels
    visible: Tensor  # (H, W) bool: the next frame shows the same surface at the end of the motion
