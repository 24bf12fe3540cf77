"""A video and what is known of its frames: the unit that readers give and tasks consume."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import Tensor

Label = TypeVar("Label", covariant=True)


@dataclass(frozen=True)
class Video(Generic[Label]):
    """Frames and labels of one sequence, read when indexed so that memory does not grow with its length.

    A label belongs to one frame and is None where the frame is not annotated. Its type is the task's:
    for masks a Tensor (H, W) uint8 of object ids, 0 background and 255 void.
    """

    name: str
    frames: Sequence[Tensor]  # T times (3, H, W) uint8 RGB
    labels: Sequence[Label | None]  # T
    stems: tuple[str, ...]  # T file names without ending: predictions are written under them

    def __len__(self) -> int:
        return len(self.frames)

    def first(self, count: int) -> "Video[Label]":
        """The same video cut to its first `count` frames."""
        return Video(self.name, self.frames[:count], self.labels[:count], self.stems[:count])


MaskVideo = Video[Tensor]
