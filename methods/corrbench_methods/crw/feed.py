"""Clips for the random walk: every frame cropped by itself, so that a place in the frame betrays no node."""

import torch
from torch import Generator, Tensor

from corrbench.training.augment import crop_resized, random_box, whole_number
from corrbench.training.recipe import Kind
from corrbench_methods.crw.settings import Settings

_PATCH_RATIO = (3 / 4, 4 / 3)  # torchvision's default, which the reference leaves (videowalk 2e410980, utils/augs.py)


class Clips:
    """Clips of `frames` frames, `gap` apart, or as far as a shorter clip allows."""

    kind: Kind = "videos"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.least_frames = settings.frames
        self.frames_per_item = settings.frames

    def choose(self, length: int, generator: Generator) -> list[int]:
        """Evenly spaced frames from a start that is drawn."""
        steps = self.settings.frames - 1
        gap = min(self.settings.gap, (length - 1) // steps)
        start = whole_number(generator, 0, length - 1 - gap * steps)
        return [start + gap * index for index in range(steps + 1)]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """`pixels` in [0, 1], (T, 3, size, size) or of patches (T, N, 3, patch, patch), and `dropped` edges.

        `dropped`, (T - 1, 2, N, N) bool, holds for each pair of frames the draw of the way there, (from, to),
        and that of the way back. It is drawn here and not in the step, so that it follows the item wherever
        the batch is split.
        """
        settings = self.settings
        pixels = torch.stack([self._cropped(frame, generator) for frame in frames])  # (T, 3, size, size)
        if settings.nodes == "patches":
            pixels = torch.stack([self._patches(frame, generator) for frame in pixels])  # (T, N, 3, patch, patch)
        nodes = settings.side**2
        draws = torch.rand((len(frames) - 1, 2, nodes, nodes), generator=generator)
        return {"pixels": pixels, "dropped": draws < settings.edge_dropout}

    def _cropped(self, frame: Tensor, generator: Generator) -> Tensor:
        settings = self.settings
        height, width = frame.shape[-2:]
        box = random_box(height, width, generator, area=settings.crop_area, ratio=settings.crop_ratio)
        return crop_resized(frame[None], box, settings.size)[0]

    def _patches(self, frame: Tensor, generator: Generator) -> Tensor:
        """Patches (N, 3, patch, patch) of a grid, row by row, each cropped once more."""
        side, stride = self.settings.patch, self.settings.patch_stride
        grid = frame.unfold(1, side, stride).unfold(2, side, stride)  # (3, rows, columns, patch, patch)
        patches = grid.permute(1, 2, 0, 3, 4).flatten(0, 1)  # (N, 3, patch, patch)
        boxes = [random_box(side, side, generator, area=self.settings.patch_area, ratio=_PATCH_RATIO) for _ in patches]
        return torch.cat([crop_resized(patch[None], box, side) for patch, box in zip(patches, boxes, strict=True)])
