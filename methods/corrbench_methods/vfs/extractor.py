"""VFS's features: layer3 of a ResNet at stride 8 (Xu and Wang, ICCV 2021)."""

from pathlib import Path

from corrbench_methods.resnet_parts import Depth, Layer
from corrbench_methods.trained import Preprocessing, trained_trunk
from corrbench_methods.trunk import Trunk

USUAL = Preprocessing(colour="rgb", pool="max", padding="zeros")


def vfs(weights: Path | None = None, *, layer: Layer = "layer3", stride: int = 8, depth: Depth | None = None) -> Trunk:
    """The trunk of frame-level similarity: VFS's released file, one that mmcv has saved, or one trained here.

    Without `depth` it has that of the file. WeightsError for a file that is not VFS's.
    """
    return trained_trunk("vfs", weights, USUAL, layer=layer, stride=stride, depth=depth)
