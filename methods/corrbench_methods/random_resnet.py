"""A ResNet-18 that has learned nothing: the floor under every learned method, and surprisingly high."""

import hashlib

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corrbench.core import plugins
from corrbench.core.dataset import Dataset
from corrbench_methods.resnet_parts import Layer, Padding, Pool
from corrbench_methods.trunk import Trunk


def random_resnet18(
    seed: int = 0,
    *,
    layer: Layer = "layer3",
    stride: int = 8,
    padding: Padding = "zeros",
    pool: Pool = "max",
) -> Trunk:
    """A dense ResNet-18 with weights drawn from `seed` by torchvision's rule.

    Batch norms use the statistics of frames of the embedded sample, never of the evaluated video. The global
    random state is neither used nor changed.
    """
    trunk = Trunk(18, layer=layer, stride=stride, padding=padding, pool=pool, seed=seed)
    sample: Dataset = plugins.find("datasets", "sample").load()()
    calibrate(trunk, sample_frames(sample))
    # Which weights these are, in place of their bits, whose last one may differ between machines.
    origin = f"torchvision's rule, seed {seed}, calibrated on sample {sample.identity(sample.sequences).hash}"
    trunk.weights_sha256 = hashlib.sha256(origin.encode()).hexdigest()
    return trunk


def sample_frames(sample: Dataset) -> Tensor:
    """The first and the middle frame of each sequence, (T, 3, H, W) in [0, 1]."""
    videos = [sample.video(name) for name in sample.sequences]
    frames = [video.frames[index] for video in videos for index in (0, len(video) // 2)]
    return F.avg_pool2d(torch.stack(frames).float() / 255, 2)  # half size: as good, in a quarter of the time


@torch.inference_mode()
def calibrate(trunk: nn.Module, frames: Tensor) -> None:
    """Give every batch norm the mean and variance of its own input, over all frames in one batch."""
    norms = [module for module in trunk.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average over batches: of one batch, its own statistics
    trunk.train()
    trunk(frames)
    trunk.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
