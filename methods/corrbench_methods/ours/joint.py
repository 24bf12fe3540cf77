"""The control of "first spatial, then temporal": both at once, on one trunk, in each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Generator, Tensor

from corrbench.errors import SettingError
from corrbench.training.recipe import Batch, Outcome, Recipe
from corrbench_methods.ours.spatial import Spatial
from corrbench_methods.ours.spatial_settings import SpatialSettings
from corrbench_methods.ours.temporal import Temporal
from corrbench_methods.ours.temporal_settings import TemporalSettings


@dataclass(frozen=True)
class JointSettings:
    """What the two losses share; all else is as in their own stages."""

    size: int = 128  # pixels of a side, of images and of frames
    spatial_weight: float = 1.0  # of the spatial loss, beside 1 for the temporal one

    def __post_init__(self) -> None:
        if self.spatial_weight <= 0:
            raise SettingError(f"spatial_weight={self.spatial_weight} is no joint training; give more than 0")


class Joint(Recipe):
    """The spatial loss of a batch of images and the temporal loss of a batch of pairs.

    One trunk has one input, so images are seen as frames are: in Lab, without a pool. There is no teacher, as
    nothing came before that could be forgotten.
    """

    def __init__(self, settings: JointSettings, weights: Mapping[str, Tensor] | None, seed: int) -> None:
        super().__init__()
        self.settings = settings
        self.spatial = Spatial(SpatialSettings(size=settings.size, colour="lab", pool="none"), weights, seed)
        self.temporal = Temporal(TemporalSettings(size=settings.size, global_weight=0), weights, seed)
        trunk, student = self.spatial.query.trunk, self.temporal.student
        for name, _ in list(student.named_children()):
            setattr(student, name, trunk.get_submodule(name))  # the same strides: one and the same layers
        self.feeds = (*self.spatial.feeds, *self.temporal.feeds)

    def forward(self, batches: Sequence[Batch], generator: Generator) -> Outcome:
        """The weighted sum of the losses of a batch of images and a batch of pairs."""
        images, pairs = batches
        spatial, temporal = self.spatial([images], generator), self.temporal([pairs], generator)
        monitors = {
            f"{stage}_{name}": value
            for stage, outcome in (("spatial", spatial), ("temporal", temporal))
            for name, value in (("loss", outcome.loss.detach()), *outcome.monitors.items())
        }
        return Outcome(self.settings.spatial_weight * spatial.loss + temporal.loss, monitors)

    def before_step(self, step: int, steps: int) -> None:
        """What the two stages do."""
        self.spatial.before_step(step, steps)
        self.temporal.before_step(step, steps)

    def after_step(self, step: int, steps: int) -> None:
        """What the two stages do."""
        self.spatial.after_step(step, steps)
        self.temporal.after_step(step, steps)

    def trunk_weights(self) -> dict[str, Tensor]:
        """Those of the one trunk."""
        return self.spatial.trunk_weights()

    @property
    def preprocessing(self) -> Mapping[str, str]:
        """That of the temporal stage."""
        return self.temporal.preprocessing


def build_joint(settings: JointSettings, trunk: Mapping[str, Tensor] | None, seed: int) -> Recipe:
    """Both stages at once, from given weights or from scratch."""
    return Joint(settings, trunk, seed)
