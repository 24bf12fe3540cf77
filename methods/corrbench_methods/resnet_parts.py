"""What every ResNet here starts from: torchvision's network without its weights, its initialisation, its padding."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import nn
from torchvision.models import ResNet, resnet18, resnet50

Depth = Literal[18, 50]
Layer = Literal["layer1", "layer2", "layer3", "layer4"]
Pool = Literal["max", "none", "mean"]
Padding = Literal["zeros", "reflect"]

_NETWORKS: dict[Depth, Callable[[], ResNet]] = {18: resnet18, 50: resnet50}
_POOLS: dict[Pool, Callable[[], nn.Module]] = {
    "max": lambda: nn.MaxPool2d(3, stride=2, padding=1),
    "none": nn.Identity,
    "mean": lambda: nn.AvgPool2d(3, stride=2, padding=1),
}


def network_without_weights(depth: Depth) -> ResNet:
    """torchvision's network on the meta device: its constructor would draw from the global generator."""
    with torch.device("meta"):
        return _NETWORKS[depth]()


def stem_pool(pool: Pool) -> nn.Module:
    """What follows the stem: 3x3 of stride 2, or nothing."""
    return _POOLS[pool]()


def initialise(trunk: nn.Module, generator: torch.Generator) -> None:
    """torchvision's rule (models/resnet.py): convolutions He-normal by fan-out, batch norms of weight 1."""
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def set_padding(trunk: nn.Module, padding: Padding) -> None:
    """CRW's way (videowalk 047f3f40, code/model.py): a convolution reads its mode when it is called."""
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d) and module.padding != (0, 0):
            module.padding_mode = padding
