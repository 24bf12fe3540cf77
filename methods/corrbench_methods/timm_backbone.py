"""Any backbone of timm, convolutional or ViT, with timm's weights or your own."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from corrbench.core.files import sha256
from corrbench_methods import timm_network
from corrbench_methods.checkpoints import WeightsReport, load
from corrbench_methods.colour import Normalise
from corrbench_methods.strides import densify


def timm_backbone(
    model: str,
    *,
    layer: str | int | None = None,
    weights: Path | None = None,
    pretrained: bool = True,
    norm: bool = True,
    stride: int = 8,
    seed: int = 0,
) -> "TimmBackbone":
    """The features of one layer of the timm network `model`, as in `timm:vit_small_patch16_dinov3?layer=11`.

    `layer` is a block's number, from the end if negative, or a layer's name; by default the deepest of stride
    16 or finer: the last block of a ViT/16, layer3 of a ResNet. `norm`: after the last block, the network's
    final norm. A ResNet runs dense at the requested stride, any other network at its layer's own. The weights
    are those of the file, else timm's; with pretrained=false they are drawn from `seed`, and the global
    random state is left alone.

    SettingError for a network, layer or stride that there is not; WeightsError for weights that do not fit or
    cannot be downloaded.
    """
    network = timm_network.create(model, seed)
    index = timm_network.layer_index(network, layer, model)
    with_norm = norm and index == len(network.feature_info) - 1
    timm_network.prune(network, index, keep_norm=with_norm)

    report = None
    if file := weights or (timm_network.pretrained_file(network, model) if pretrained else None):
        report = load(network, file, convert=timm_network.timm_reading(network))

    reached = timm_network.reduction(network, index)
    if index > 0 and timm_network.can_be_dense(network):
        reached = densify(network, stem=timm_network.reduction(network, 1), stride=stride)
    backbone = TimmBackbone(network, index, with_norm, reached)
    backbone.unit = timm_network.size_unit(network, backbone.features, reached, model)
    backbone.weights_report = report
    backbone.weights_sha256 = sha256(file) if file and not weights else None
    return backbone


class TimmBackbone(nn.Module):
    """Frames (T, 3, H, W) to the features (T, C, h, w) of one layer, without class and register tokens.

    Colours are normalised by the network's own statistics. Frames whose size is no multiple of `unit` are
    first resized bilinearly, to `network_size`.
    """

    unit = 1  # pixels
    weights_report: WeightsReport | None = None  # what of the network came from a file; None without one
    weights_sha256: str | None = None  # of weights that did not come from a file the user named

    def __init__(self, network: Any, index: int, norm: bool, stride: int) -> None:
        super().__init__()
        self.network = network
        self.index = index
        self.norm = norm
        self.stride = stride
        self.normalise = Normalise(network.pretrained_cfg["mean"], network.pretrained_cfg["std"])

    def network_size(self, height: int, width: int) -> tuple[int, int]:
        """The multiples of `unit` nearest to the size of a frame."""
        rows, columns = (max(1, (2 * size + self.unit) // (2 * self.unit)) for size in (height, width))
        return rows * self.unit, columns * self.unit

    def forward(self, frames: Tensor) -> Tensor:
        """Features (T, C, h, w) of frames (T, 3, H, W), RGB in [0, 1]."""
        height, width = frames.shape[-2:]
        size = self.network_size(height, width)
        if size != (height, width):
            frames = F.interpolate(frames, size=size, mode="bilinear", align_corners=False, antialias=False)
        return self.features(frames)

    def features(self, frames: Tensor) -> Tensor:
        """The same of frames whose size the network takes."""
        intermediates: list[Tensor] = self.network.forward_intermediates(
            self.normalise(frames),
            indices=[self.index],
            norm=self.norm,
            stop_early=True,
            intermediates_only=True,
        )
        return intermediates[0]
