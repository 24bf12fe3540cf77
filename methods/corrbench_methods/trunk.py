"""The trunk that most methods share: a dense ResNet with torchvision's key names, up to one of its layers."""

import torch
from torch import Tensor, nn

from corrbench_methods.checkpoints import WeightsReport
from corrbench_methods.colour import Colour, colours
from corrbench_methods.resnet_parts import (
    Depth,
    Layer,
    Padding,
    Pool,
    initialise,
    network_without_weights,
    set_padding,
    stem_pool,
)
from corrbench_methods.strides import LAYERS, densify


class Trunk(nn.Module):
    """Frames (T, 3, H, W) to the features (T, C, h, w) of one layer of a ResNet-18 or -50.

    C is 64, 128, 256, 512 for layer1 to layer4 of ResNet-18 and four times that of ResNet-50; the grid is
    ceil(H / stride) x ceil(W / stride). Which layers keep their stride follows from the requested one, by
    `densify`. `padding` is that of every padded convolution, `colour` what the network is given of the frames.
    The weights are drawn from `seed` by torchvision's rule, and the global random state is left alone; layers
    beyond the used one do not exist.
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
        colour: Colour = "rgb",
        seed: int = 0,
    ) -> None:
        super().__init__()
        network = network_without_weights(depth)
        self.conv1, self.bn1, self.relu = network.conv1, network.bn1, network.relu
        self.pool = stem_pool(pool)
        self.layers = LAYERS[: LAYERS.index(layer) + 1]
        for name in self.layers:
            self.add_module(name, getattr(network, name))
        self.to_empty(device="cpu")
        initialise(self, torch.Generator().manual_seed(seed))
        set_padding(self, padding)
        self.stride = densify(self, stem=2 if pool == "none" else 4, stride=stride)
        self.normalise = colours(colour)
        self.eval()  # statistics of the weights, not of the frames at hand

    def forward(self, frames: Tensor) -> Tensor:
        """Features (T, C, h, w) of frames (T, 3, H, W), RGB in [0, 1]."""
        x: Tensor = self.relu(self.bn1(self.conv1(self.normalise(frames))))  # (T, 64, H/2, W/2)
        x = self.pool(x)
        for name in self.layers:
            x = self.get_submodule(name)(x)
        return x  # (T, C, h, w)
