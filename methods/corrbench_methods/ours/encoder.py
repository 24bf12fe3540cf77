"""A trunk with the heads of MoCo-v2 and DenseCL."""

from collections.abc import Mapping

import torch
from torch import Generator, Tensor, nn

from corrbench.training.seeds import mixed_seed
from corrbench_methods.heads import linear
from corrbench_methods.ours.spatial_settings import EMBEDDING, SpatialSettings
from corrbench_methods.pyramid import Pyramid
from corrbench_methods.resnet_parts import Layer


class Encoder(nn.Module):
    """Frames, normalised, to what is compared; a head that no term needs does not exist.

    Both heads are linear, ReLU, linear to 128 values, as wide inside as the layer they see: that of an image
    on the mean over layer4 (moco 4397a04, moco/builder.py), that of the cells on each cell of the dense layer
    (DenseCL 5d1c456, openselfsup/models/necks.py, whose 1x1 convolutions are the same).
    """

    def __init__(self, settings: SpatialSettings, trunk: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        wanted: set[Layer] = set()
        if settings.dense < 1:
            wanted.add("layer4")
        if settings.dense > 0:
            wanted.add(settings.dense_layer)
        self.outputs: tuple[Layer, ...] = tuple(sorted(wanted))
        self.dense_layer = settings.dense_layer
        self.trunk = Pyramid(
            self.outputs,
            pool=settings.pool,
            strides=settings.strides,
            padding=settings.padding,
            depth=settings.depth,
            seed=seed,
            weights=trunk,
        )
        channels = dict(zip(self.outputs, self.trunk.channels, strict=True))
        generator = Generator().manual_seed(mixed_seed(seed, "heads"))
        self.image_head = _head(channels["layer4"], generator) if settings.dense < 1 else None
        self.cell_head = _head(channels[self.dense_layer], generator) if settings.dense > 0 else None

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Of frames (B, 3, H, W): image (B, 128); cells (B, N, 128) and their features (B, N, C), row by row."""
        maps = dict(zip(self.outputs, self.trunk(frames), strict=True))  # (B, C, h, w) each
        seen: dict[str, Tensor] = {}
        if self.image_head is not None:
            seen["image"] = self.image_head(maps["layer4"].mean(dim=(2, 3)))
        if self.cell_head is not None:
            seen["features"] = maps[self.dense_layer].flatten(2).transpose(1, 2)  # (B, N, C)
            seen["cells"] = self.cell_head(seen["features"])
        return seen


def in_groups(encoder: Encoder, frames: Tensor, order: Tensor, groups: int) -> dict[str, Tensor]:
    """What the encoder sees in the frames, (B, 3, H, W), in groups of neighbours in `order`, (B,).

    Batch norm takes its statistics from a group. Where queries and keys are grouped differently, they do not
    tell which key belongs to a query (He et al., CVPR 2020, section 3.3: shuffling).
    """
    parts = [encoder(frames[group]) for group in order.tensor_split(min(groups, len(order)))]
    back = order.argsort()
    return {name: torch.cat([part[name] for part in parts])[back] for name in parts[0]}


def _head(channels: int, generator: Generator) -> nn.Sequential:
    return nn.Sequential(linear(channels, channels, generator), nn.ReLU(), linear(channels, EMBEDDING, generator))
