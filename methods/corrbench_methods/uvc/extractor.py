"""UVC's features: a ResNet-18 that sees lightness alone (Li et al., NeurIPS 2019)."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from corrbench_methods.resnet_parts import Layer
from corrbench_methods.trained import Preprocessing, preprocessing, weights_of, with_weights
from corrbench_methods.trunk import Trunk

USUAL = Preprocessing(colour="lightness", pool="max", padding="zeros")


def uvc(
    weights: Path | None = None,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    colour: Literal["lightness", "lightness-crw"] | None = None,
) -> Trunk:
    """The trunk of joint-task learning: UVC's `checkpoint_latest.pth.tar`, a file trained here, or the shipped one.

    `layer=layer4` is the paper's layer, layer3 that of CRW's evaluation, which gives `colour=lightness-crw` to the
    network; by default the colour is that of the file. WeightsError for a file that is not UVC's.
    """
    checkpoint = weights_of("uvc", weights)
    how = preprocessing(checkpoint, USUAL)
    how = replace(how, colour=colour or how.colour)
    trunk = Trunk(18, layer=layer, stride=stride, padding=how.padding, pool=how.pool, colour=how.colour)
    return with_weights(trunk, checkpoint, "uvc", shipped=weights is None)
