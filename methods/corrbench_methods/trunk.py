"""The trunk that most methods share: a dense ResNet with torchvision's key names, up to one of its layers."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, resnet18, resnet50

from corrbench_methods.checkpoints import WeightsReport
from corrbench_methods.colour import Normalise
from corrbench_methods.strides import LAYERS, densify

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


class Trunk(nn.Module):
    """Frames (T, 3, H, W) to the features (T, C, h, w) of one layer of a ResNet-18 or -50.

    C is 64, 128, 256, 512 for layer1 to layer4 of ResNet-18 and four times that of ResNet-50; the grid is
    ceil(H / stride) x ceil(W / stride). Which layers keep their stride follows from the requested one, by
    `densify`. `padding` is that of every padded convolution. The weights are drawn from `seed` by
    torchvision's rule, and the global random state is left alone; layers beyond the used one do not exist.
    """

    weights_report: WeightsReport | None = None  # what of the trunk came from a file; None without one
    weights_sha256: str | None = None  # of weights that did not come from a file the user named

    def __init__(
        self,
        depth: Depth,
        *,
        layer: Layer = "layer3",
        stride: int = 8,
        padding: Padding = "zeros",
        pool: Pool = "max",
        seed: int = 0,
    ) -> None:
        super().__init__()
        with torch.device("meta"):  # the constructor of torchvision would draw from the global generator
            network = _NETWORKS[depth]()
        self.conv1, self.bn1, self.relu = network.conv1, network.bn1, network.relu
        self.pool = _POOLS[pool]()
        self.layers = LAYERS[: LAYERS.index(layer) + 1]
        for name in self.layers:
            self.add_module(name, getattr(network, name))
        self.to_empty(device="cpu")
        _initialise(self, torch.Generator().manual_seed(seed))
        _set_padding(self, padding)
        self.stride = densify(self, stem=2 if pool == "none" else 4, stride=stride)
        self.normalise = Normalise()
        self.eval()  # statistics of the weights, not of the frames at hand

    def forward(self, frames: Tensor) -> Tensor:
        """Features (T, C, h, w) of frames (T, 3, H, W), RGB in [0, 1]."""
        x: Tensor = self.relu(self.bn1(self.conv1(self.normalise(frames))))  # (T, 64, H/2, W/2)
        x = self.pool(x)
        for name in self.layers:
            x = self.get_submodule(name)(x)
        return x  # (T, C, h, w)


def _initialise(trunk: nn.Module, generator: torch.Generator) -> None:
    """torchvision's rule (models/resnet.py): convolutions He-normal by fan-out, batch norms of weight 1."""
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def _set_padding(trunk: nn.Module, padding: Padding) -> None:
    """CRW's way (videowalk 047f3f40, code/model.py): a convolution reads its mode when it is called."""
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d) and module.padding != (0, 0):
            module.padding_mode = padding
