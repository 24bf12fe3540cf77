"""Spatial-then-temporal features: layer3 of a ResNet on Lab without a pool (Li and Liu, CVPR 2023)."""

from dataclasses import replace
from pathlib import Path

from corrbench_methods.layouts import depth_of
from corrbench_methods.resnet_parts import Depth, Layer
from corrbench_methods.trained import Preprocessing, preprocessing, trained_trunk, weights_of, with_weights
from corrbench_methods.trunk import Trunk

# Spa-then-Temp 041a6183, configs/test/res18_d8.py.
USUAL = Preprocessing(colour="lab", pool="none", padding="zeros")
SPATIAL = Preprocessing(colour="rgb", pool="max", padding="zeros")  # of a stage 1 that is MoCo's or DenseCL's


def ours(weights: Path | None = None, *, layer: Layer = "layer3", stride: int = 8, depth: Depth | None = None) -> Trunk:
    """The trunk after both stages: the authors' checkpoints, a file trained here, or the shipped one.

    At stride 8 the layers' strides are (1, 2, 2, 1) after no pool; at stride 4 they are (1, 1, 1, 1) after a mean
    pool, with the same weights (configs/test/res18_d4.py). Without `depth` it has that of the file.
    WeightsError for a file that is not of this method.
    """
    checkpoint = weights_of("ours", weights)
    how = preprocessing(checkpoint, USUAL)
    if how.pool == "none" and 4 <= stride < 8:
        how = replace(how, pool="mean")
    depth = depth or depth_of(checkpoint.tensors)
    trunk = Trunk(depth, layer=layer, stride=stride, padding=how.padding, pool=how.pool, colour=how.colour)
    return with_weights(trunk, checkpoint, "ours", shipped=weights is None)


def ours_spatial(
    weights: Path | None = None, *, layer: Layer = "layer3", stride: int = 8, depth: Depth | None = None
) -> Trunk:
    """The trunk after the spatial stage alone, given frames as its file says, else as ImageNet's networks.

    Also for the checkpoints that the authors start from: MoCo, DenseCL and others of that kind. WeightsError for
    a file that is not of this stage.
    """
    return trained_trunk("ours-spatial", weights, SPATIAL, layer=layer, stride=stride, depth=depth)
