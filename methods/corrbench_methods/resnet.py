"""ResNet-18 and -50 with weights of your own: any checkpoint whose trunk has torchvision's key names."""

from pathlib import Path

from corrbench.errors import WeightsError
from corrbench_methods.checkpoints import load
from corrbench_methods.resnet_parts import Layer, Padding, Pool
from corrbench_methods.trunk import Trunk


def resnet18(
    weights: Path | None = None,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    padding: Padding = "zeros",
    pool: Pool = "max",
) -> Trunk:
    """A dense ResNet-18 with the weights and statistics of a file; WeightsError without one that fits."""
    return _with_weights(Trunk(18, layer=layer, stride=stride, padding=padding, pool=pool), weights, "resnet18")


def resnet50(
    weights: Path | None = None,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    padding: Padding = "zeros",
    pool: Pool = "max",
) -> Trunk:
    """A dense ResNet-50 with the weights and statistics of a file; WeightsError without one that fits."""
    return _with_weights(Trunk(50, layer=layer, stride=stride, padding=padding, pool=pool), weights, "resnet50")


def _with_weights(trunk: Trunk, weights: Path | None, name: str) -> Trunk:
    if weights is None:
        raise WeightsError(
            f"{name} has no weights of its own; pass --weights FILE, a .safetensors or .pth checkpoint with "
            "torchvision's key names (untrained: the method 'random'; ImageNet's: 'imagenet')"
        )
    trunk.weights_report = load(trunk, weights)
    return trunk
