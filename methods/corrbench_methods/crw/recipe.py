"""The random walk as a training recipe: encoder, nodes, walk, and what deployment has to know."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench_methods.colour import Normalise
from corrbench_methods.crw.feed import Clips
from corrbench_methods.crw.settings import STRIDE, Settings
from corrbench_methods.crw.walk import affinities, palindromes, returns, transitions
from corrbench_methods.heads import linear
from corrbench_methods.pyramid import Pyramid

_STRIDES = (1, 2, 1, 1)  # of layer1 to layer4, after the max pool
# videowalk 2e410980, code/utils/augs.py
_CIFAR_MEAN, _CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)


class RandomWalk(Recipe):
    """CRW: ResNet-18 with reflect padding, a linear layer to nodes of length 1, cycles over the clip.

    The released code trains on colours less CIFAR's mean and tests on colours less ImageNet's. Here both are
    ImageNet's; `normalisation=cifar` trains as released, and deployment stays with ImageNet's, which repeats
    the mismatch.
    """

    def __init__(self, settings: Settings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.feeds = (Clips(settings),)
        cifar = settings.normalisation == "cifar"
        self.normalise = Normalise(_CIFAR_MEAN, _CIFAR_STD) if cifar else Normalise()
        self.encoder = Pyramid(
            (settings.layer,), pool="max", strides=_STRIDES, padding="reflect", seed=seed, weights=weights
        )
        self.head = linear(self.encoder.channels[0], settings.channels, torch.Generator().manual_seed(seed))

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of returning, over all palindromes; randomness is that of the items."""
        (batch,) = batches
        maps = self._maps(batch["pixels"])
        with torch.autocast(maps.device.type, enabled=False):
            nodes = F.normalize(self.head(maps.float()), dim=-1)  # (B, T, N, channels)
            affinity = affinities(nodes)  # (B, T - 1, N, N)
            onward, backward = transitions(affinity, batch["dropped"], self.settings.temperature)
            ends = palindromes(onward, backward, skip_shortest=self.settings.skip_shortest)
            loss, accuracy = returns(ends)
        count = nodes.shape[2]
        monitors = {
            "return_accuracy": accuracy,
            "return_accuracy_by_chance": accuracy.new_tensor(1 / count),
            "loss_over_uniform": loss.detach() / math.log(count),  # 1 for a walker that goes anywhere
            "affinity_max": onward.detach().amax(-1).mean(),
        }
        return Outcome(loss, monitors)

    def _maps(self, pixels: Tensor) -> Tensor:
        """Features (B, T, N, C) of each node before the head: the mean over a patch, or a cell of the frame."""
        frames = self.normalise(pixels)
        if self.settings.nodes == "patches":  # (B, T, N, 3, patch, patch)
            (maps,) = self.encoder(frames.flatten(0, 2))  # (B * T * N, C, h, w)
            means = maps.float().mean((-2, -1))  # (B * T * N, C)
            return torch.unflatten(means, 0, pixels.shape[:3])
        (maps,) = self.encoder(frames.flatten(0, 1))  # (B * T, C, h, w)
        cells = maps.flatten(2).transpose(1, 2)  # (B * T, N, C)
        return torch.unflatten(cells, 0, pixels.shape[:2])

    def trunk_weights(self) -> dict[str, Tensor]:
        """Weights and statistics of the encoder; layer4 only where it was trained."""
        return self.encoder.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """RGB with ImageNet's statistics, and layer3, whichever layer the walk was on (CRW, head depth -1)."""
        return {"colour": "rgb", "pool": "max", "padding": "reflect", "stride": str(STRIDE), "layer": "layer3"}
