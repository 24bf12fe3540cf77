"""Labels that are points: the joints of a body, or points tracked for their own sake."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Points:
    """The points of one frame, in the same order in all frames of a video."""

    names: tuple[str, ...]  # J
    positions: Tensor  # (J, 2) float64, (x, y) in pixels of the frame, a whole number is the centre of a pixel
    visible: Tensor  # (J,) bool: annotated, inside the frame and not hidden; elsewhere positions may be anything
    scale: float | None = None  # pixels that errors are divided by, where the data set gives it for the frame
    size: tuple[int, int] | None = None  # (H, W) of the frame; a label of frame 0 needs it, a prediction does not

    def to(self, device: torch.device | str) -> "Points":
        """The same points with their tensors on a device."""
        return replace(self, positions=self.positions.to(device), visible=self.visible.to(device))
