"""MAST as a training recipe: trunk and head, channel dropout, reconstruction, and what deployment has to know."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn

from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench_methods.channel_dropout import channel_dropout
from corrbench_methods.lab import lab
from corrbench_methods.mast.feed import Pairs
from corrbench_methods.mast.reconstruction import colour_loss, copied, local_affinity, reconstruct
from corrbench_methods.mast.settings import Settings
from corrbench_methods.pyramid import Pyramid

_STRIDES = (1, 2, 1, 1)  # of layer1 to layer4, without a pool: layer3 at stride 4


class Reconstruction(Recipe):
    """MAST-style, on the shared trunk: layer3 of a ResNet-18 in place of a ResNet-18 with a narrow layer4.

    The published model compares features of this 3x3 head at test as well; here the trunk alone is handed on, and
    layer3 is scored like that of every other method.
    """

    def __init__(self, settings: Settings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.feeds = (Pairs(settings),)
        self.trunk = Pyramid(("layer3",), pool="none", strides=_STRIDES, seed=seed, weights=weights)
        self.head = _convolution(self.trunk.channels[0], settings.channels, seed)

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of rebuilding, in each query frame, the colour channel that both frames were deprived of."""
        (batch,) = batches
        settings = self.settings
        device = batch["frames"].device.type
        with torch.autocast(device, enabled=False):
            original = lab(batch["frames"])  # (B, 2, 3, H, W)
            dropped, index = channel_dropout(original, generator)
        (maps,) = self.trunk(dropped.flatten(0, 1))  # (B * 2, 256, h, w)
        features = self.head(maps).unflatten(0, (-1, 2))  # (B, 2, channels, h, w)
        with torch.autocast(device, enabled=False):
            reference, query = features.float().unbind(1)  # (B, channels, h, w)
            scale = 1 / math.sqrt(settings.channels) if settings.scaled else 1.0
            affinity = local_affinity(query, reference, settings.radius, scale=scale, border=settings.border)
            given, truth = original[:, :, index : index + 1].unbind(1)  # (B, 1, H, W), before the dropout
            loss = colour_loss(reconstruct(affinity, given, settings.radius), truth)
            floor = colour_loss(copied(given), truth)
        monitors = {
            "reconstruction_ratio_4": loss.detach() / floor.clamp(min=1e-6),  # below 1: motion is found
            "affinity_max": affinity.detach().amax(1).mean(),
        }
        return Outcome(loss, monitors)

    def trunk_weights(self) -> dict[str, Tensor]:
        """Weights and statistics of the trunk up to layer3, without the head."""
        return self.trunk.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """Lab without a pool; stride 8, as for every method, though MAST itself tests at 4."""
        return {"colour": "lab", "pool": "none", "padding": "zeros", "stride": "8", "layer": "layer3"}


def _convolution(inputs: int, outputs: int, seed: int) -> nn.Conv2d:
    """A 3x3 convolution by PyTorch's rule (nn.Conv2d.reset_parameters), drawn from the seed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):  # the constructor would draw from the global generator
        layer = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)
    layer.to_empty(device="cpu")
    bound = 1 / math.sqrt(9 * inputs)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return layer
