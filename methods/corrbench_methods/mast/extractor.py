"""MAST's features: a ResNet-18 on Lab without a pool (Lai, Lu and Xie, CVPR 2020)."""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from corrbench.errors import SettingError
from corrbench_methods.colour import colours
from corrbench_methods.layouts import CORRFLOW
from corrbench_methods.resnet_parts import Layer, initialise
from corrbench_methods.trained import Preprocessing, preprocessing, weights_of, with_weights
from corrbench_methods.trunk import Trunk

USUAL = Preprocessing(colour="lab", pool="none", padding="zeros")


def mast(
    weights: Path | None = None,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    head: Literal["none", "conv"] = "none",
) -> Trunk:
    """The trunk of MAST: the authors' checkpoint or CorrFlow's, a file trained here, or the shipped one.

    `head=conv` is the paper's 64 channels, which only the authors' files hold; they test it at stride 4.
    CorrFlow's network is the same, and is given RGB as it is. WeightsError for a file that is not MAST's,
    SettingError for a head on another layer.
    """
    if head == "conv" and layer != "layer3":
        raise SettingError(f"layer={layer} does not fit head=conv, which takes the last layer; leave out one of them")
    checkpoint = weights_of("mast", weights)
    how = preprocessing(checkpoint, USUAL)
    trunk = (
        WithHead(how, stride)
        if head == "conv"
        else Trunk(18, layer=layer, stride=stride, padding=how.padding, pool=how.pool, colour=how.colour)
    )
    with_weights(trunk, checkpoint, "mast", shipped=weights is None)
    if trunk.weights_report and trunk.weights_report.layout == CORRFLOW.name:
        trunk.normalise = colours("plain")
    return trunk


class WithHead(Trunk):
    """The authors' whole network: a layer4 of 256 channels and stride 1, then a 3x3 convolution to 64 channels.

    As in MAST 76fb1732, models/submodule.py: ResNet18, and models/mast.py.
    """

    def __init__(self, how: Preprocessing, stride: int) -> None:
        super().__init__(18, stride=stride, padding=how.padding, pool=how.pool, colour=how.colour)
        with torch.device("meta"):  # the constructors would draw from the global generator
            self.layer4 = nn.Sequential(BasicBlock(256, 256), BasicBlock(256, 256))
            self.post_convolution = nn.Conv2d(256, 64, 3, padding=1)
        for module in (self.layer4, self.post_convolution):
            initialise(module.to_empty(device="cpu"), torch.Generator().manual_seed(0))
        nn.init.zeros_(self.post_convolution.get_parameter("bias"))
        self.eval()

    def forward(self, frames: Tensor) -> Tensor:
        """Features (T, 64, h, w) of frames (T, 3, H, W), RGB in [0, 1]."""
        features: Tensor = self.post_convolution(self.layer4(super().forward(frames)))
        return features
