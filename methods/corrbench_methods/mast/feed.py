"""Pairs of frames, the reference first and the query second."""

import torch
from torch import Generator, Tensor

from corrbench.training.augment import Box, crop_resized, random_box, whole_number
from corrbench.training.recipe import Kind
from corrbench_methods.mast.settings import Settings


class Pairs:
    """Two frames of a clip, a drawn gap apart.

    MAST draws a gap for a whole video and cuts it into consecutive pairs, anew in each epoch; here each pair
    draws its own gap, among those that fit into the clip, and its own start.
    """

    kind: Kind = "videos"
    frames_per_item = 2

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.least_frames = min(settings.gaps) + 1

    def choose(self, length: int, generator: Generator) -> list[int]:
        """A start and the frame one gap later."""
        weighted = zip(self.settings.gaps, self.settings.gap_weights, strict=True)
        gaps, weights = zip(*((gap, weight) for gap, weight in weighted if gap < length), strict=True)
        gap = gaps[int(torch.multinomial(torch.tensor(weights), 1, generator=generator))]
        start = whole_number(generator, 0, length - 1 - gap)
        return [start, start + gap]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """`frames`: the pair (2, 3, size, size), RGB in [0, 1], in one and the same crop."""
        settings = self.settings
        height, width = frames.shape[-2:]
        if settings.crop == "whole":
            box = Box(0, 0, height, width)
        else:
            box = random_box(height, width, generator, area=settings.crop_area, ratio=settings.crop_ratio)
        return {"frames": crop_resized(frames, box, settings.size)}
