"""The rule by which labels are carried through a video: all that can change a soft label, and nothing else."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from corrbench.errors import SettingError

Precision = Literal["fp32", "tf32", "fp16+rescore", "bf16", "fp16"]
# fp32: exact. tf32: products of features and similarities in TF32, where the device has it. fp16+rescore: candidates
# found with keys rounded to half precision, more than k, and ranked again in float32: ties apart what fp32 gives.
# bf16, fp16: features in autocast, and similarities of keys rounded to that precision, added up in float32.
PRECISIONS: tuple[str, ...] = get_args(Precision)


@dataclass(frozen=True)
class PropagationRule:
    """Which earlier cells a query cell looks at, and how it weighs them."""

    stride: int  # pixels per cell for which `radius` is stated
    normalise: bool  # features are L2-normalised over channels
    temperature: float  # similarities are divided by it
    context: int  # how many frames just before the query are looked at
    first_frame: Literal["masked", "unmasked"]  # whether the neighbourhood restricts frame 0 too
    window: Literal["padded", "with_first", "without_first"]
    # Frame 0 always is a context of its own. The window of earlier frames starts with copies of frame 0 until it is
    # full (padded), holds frame 0 while that is recent (with_first), or never holds it (without_first).
    neighbourhood: Literal["disc", "square", "everywhere"]  # disc: distance < radius; square: each axis <= radius
    radius: int  # cells at `stride`
    topk: int
    topk_scope: Literal["joint", "per_frame"]  # one choice over all contexts, or one in each, then their mean
    weighting: Literal["softmax_topk", "softmax_topk_ties", "softmax_all", "softmax"]
    # Softmax over the k best; over these and all that tie with the k-th; over all candidates, of which the k best are
    # kept with the weight they have (no renormalisation); or over all candidates, all of which are kept.
    memory: Literal["soft", "minmax", "hard", "hard_full"]
    # What of a prediction later frames see: itself; each channel stretched to [0, 1]; its one-hot argmax; or that at
    # the size of the frames, of which each cell takes the pixel in its corner.
    precision: Precision
    context_step: int = 1  # the window holds the frames 1, 1 + step, 1 + 2 * step ... before the query
    anchor: int = 0  # a frame beside frame 0 that is always looked at once it is past; 0: none
    border: Literal["cut", "zeros"] = "cut"  # cells outside the frame: none, or with similarity 0, label 0 and a weight
    long_gap: int = 0  # references further back are searched coarsely first, then around what was found; 0: none are
    long_dilation: int = 1  # cells apart are looked at by a coarse search, that many at most: gap // long_gap + 1
    long_labels: Literal["own", "last"] = "own"  # carried from where their own search led, or that of the last of them

    def __post_init__(self) -> None:
        leasts = {"stride": 1, "context": 0, "radius": 1, "topk": 1, "context_step": 1, "anchor": 0}
        leasts |= {"long_gap": 0, "long_dilation": 1}
        for field, least in leasts.items():
            if getattr(self, field) < least:
                raise SettingError(f"{field}={getattr(self, field)} does not fit: it has to be at least {least}")
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise SettingError(f"temperature={self.temperature} does not fit: it has to be above 0")
        if self.weighting == "softmax":
            self._check_whole_windows()
        elif self.border != "cut" or self.long_gap:
            raise SettingError(f"border={self.border}, long_gap={self.long_gap}: they need weighting=softmax")

    def _check_whole_windows(self) -> None:
        wanted = {"neighbourhood": "square", "topk_scope": "joint", "first_frame": "masked"}
        for field, value in wanted.items():
            if getattr(self, field) != value:
                raise SettingError(f"{field}={getattr(self, field)} does not fit: weighting=softmax needs {value}")
        if self.long_gap and self.border == "cut":
            raise SettingError(f"border=cut does not fit: long_gap={self.long_gap} needs zeros")

    @property
    def span(self) -> int:
        """How many frames before the query have to be kept for its window."""
        return self.context_step * (self.context - 1) + 1 if self.context else 0

    def radius_at(self, stride: int) -> int:
        """The radius in cells of a grid of another stride, rounded to the nearest cell and at least 1."""
        return max(1, math.floor(self.radius * self.stride / stride + 0.5))
