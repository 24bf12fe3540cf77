"""The trunk while it is trained: a ResNet that gives the maps of several of its layers, at strides set by hand."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from corrbench.errors import SettingError, WeightsError
from corrbench_methods.layouts import depth_of, further_blocks, torchvision_names
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
from corrbench_methods.strides import LAYERS

_CHANNELS: dict[str, int] = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}  # of ResNet-18


class Pyramid(nn.Module):
    """Normalised frames (B, 3, H, W) to the maps (B, C, h, w) of some layers, in the order of `outputs`.

    `strides` are those of layer1 to layer4, each set on the strided 3x3 of block 0 and on its shortcut, without
    dilation; the stem divides by 2 and a pool by 2 again, and each map is ceil(H / stride) x ceil(W / stride).
    Layers after the last output do not exist. Colours are the caller's: nothing is normalised here.

    The weights are drawn from `seed` by torchvision's rule, as those of `Trunk`, and replaced by `weights`, in any
    known layout, where given: all of them, but that a layer4 which `weights` lacks altogether stays as drawn.
    `zero_init_last` starts each block as its shortcut, as timm does. SettingError for a stride that a layer cannot
    have, WeightsError for weights that do not fit.
    """

    def __init__(
        self,
        outputs: tuple[Layer, ...],
        *,
        pool: Pool = "max",
        strides: tuple[int, int, int, int] = (1, 2, 2, 2),
        padding: Padding = "zeros",
        depth: Depth = 18,
        zero_init_last: bool = False,
        seed: int = 0,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        super().__init__()
        if not outputs or set(outputs) - set(LAYERS):
            raise SettingError(f"outputs={outputs} are not layers of a ResNet; name some of {', '.join(LAYERS)}")
        network = network_without_weights(depth)
        self.outputs = outputs
        self.channels = tuple(_CHANNELS[name] * (1 if depth == 18 else 4) for name in outputs)
        self.conv1, self.bn1, self.relu = network.conv1, network.bn1, network.relu
        self.pool = stem_pool(pool)
        self.layers = LAYERS[: 1 + max(LAYERS.index(name) for name in outputs)]
        for name, stride in zip(self.layers, strides, strict=False):
            layer = getattr(network, name)
            _set_stride(layer, stride, name)
            self.add_module(name, layer)
        self.to_empty(device="cpu")
        initialise(self, torch.Generator().manual_seed(seed))
        if zero_init_last:
            _start_as_shortcuts(self)
        set_padding(self, padding)
        if weights is not None:
            _load(self, weights, depth)

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """The maps (B, C, h, w) of frames (B, 3, H, W), one an output."""
        x: Tensor = self.relu(self.bn1(self.conv1(frames)))  # (B, 64, H/2, W/2)
        x = self.pool(x)
        maps = {}
        for name in self.layers:
            x = self.get_submodule(name)(x)  # (B, C, h, w)
            maps[name] = x
        return tuple(maps[name] for name in self.outputs)

    def torchvision_weights(self) -> dict[str, Tensor]:
        """Copies of the weights and statistics under torchvision's names."""
        return {name: tensor.detach().clone() for name, tensor in self.state_dict().items()}


def holds(weights: Mapping[str, Tensor] | None, layer: Layer) -> bool:
    """Whether weights, in any known layout, reach up to a layer."""
    return any(name.startswith(f"{layer}.") for name in torchvision_names(weights or {}))


def _set_stride(layer: nn.Sequential, stride: int, name: str) -> None:
    block: Any = layer[0]
    strided = block.conv2 if hasattr(block, "conv3") else block.conv1  # torchvision's bottleneck strides its 3x3
    if block.downsample is None:
        if stride != 1:
            raise SettingError(f"{name} has no shortcut that could stride by {stride}; give it stride 1")
        return
    strided.stride = block.downsample[0].stride = (stride, stride)


def _start_as_shortcuts(trunk: nn.Module) -> None:
    """The last batch norm of each block of weight 0."""
    blocks: list[Any] = [block for name in LAYERS for block in getattr(trunk, name, ())]
    for block in blocks:
        nn.init.zeros_((block.bn3 if hasattr(block, "bn3") else block.bn2).weight)


def _load(pyramid: Pyramid, given: Mapping[str, Tensor], depth: Depth) -> None:
    weights = torchvision_names(given)
    if (found := depth_of(weights)) != depth:
        raise WeightsError(f"the weights are of a ResNet-{found}, and depth={depth} was asked for; give depth={found}")
    wanted = {name: tensor for name, tensor in pyramid.state_dict().items() if not name.endswith("num_batches_tracked")}
    if not holds(weights, "layer4"):
        wanted = {name: tensor for name, tensor in wanted.items() if not name.startswith("layer4.")}
    for name, tensor in wanted.items():
        held = tuple(weights[name].shape) if name in weights else "nothing"
        if held != tuple(tensor.shape):
            raise WeightsError(
                f"weights for layers up to {pyramid.layers[-1]}: {name} needs {tuple(tensor.shape)}, found {held}; "
                "give a trunk of this depth"
            )
    if deeper := further_blocks(wanted, weights):
        raise WeightsError(
            f"the weights are of a network deeper than ResNet-{depth}, with {', '.join(deeper[:3])}; "
            "give a trunk of this depth"
        )
    pyramid.load_state_dict({name: weights[name] for name in wanted}, strict=False)
