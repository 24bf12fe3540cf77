"""What a tracker is: told where the target is in one frame, it says where it is in each later one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from corrbench.tracking.rectangles import Rectangle

Look = Callable[[Sequence[Rectangle]], Tensor]
"""Features (S, C, h, w) of S regions of one frame, each brought to the size that the method sees."""


class Tracker(Protocol):
    """Made from the first frame; the features of a frame are had by looking at regions of it."""

    def step(self, look: Look) -> Rectangle:
        """Where the target is in the next frame."""
        ...
