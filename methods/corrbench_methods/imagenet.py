"""ResNet-18 trained to classify ImageNet: the baseline of every paper on label propagation."""

from pathlib import Path

from corrbench.core.files import sha256
from corrbench_methods.hub import hub_file
from corrbench_methods.resnet import resnet18
from corrbench_methods.resnet_parts import Layer, Padding, Pool
from corrbench_methods.trunk import Trunk

REPOSITORY = "timm/resnet18.tv_in1k"  # torchvision's weights, which the papers used
TORCHVISION = "https://download.pytorch.org/models/resnet18-f37072fd.pth"


def imagenet(
    weights: Path | None = None,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    padding: Padding = "zeros",
    pool: Pool = "max",
) -> Trunk:
    """A dense ResNet-18 with torchvision's ImageNet weights, from a file or else from the Hugging Face hub.

    layer3 with stride 1 and the max pool kept is CRW's `imagenet18` (videowalk 047f3f40, code/model.py).
    WeightsError when no file is given and the hub's is neither cached nor to be had, or when it does not fit.
    """
    file = weights or hub_file(REPOSITORY, alternative=TORCHVISION)
    trunk = resnet18(file, layer=layer, stride=stride, padding=padding, pool=pool)
    if weights is None:
        trunk.weights_sha256 = sha256(file)
    return trunk
