"""VFS as a training recipe: SimSiam on the frames of videos (Xu and Wang, ICCV 2021, arXiv 2103.17263)."""

from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench.training.seeds import mixed_seed
from corrbench_methods.colour import colours
from corrbench_methods.pyramid import Pyramid
from corrbench_methods.vfs.head import SimSiamHead, distance, spread
from corrbench_methods.vfs.segments import Segments
from corrbench_methods.vfs.settings import Settings


class FrameSimilarity(Recipe):
    """Two clips of one video should look alike, frame by frame and as wholes: layer4, pooled, at stock strides.

    There are no negatives: what keeps all videos from becoming alike is the predictor, the gradient that is
    stopped, and batch norm, so that a batch has to hold some videos. The loss is a mean over videos; but each
    process has batch statistics of its own.
    """

    def __init__(self, settings: Settings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.feeds = (Segments(settings.frames, settings.size),)
        self.colours = colours("rgb")
        self.trunk = Pyramid(
            ("layer4",), depth=settings.depth, zero_init_last=settings.zero_init_last, seed=seed, weights=weights
        )
        self.head = SimSiamHead(self.trunk.channels[0], Generator().manual_seed(mixed_seed(seed, "heads")))

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of a batch of videos, in [0, 4]; SettingError where a clip of all is a single frame."""
        (batch,) = batches
        first, second = batch["frames"].chunk(2, dim=1)  # (B, T, 3, H, W) each
        if first.shape[0] * first.shape[1] == 1:
            raise SettingError("batch=1 with frames=2 gives batch norm one frame; give a batch of 2 or more a process")
        first_z, first_p = self._see(first)  # (B, T, C) each, with batch statistics of this clip, as in VFS
        second_z, second_p = self._see(second)
        with torch.autocast(first.device.type, enabled=False):
            loss = (distance(first_p, second_z) + distance(second_p, first_z)) / 2
            seen = spread(F.normalize(first_z.flatten(0, 1), dim=1))
        return Outcome(loss, {"spread": seen})

    def trunk_weights(self) -> dict[str, Tensor]:
        """All layers."""
        return self.trunk.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """RGB with ImageNet's statistics, and layer3, made dense for use only (VFS, test_cfg: strides 1, 2, 1, 1)."""
        return {"colour": "rgb", "pool": "max", "padding": "zeros", "stride": "8", "layer": "layer3"}

    def _see(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """z and p, (B, T, C) in float32, of clips (B, T, 3, H, W)."""
        (maps,) = self.trunk(self.colours(clips.flatten(0, 1)))  # (B * T, C, h, w)
        z, p = self.head(maps.mean(dim=(2, 3)))  # (B * T, C)
        return z.float().unflatten(0, clips.shape[:2]), p.float().unflatten(0, clips.shape[:2])
