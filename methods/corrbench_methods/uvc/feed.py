"""Pairs of frames, cut for both phases: two crops, or a crop and the whole frame that it has to be found in.

UVC fafb36f1, libs/loader.py (VidListv1 and VidListv2) and libs/transforms_multi.py.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from corrbench.training.augment import Box, chance, crop_resized, flip, uniform, whole_number
from corrbench.training.recipe import Kind
from corrbench_methods.uvc.settings import Settings


class Pairs:
    """Two frames of a clip, the reference first, a gap apart that is drawn."""

    kind: Kind = "videos"
    least_frames = 2
    frames_per_item = 2

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def choose(self, length: int, generator: Generator) -> list[int]:
        """A gap of 1 to `gap` frames, or as far as the clip allows, and a start."""
        gap = whole_number(generator, 1, min(self.settings.gap, length - 1))
        start = whole_number(generator, 0, length - 1 - gap)
        return [start, start + gap]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """RGB in [0, 1]: `crops` (2, 3, size, size), and for the later phase `crop` (3, size, size) and `whole`.

        The two crops are turned, scaled and flipped alike, and cut at places of their own. `crop` is cut from the
        reference frame, turned, as large as it is in `whole`, (3, whole_size, whole_size): the query frame.
        """
        crops = self._crops(frames, generator)
        crop, whole = self._crop_and_whole(frames, generator)
        return {"crops": crops, "crop": crop, "whole": whole}

    def _crops(self, frames: Tensor, generator: Generator) -> Tensor:
        settings = self.settings
        degrees = whole_number(generator, -settings.rotation, settings.rotation)
        side = uniform(generator, 1 / settings.scale, settings.scale) * settings.size
        resized = _resized(frames, side / min(frames.shape[-2:]))
        height, width = resized.shape[-2:]
        crops = torch.stack(
            [
                cut(
                    frame,
                    _place(height, settings.size, generator),
                    _place(width, settings.size, generator),
                    settings.size,
                    degrees,
                )
                for frame in resized
            ]
        )  # (2, 3, size, size)
        return flip(crops) if chance(generator, 0.5) else crops

    def _crop_and_whole(self, frames: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        settings, side = self.settings, self.settings.whole_size
        degrees = whole_number(generator, -settings.rotation, settings.rotation)
        reference, query = _resized(frames, side / max(frames.shape[-2:]))
        height, width = query.shape[-2:]
        above, before = (height - side) // 2, (width - side) // 2  # below 0: what is padded
        top, left = (whole_number(generator, 0, side - settings.size) for _ in range(2))
        crop = cut(reference, above + top, before + left, settings.size, degrees)
        return crop, cut(query, above, before, side, 0)


def cut(frame: Tensor, top: int, left: int, size: int, degrees: float) -> Tensor:
    """The square (3, size, size) of a frame (3, H, W) turned about its middle, mirrored at its borders.

    Positive degrees turn its content anticlockwise. The square may reach beyond the frame.
    """
    height, width = frame.shape[-2:]
    rows, columns = (start + torch.arange(size) + 0.5 for start in (top, left))
    y, x = torch.meshgrid(rows - height / 2, columns - width / 2, indexing="ij")  # from the middle, in pixels
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    places = torch.stack([(cosine * x - sine * y) * 2 / width, (sine * x + cosine * y) * 2 / height], dim=2)
    sampled = F.grid_sample(frame[None], places[None], padding_mode="reflection", align_corners=False)
    return sampled[0]


def _place(length: int, size: int, generator: Generator) -> int:
    """Where a crop starts along a side: anywhere, or in the middle where it is longer. One draw in any case."""
    start = whole_number(generator, 0, max(0, length - size))
    return start if length >= size else (length - size) // 2


def _resized(frames: Tensor, factor: float) -> Tensor:
    """Frames (T, 3, H, W) uint8 in another size, in [0, 1]."""
    height, width = frames.shape[-2:]
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return crop_resized(frames, Box(0, 0, height, width), size)
