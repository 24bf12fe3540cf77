"""How points that are asked for in one frame of a video are followed through the others, and how that is scored."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError
from corrbench.metrics.tap import QueryMode

TRACK_DISTANCES = (1.0, 2.0, 4.0, 8.0, 16.0)  # pixels of the raster: tapnet c2cbab81 compute_tapvid_metrics


@dataclass(frozen=True)
class QueryRule:
    """How a point is followed, and when it is said to be hidden."""

    follow: Literal["labels", "correlation"]
    # labels: soft labels are carried from frame to frame. correlation: every frame by itself is compared with the
    # feature at the query; of the propagation, stride, topk, temperature and precision count.
    occlusion_threshold: float
    # A point is said to be occluded where the cosine of the feature under it with that of the query is below this share
    # of the cosine at the query.

    def __post_init__(self) -> None:
        if not math.isfinite(self.occlusion_threshold):
            raise SettingError(f"occlusion_threshold={self.occlusion_threshold} does not fit: it has to be finite")


@dataclass(frozen=True)
class TrackScoring:
    """Which points are asked for, and the size at which distances are measured."""

    query_mode: QueryMode
    # first: each point once, in the first frame that shows it, and scored in the frames after that. strided: in each of
    # every so many frames that shows it, and scored in all others, those before among them.
    query_step: int  # frames from one that is asked in to the next, where strided
    raster: int  # pixels of the sides of the square that positions are brought to

    def __post_init__(self) -> None:
        for key in ("query_step", "raster"):
            if getattr(self, key) < 1:
                raise SettingError(f"{key}={getattr(self, key)} does not fit: it has to be at least 1")
