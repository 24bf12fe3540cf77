"""Frames from all over a clip, each in a crop of its own."""

import torch
from torch import Generator, Tensor

from corrbench.training.augment import chance, crop_resized, flip, random_box, whole_number
from corrbench.training.recipe import Kind

# VFS 87ca362, configs/r18_nc_sgd_cos_100e_r2_1xNx8_k400.py; the ratios are those of its RandomResizedCrop.
AREA = (0.2, 1.0)
RATIO = (3 / 4, 4 / 3)
MIRRORED = 0.5  # chance


class Segments:
    """One frame of each of `frames` segments of a clip, cropped and mirrored on its own, in its own colours.

    Without changes of colour, as in VFS's configurations "nc", those for fine-grained correspondence.
    """

    kind: Kind = "videos"

    def __init__(self, frames: int, size: int) -> None:
        self.size = size
        self.least_frames = self.frames_per_item = frames

    def choose(self, length: int, generator: Generator) -> list[int]:
        """In order of time; segments have (length + 1) // frames frames (mmaction/datasets/pipelines/loading.py).

        The last one may so reach one frame too far: where VFS goes back to frame 0, the last frame is taken.
        """
        segment = (length + 1) // self.frames_per_item
        starts = range(0, segment * self.frames_per_item, segment)
        return [min(start + whole_number(generator, 0, segment - 1), length - 1) for start in starts]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """`frames`: (frames, 3, size, size), RGB in [0, 1]."""
        return {"frames": torch.cat([self._view(frame[None], generator) for frame in frames])}

    def _view(self, frame: Tensor, generator: Generator) -> Tensor:
        height, width = frame.shape[-2:]
        view = crop_resized(frame, random_box(height, width, generator, area=AREA, ratio=RATIO), self.size)
        return flip(view) if chance(generator, MIRRORED) else view
