"""Networks of timm by name: their layers, the sizes that they take, and their weights."""

import difflib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from torch import Tensor

from corrbench.errors import SettingError, WeightsError
from corrbench_methods.hub import hub_file
from corrbench_methods.layouts import Tensors
from corrbench_methods.strides import LAYERS

_ANY_SIZE: tuple[dict[str, Any], ...] = ({"dynamic_img_size": True}, {"strict_img_size": False})
COARSEST = 16  # the stride of a ViT/16 and of a stock ResNet's layer3; beyond, cells are too few to propagate


def create(name: str, seed: int) -> Any:
    """A timm network without classifier, drawn from `seed`, for frames of any size where its family can.

    The global random state is left as it was. SettingError for a name that timm does not know.
    """
    if not timm.is_model(name) or ("." in name and name not in timm.list_pretrained()):
        near = difflib.get_close_matches(name, timm.list_models() + timm.list_pretrained(), n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "timm.list_models() lists what it has"
        raise SettingError(f"timm: there is no model {name!r}; {hint}")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for options in _ANY_SIZE:
            try:
                return timm.create_model(name, num_classes=0, **options).eval()
            except TypeError:  # the family has no such option
                continue
        return timm.create_model(name, num_classes=0).eval()


def layer_index(network: Any, layer: str | int | None, name: str) -> int:
    """The number of a layer given as a number (negative from the end), a name such as `layer3`, or None.

    None is the deepest layer of stride 16 or less, as the last block of a ViT/16 or layer3 of a ResNet, or
    the last where all are coarser. SettingError for a layer that there is not.
    """
    names = [info["module"] for info in network.feature_info]
    if layer is None:
        fine = [number for number in range(len(names)) if reduction(network, number) <= COARSEST]
        return fine[-1] if fine else len(names) - 1
    if layer in names:
        return names.index(layer)
    if re.fullmatch(r"-?\d+", str(layer)) and -len(names) <= int(layer) < len(names):
        return int(layer) % len(names)
    listed = ", ".join(f"{number} ({module})" for number, module in enumerate(names))
    raise SettingError(f"timm: {name} has no layer {layer!r}; it has {listed}")


def reduction(network: Any, index: int) -> int:
    """Pixels per cell after a layer, as the network was designed."""
    return int(network.feature_info[index]["reduction"])


def can_be_dense(network: Any) -> bool:
    """Whether it is a ResNet of plain blocks, whose layers can run at stride 1 with the weights they have."""
    return isinstance(network, ResNet) and all(
        isinstance(block, BasicBlock | Bottleneck) for name in LAYERS for block in getattr(network, name)
    )


def size_unit(network: Any, features: Callable[[Tensor], Tensor], stride: int, name: str) -> int:
    """The pixels whose multiples the network takes as sizes and covers with ceil(size / stride) cells.

    1 where any size will do; else the patch, the stride, or the stride of the last layer. It is found by
    trying, as each family of timm refuses sizes, or cuts off borders, in a way of its own.
    SettingError when no unit will do, as with networks made for one size only.
    """
    patch = getattr(getattr(network, "patch_embed", None), "patch_size", 1)
    last = max(reduction(network, number) for number in range(len(network.feature_info)))
    for unit in dict.fromkeys((1, max(patch) if isinstance(patch, tuple) else int(patch), stride, last)):
        height, width = (unit * (size // unit | 1) for size in (67, 97))  # odd multiples: even ones fit too easily
        try:
            with torch.inference_mode():
                grid = features(torch.zeros(1, 3, height, width)).shape[-2:]
        except Exception as error:  # AssertionError, RuntimeError, ValueError: whatever the family raises
            why = str(error).split("\n")[0]
            continue
        if tuple(grid) == (-(-height // stride), -(-width // stride)):
            return unit
        why = f"{height} x {width} pixels became {grid[0]} x {grid[1]} cells"
    raise SettingError(f"timm: {name} does not take frames of any size ({why}); choose a backbone that does")


def pretrained_file(network: Any, name: str) -> Path:
    """The file of timm's own weights; WeightsError when there are none or they cannot be downloaded."""
    source = network.pretrained_cfg
    if repository := source.get("hf_hub_id"):
        return hub_file(repository)
    if address := source.get("url"):
        raise WeightsError(f"timm: the weights of {name} are not on the hub; fetch {address} and pass --weights FILE")
    raise WeightsError(
        f"timm: {name} has no weights; pass --weights FILE, or set pretrained=false for a random network"
    )


def timm_reading(network: Any) -> Callable[[Tensors], Tensors]:
    """timm's own translation of the names that the authors of a family chose; empty for any other file."""
    rule = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)

    def translate(tensors: Tensors) -> Tensors:
        try:
            translated = rule(dict(tensors), network) if rule else {}
        except Exception:  # it is written for the files of that family, and any file may come
            return {}
        return {key: value for key, value in translated.items() if isinstance(value, Tensor)}

    return translate


def prune(network: Any, index: int, *, keep_norm: bool) -> None:
    """Drop what comes after a layer: it is neither computed nor wanted of a checkpoint."""
    network.prune_intermediate_layers([index], prune_norm=not keep_norm, prune_head=True)
