"""The spatial stage: contrast of images, and of their cells, before any video is seen."""

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor, nn

from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench.training.seeds import mixed_seed
from corrbench_methods.colour import colours
from corrbench_methods.ours.dense import DenseTerm
from corrbench_methods.ours.encoder import Encoder, in_groups
from corrbench_methods.ours.images import ImageTerm
from corrbench_methods.ours.queue import Queue
from corrbench_methods.ours.spatial_settings import SpatialSettings
from corrbench_methods.ours.views import TwoViews


def build_spatial(settings: SpatialSettings, trunk: Mapping[str, Tensor] | None, seed: int) -> Recipe:
    """The recipe, from given weights of a trunk or from those drawn by `seed`."""
    return Spatial(settings, trunk, seed)


class Spatial(Recipe):
    """MoCo-v2, with DenseCL's term on cells: (1 - dense) * image term + dense * dense term.

    Of several processes each contrasts against the keys of its own batch, so their mean gradient is not exactly
    that of one process that has it all; the queues are the same in all.
    """

    def __init__(self, settings: SpatialSettings, trunk: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.feeds = (TwoViews(settings),)
        self.colours = colours(settings.colour)
        self.query = Encoder(settings, trunk, seed)
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        generator = Generator().manual_seed(mixed_seed(seed, "queues"))
        self.image_term = ImageTerm(settings, generator) if settings.dense < 1 else None
        self.dense_term = DenseTerm(settings, generator) if settings.dense > 0 else None

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of a batch of pairs of views."""
        (batch,) = batches
        views = batch["query"]
        in_order, shuffled = torch.arange(len(views)), torch.randperm(len(views), generator=generator)
        query = in_groups(self.query, self.colours(views), in_order, self.settings.groups)
        with torch.no_grad():
            key = in_groups(self.key, self.colours(batch["key"]), shuffled, self.settings.groups)
        terms: list[Outcome] = []
        with torch.autocast(views.device.type, enabled=False):
            query, key = _in_float32(query), _in_float32(key)
            if self.image_term is not None:
                terms.append(_weighted(1 - self.settings.dense, self.image_term(query["image"], key["image"])))
            if self.dense_term is not None:
                terms.append(_weighted(self.settings.dense, self.dense_term(query, key, batch, generator)))
        loss = torch.stack([term.loss for term in terms]).sum()
        return Outcome(loss, {name: value for term in terms for name, value in term.monitors.items()})

    def after_step(self, step: int, steps: int) -> None:
        """Move the key encoder, and take the step's keys into the queues."""
        move(self.key, self.query, self.settings.key_momentum)
        for module in self.modules():
            if isinstance(module, Queue):
                module.take_in()

    def trunk_weights(self) -> dict[str, Tensor]:
        """Those of the query encoder; without layer4 where dense=1 and dense_layer=layer3."""
        return self.query.trunk.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """As trained; layer3 at stride 8 also where it was trained at 16, as VFS deploys a stock network."""
        settings = self.settings
        return {
            "colour": settings.colour,
            "pool": settings.pool,
            "padding": settings.padding,
            "stride": "8",
            "layer": "layer3",
        }


@torch.no_grad()
def move(key: nn.Module, query: nn.Module, momentum: float) -> None:
    """Let each parameter of `key` become momentum * its own + (1 - momentum) * that of `query`.

    He et al., CVPR 2020, eq. 2. Statistics of batch norm are left to the key encoder's own batches.
    """
    for mean, newest in zip(key.parameters(), query.parameters(), strict=True):
        mean.mul_(momentum).add_(newest, alpha=1 - momentum)


def _in_float32(seen: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.float() for name, value in seen.items()}


def _weighted(weight: float, term: Outcome) -> Outcome:
    return Outcome(weight * term.loss, term.monitors)
