"""Two views of one image, and where in the image each of them lies."""

import torch
from torch import Generator, Tensor

from corrbench.training import augment
from corrbench.training.augment import Box
from corrbench.training.recipe import Kind
from corrbench_methods.ours.spatial_settings import SpatialSettings

RATIO = (3 / 4, 4 / 3)  # width over height of a view, as in torchvision's RandomResizedCrop, which MoCo uses
ATTEMPTS = 20  # to find a key view that overlaps


class TwoViews:
    """MoCo-v2's augmentations (moco 4397a04, main_moco.py), and the boxes that they cut out."""

    kind: Kind = "images"
    least_frames: int = 1
    frames_per_item: int = 2

    def __init__(self, settings: SpatialSettings) -> None:
        self.settings = settings

    def choose(self, length: int, generator: Generator) -> list[int]:
        """The image itself."""
        return [0]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """Two views, (3, size, size) in [0, 1], and their boxes, (4,): x, y, width and height in pixels.

        The width of a mirrored view is negative, and x then is where its right border was, so that in either case a
        fraction u of the view's width lies at x + u * width of the image.
        """
        height, width = frames.shape[-2:]
        query_box = self._box(height, width, generator)
        key_box = self._overlapping(query_box, height, width, generator)
        query, query_place = self._view(frames, query_box, generator)
        key, key_place = self._view(frames, key_box, generator)
        return {"query": query, "query_box": query_place, "key": key, "key_box": key_place}

    def _box(self, height: int, width: int, generator: Generator) -> Box:
        area = (self.settings.least_area, self.settings.greatest_area)
        return augment.random_box(height, width, generator, area=area, ratio=RATIO)

    def _overlapping(self, query: Box, height: int, width: int, generator: Generator) -> Box:
        for _ in range(ATTEMPTS):
            key = self._box(height, width, generator)
            if overlap(query, key) >= self.settings.least_overlap:
                return key
        return query

    def _view(self, frames: Tensor, box: Box, generator: Generator) -> tuple[Tensor, Tensor]:
        settings = self.settings
        view = augment.crop_resized(frames, box, settings.size)  # (1, 3, size, size)
        if augment.chance(generator, settings.jitter):
            view = augment.colour_jitter(view, generator, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
        if augment.chance(generator, settings.grey):
            view = augment.grey(view)
        if augment.chance(generator, settings.blur):
            view = augment.blur(view, generator, sigma=(0.1, settings.blur_sigma))
        left, extent = float(box.left), float(box.width)
        if augment.chance(generator, settings.flip):
            view = augment.flip(view)
            left, extent = left + extent, -extent
        return view[0], torch.tensor([left, float(box.top), extent, float(box.height)])


def overlap(query: Box, key: Box) -> float:
    """The share of the query box that lies in the key box, in [0, 1]."""
    width = min(query.left + query.width, key.left + key.width) - max(query.left, key.left)
    height = min(query.top + query.height, key.top + key.height) - max(query.top, key.top)
    return max(width, 0) * max(height, 0) / (query.width * query.height)
