"""The colours that a network was trained on."""

import torch
from torch import Tensor, nn

# RGB in [0, 1] over ImageNet's training set, as torchvision's and timm's classifiers expect
# (torchvision, transforms/_presets.py; timm, data/constants.py: IMAGENET_DEFAULT_MEAN and _STD).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


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
