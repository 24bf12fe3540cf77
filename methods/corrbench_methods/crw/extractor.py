"""CRW's features: layer3 of a ResNet-18 whose convolutions pad by reflection (Jabri et al., NeurIPS 2020)."""

from pathlib import Path

from corrbench_methods.resnet_parts import Layer
from corrbench_methods.trained import Preprocessing, trained_trunk
from corrbench_methods.trunk import Trunk

# videowalk 0834ff99, code/utils/__init__.py: `scratch`. It trains with CIFAR's statistics and tests with ImageNet's.
USUAL = Preprocessing(colour="rgb", pool="max", padding="reflect")


def crw(weights: Path | None = None, *, layer: Layer = "layer3", stride: int = 8) -> Trunk:
    """The trunk of a contrastive random walk: CRW's `pretrained.pth`, a file trained here, or the shipped one.

    WeightsError for a file that is not CRW's.
    """
    return trained_trunk("crw", weights, USUAL, layer=layer, stride=stride)
