"""The colours that a network was trained on."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from corrbench_methods.lab import lab, lightness

# RGB in [0, 1] over ImageNet's training set, as torchvision's and timm's classifiers expect
# (torchvision, transforms/_presets.py; timm, data/constants.py: IMAGENET_DEFAULT_MEAN and _STD).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Colour = Literal["rgb", "plain", "lab", "lightness", "lightness-crw"]


def colours(colour: Colour) -> nn.Module:
    """What makes a network's input (T, 3, H, W) of frames (T, 3, H, W), RGB in [0, 1].

    rgb            less ImageNet's mean, over its standard deviation: CRW, VFS and most others
    plain          as they are: CorrFlow
    lab            Lab in about [-1, 1], see `lab`: MAST and Spa-then-Temp
    lightness      L of Lab three times, in [0, 1), then as rgb: UVC (2311ba5c, model.py)
    lightness-crw  the same in [-1, 1): UVC as CRW evaluates it (videowalk 0834ff99, code/data/vos.py)
    """
    return _COLOURS[colour]()


class Normalise(nn.Module):
    """Colours less their mean, over their standard deviation, channel by channel."""

    def __init__(self, mean: tuple[float, ...] = IMAGENET_MEAN, std: tuple[float, ...] = IMAGENET_STD) -> None:
        super().__init__()
        self.mean: Tensor  # (3, 1, 1), as the next; they follow the model to its device, and are no weights of it
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames (T, 3, H, W) of frames (T, 3, H, W) in [0, 1]."""
        return (frames - self.mean) / self.std


class Lab(nn.Module):
    """Colours as normalised Lab."""

    def forward(self, frames: Tensor) -> Tensor:
        """Lab frames (T, 3, H, W) of frames (T, 3, H, W), RGB in [0, 1]."""
        return lab(frames)


class Lightness(nn.Module):
    """No colours: lightness in place of red, green and blue, then a normalisation."""

    def __init__(self, normalise: Normalise) -> None:
        super().__init__()
        self.normalise = normalise

    def forward(self, frames: Tensor) -> Tensor:
        """Grey frames (T, 3, H, W) of frames (T, 3, H, W), RGB in [0, 1].

        Both programs hold L in a byte, of which 255 is white, and divide by 256; its rounding is left out.
        """
        grey = (lightness(frames) + 1) * (255 / 512)  # (T, 1, H, W)
        normalised: Tensor = self.normalise(grey.expand(frames.shape))
        return normalised


_COLOURS: dict[Colour, Callable[[], nn.Module]] = {
    "rgb": Normalise,
    "plain": nn.Identity,
    "lab": Lab,
    "lightness": lambda: Lightness(Normalise()),
    "lightness-crw": lambda: Lightness(Normalise(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))),
}
