"""The temporal stage: a trunk without a pool that sees a pair of frames in Lab, and a frozen one that keeps it in mind
of what it knew of images."""

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Generator, Tensor

from corrbench.errors import SettingError
from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench_methods.channel_dropout import LAB, channel_dropout
from corrbench_methods.colour import colours
from corrbench_methods.ours.pairs import Pairs
from corrbench_methods.ours.temporal_loss import Pair, temporal_loss
from corrbench_methods.ours.temporal_settings import TemporalSettings
from corrbench_methods.pyramid import Pyramid, holds

_RECONSTRUCTED = {"lab": LAB, "rgb": (0, 1, 2)}  # channels, of which one is drawn


class Temporal(Recipe):
    """Reconstruction of frames at two levels, distillation between them, and from the trunk that it started from.

    Without weights to start from it is the control "temporal only", which has no teacher: SettingError where
    `global_weight` asks for one, as where the weights lack its layer.
    """

    def __init__(self, settings: TemporalSettings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.feeds = (Pairs(settings.size, settings.gaps),)
        self.colours = colours(settings.colour)
        self.student = Pyramid(
            settings.outputs,
            pool="none",
            strides=settings.student_strides,
            padding=settings.padding,
            depth=settings.depth,
            seed=seed,
            weights=weights,
        )
        self.teacher_colours = colours(settings.teacher_colour)
        self.teacher = _teacher(settings, weights) if settings.global_weight else None

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of one batch of pairs; the generator draws the channel that is reconstructed, one for all."""
        (batch,) = batches
        frames = batch["frames"]  # (B, 2, 3, H, W)
        with torch.autocast(frames.device.type, enabled=False):
            original = self.colours(frames)
            given, channel = channel_dropout(original, generator, _RECONSTRUCTED[self.settings.colour])
        if not self.settings.channel_dropout:
            given = original
        maps = self.student(given.flatten(0, 1))  # (B * 2, C, h, w), one a level
        teacher = None
        if self.teacher is not None:
            with torch.no_grad():
                (teacher,) = self.teacher(self.teacher_colours(frames).flatten(0, 1))
        with torch.autocast(frames.device.type, enabled=False):
            return temporal_loss(
                self.settings,
                [_pair(level) for level in maps],
                _pair(original[:, :, channel, None].flatten(0, 1)),  # as they were before one was hidden
                None if teacher is None else _pair(teacher),
            )

    def train(self, mode: bool = True) -> Self:
        """Training mode for the student; the teacher keeps the statistics that it was given."""
        super().train(mode)
        if self.teacher is not None:
            self.teacher.eval()
        return self

    def trunk_weights(self) -> dict[str, Tensor]:
        """Those of the student."""
        return self.student.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """As trained, apart from the channel that was hidden."""
        settings = self.settings
        fixed = {"pool": "none", "stride": "8", "layer": "layer3"}
        return {"colour": settings.colour, "padding": settings.padding} | fixed


def build_temporal(settings: TemporalSettings, trunk: Mapping[str, Tensor] | None, seed: int) -> Recipe:
    """The temporal stage from the trunk of the spatial one, or without it from scratch."""
    return Temporal(settings, trunk, seed)


def _teacher(settings: TemporalSettings, weights: Mapping[str, Tensor] | None) -> Pyramid:
    layer = settings.global_layer
    if weights is None or not holds(weights, layer):
        found = f"the weights have no {layer}" if weights else "there are no weights to start from"
        raise SettingError(
            f"global_weight={settings.global_weight} needs a teacher, and {found}; "
            f"give --init FILE of a spatial stage that trained {layer}, or global_weight=0"
        )
    teacher = Pyramid(
        (layer,),
        pool=settings.teacher_pool,
        strides=settings.teacher_strides,
        padding=settings.padding,
        depth=settings.depth,
        weights=weights,
    )
    return teacher.requires_grad_(False).eval()


def _pair(maps: Tensor) -> Pair:
    """Of maps (B * 2, C, h, w) the query's and the reference's, in float32."""
    reference, query = maps.float().view(-1, 2, *maps.shape[1:]).unbind(1)
    return query, reference
