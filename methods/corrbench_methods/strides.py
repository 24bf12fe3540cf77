"""Dense features: the layers of a ResNet that would make the grid too coarse get stride 1, without dilation.

This is the published practice, in CRW (videowalk 047f3f40, code/model.py) as in VFS, DUL, SFC, UVC, TimeCycle
and MAST. timm's `output_stride`, which puts dilation in place of the stride, gives other features.
"""

from torch import nn

from corrbench.errors import SettingError

LAYERS = ("layer1", "layer2", "layer3", "layer4")


def densify(network: nn.Module, stem: int, stride: int) -> int:
    """The stride that a ResNet ends at when its layers keep theirs only while that is at most `stride`.

    `stem` is the stride before layer1. The strides of layer1 to layer4 become

        stem 4 (max or mean pool)   4: (1, 1, 1, 1)   8: (1, 2, 1, 1)   16: (1, 2, 2, 1)   32: (1, 2, 2, 2)
        stem 2 (no pool)            4: (1, 2, 1, 1)   8: (1, 2, 2, 1)   16: (1, 2, 2, 2)

    A request below the stem's stride ends at the stem's, and one that the layers do not reach below it.
    Changes the network in place. SettingError for a stride below 1.
    """
    if stride < 1:
        raise SettingError(f"stride={stride} is not a number of pixels; give 1 or more")
    reached = stem
    for name in LAYERS:
        layer = getattr(network, name, None)
        if layer is None or not _is_strided(layer):
            continue
        if 2 * reached > stride:
            _remove_stride(layer)
        else:
            reached *= 2
    return reached


def _is_strided(module: nn.Module) -> bool:
    return any(_stride(part) == 2 for part in module.modules())


def _remove_stride(module: nn.Module) -> None:
    for name, part in list(module.named_children()):
        if _stride(part) != 2:
            _remove_stride(part)
        elif isinstance(part, nn.Conv2d):  # the 3x3 of block 0, and the 1x1 of its shortcut
            part.stride = (1, 1)
        else:  # a pooling that halves, in a timm variant, which timm leaves out of a layer of stride 1
            setattr(module, name, nn.Identity())


def _stride(module: nn.Module) -> int:
    if any(module.children()):  # a block keeps the number it was made with; its parts do the work
        return 1
    stride = getattr(module, "stride", 1)
    return int(stride[0] if isinstance(stride, tuple) else stride)
