"""Two views of each of some images, for the probe of what is forgotten."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from corrbench.training.augment import chance, colour_jitter, crop_resized, flip, random_box
from corrbench.training.seeds import mixed_seed
from corrbench.training.sources import Library

IMAGES = 500
# Two views share about a third of what they show: with larger crops, colour alone tells images apart.
RULE: dict[str, Any] = {
    "size": 128,  # pixels of a side
    "area": (0.2, 0.6),  # share of the image
    "ratio": (3 / 4, 4 / 3),
    "jitter": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
}


def chosen(library: Library, most: int = IMAGES) -> list[int]:
    """The numbers of at most so many images, at equal distances through the library."""
    count = min(most, len(library))
    return [place * len(library) // count for place in range(count)]


def views(library: Library, most: int = IMAGES) -> Iterator[tuple[Tensor, Tensor]]:
    """Two views, (3, 128, 128) RGB in [0, 1] each, of each chosen image: the same ones whenever this is called.

    Crops of a fifth to three fifths, flips, and changed colours.
    """
    for item in chosen(library, most):
        generator = torch.Generator().manual_seed(mixed_seed(0, "view", library.name(item)))
        image = library.read(item, [0])  # (1, 3, H, W)
        yield _view(image, generator), _view(image, generator)


def _view(image: Tensor, generator: Generator) -> Tensor:
    height, width = image.shape[-2:]
    box = random_box(height, width, generator, area=RULE["area"], ratio=RULE["ratio"])
    view = crop_resized(image, box, RULE["size"])
    if chance(generator, 0.5):
        view = flip(view)
    return colour_jitter(view, generator, **RULE["jitter"])[0]
