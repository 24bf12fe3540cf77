"""UVC as a training recipe: two phases, one affinity, colours, concentration, and what deployment has to know."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench_methods.colour import colours
from corrbench_methods.pyramid import Pyramid
from corrbench_methods.uvc.feed import Pairs
from corrbench_methods.uvc.localisation import box_around, cut_out, expected_middle
from corrbench_methods.uvc.matching import (
    carried,
    cell_colours,
    colour_losses,
    concentration,
    similarities,
    without_misfits,
)
from corrbench_methods.uvc.settings import STRIDE, Settings

_STRIDES = (1, 2, 1, 1)  # of layer1 to layer4, after a pool: stride 8


@dataclass(frozen=True)
class Phase:
    """What a step does."""

    localise: bool  # find the crop in the whole query frame, in place of comparing two crops
    strict: bool  # leave out pairs that do not match
    concentrate: bool


def phase_of(step: int, steps: int, settings: Settings) -> Phase:
    """The phase of a step, from 0 (UVC 7a6aa224, track_match_v1.py: train_iter)."""
    warmup = round(settings.warmup_share * steps)
    localise = step >= warmup
    done, length = (step - warmup, steps - warmup) if localise else (step, warmup)
    settled = done >= settings.settling_share * length
    return Phase(localise, strict=settled, concentrate=localise or settled)


class JointTask(Recipe):
    """Colours of a query frame, carried from a reference by an affinity of features that see lightness only."""

    def __init__(self, settings: Settings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.feeds = (Pairs(settings),)
        self.trunk = Pyramid((settings.layer,), pool="max", strides=_STRIDES, seed=seed, weights=weights)
        self.colours = colours("lightness")
        self.phase = Phase(localise=False, strict=False, concentrate=False)

    def before_step(self, step: int, steps: int) -> None:
        """Know the phase: a function of the step alone, so that nothing has to be remembered."""
        self.phase = phase_of(step, steps, self.settings)

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The loss of rebuilding each frame's colours from the other's, and of how scattered the affinity is."""
        (batch,) = batches
        settings, phase = self.settings, self.phase
        first, second = (batch["crop"], batch["whole"]) if phase.localise else batch["crops"].unbind(1)
        reference, query = self._features(first), self._features(second)  # (B, C, h, w)
        with torch.autocast(first.device.type, enabled=False):
            reference, query = reference.float(), query.float()
            scale = 1 / settings.temperature / (math.sqrt(reference.shape[1]) if settings.scaled else 1)
            given, truth = cell_colours(first), cell_colours(second)  # (B, 3, h, w)
            if phase.localise:
                query, truth = _localised(reference, query, truth, scale)
            found = similarities(reference, query, scale)  # (B, N, N)
            affinity, grid = found.softmax(1), (given.shape[2], given.shape[3])
            back = affinity.mT if settings.reverse == "transposed" else found.mT.softmax(1)
            there = colour_losses(carried(given, affinity, grid), truth)  # (B,)
            losses = there + settings.reverse_weight * colour_losses(carried(truth, back, grid), given)
            kept = without_misfits(losses, settings.threshold) if phase.strict else losses
            spread = concentration(affinity, grid, settings.window)
            spread = spread + concentration(found.mT.softmax(1), grid, settings.window)
            copied = colour_losses(given, truth).mean().clamp(min=1e-6)
            loss = kept.mean() + settings.concentration_weight * phase.concentrate * spread
        monitors = {
            "colour_loss": losses.mean(),
            "concentration_loss": spread,
            "share_above_threshold": (losses > settings.threshold).float().mean(),
            "localising": loss.new_tensor(float(phase.localise)),
            "reconstruction_ratio_8": there.mean() / copied,  # below 1: better than no motion
        }
        return Outcome(loss, {name: value.detach() for name, value in monitors.items()})

    def trunk_weights(self) -> dict[str, Tensor]:
        """Weights and statistics of the trunk up to the layer whose features are compared."""
        return self.trunk.torchvision_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """Lightness, at stride 8; layer3, as CRW evaluates it, though UVC itself tests with layer4."""
        return {"colour": "lightness", "pool": "max", "padding": "zeros", "stride": str(STRIDE), "layer": "layer3"}

    def _features(self, frames: Tensor) -> Tensor:
        with torch.autocast(frames.device.type, enabled=False):
            grey = self.colours(frames)
        (maps,) = self.trunk(grey)
        return maps  # type: ignore[no-any-return]


def _localised(reference: Tensor, query: Tensor, truth: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Features and colours (B, C or 3, h, w) of the region of a query where the reference is expected."""
    grid, side = (query.shape[2], query.shape[3]), reference.shape[3]
    middle = expected_middle(similarities(reference, query, scale), grid)
    boxes = box_around(middle, side, grid)
    return cut_out(query, boxes, side), cut_out(truth, boxes, side)
