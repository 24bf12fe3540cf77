"""How often the nearest feature of the next frame lies where the pixel has gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.flow import Flow
from corrbench.core.video import Video
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.features import feature_maps

NEAR = 8.0  # pixels: an error up to this is a hit, at whatever stride
SLOW = NEAR  # pixels: up to here a feature that knows nothing but its own place hits all, and beyond it none
FAST = 16.0  # pixels


@dataclass(frozen=True)
class Hits:
    """Cells counted by what their surface does; `shares` is what is quoted."""

    near: Mapping[str, int]
    total: Mapping[str, int]

    @property
    def shares(self) -> dict[str, float | None]:
        """The share of hits by group, in [0, 1]; None for a group without a cell."""
        return {name: self.near[name] / count if count else None for name, count in self.total.items()}

    def __add__(self, other: "Hits") -> "Hits":
        return Hits(
            {name: count + other.near[name] for name, count in self.near.items()},
            {name: count + other.total[name] for name, count in self.total.items()},
        )


GROUPS = ("visible", "hidden", "still", "slow", "fast")  # the last three of visible surfaces only


def correspondence(extractor: FeatureExtractor, video: Video[Flow | None], device: torch.device) -> Hits:
    """Hits over all pairs of neighbouring frames of a video at its own size.

    A cell of a frame is taken at its centre, and found again at the centre of the cell with the greatest cosine
    anywhere in the next frame. `hidden` are surfaces that the next frame does not show: what is asked of them is where
    they would be. Surfaces that leave the frame are not counted.
    """
    hits = Hits(dict.fromkeys(GROUPS, 0), dict.fromkeys(GROUPS, 0))
    height, width = video.frames[0].shape[-2:]
    maps = feature_maps(extractor, video.frames, (height, width), "fp32", device, StageClock(device))
    for index, (query, reference) in enumerate(pairwise(maps)):
        flow = video.labels[index]
        if flow is not None:
            hits = hits + pair_hits(query.to(torch.float32), reference.to(torch.float32), flow)
    return hits


def pair_hits(query: Tensor, reference: Tensor, flow: Flow) -> Hits:
    """Hits of features (C, h, w) of a frame among those, (C, h, w), of the next."""
    _, rows, columns = query.shape
    height, width = flow.visible.shape
    scale = torch.tensor([width / columns, height / rows], device=query.device)
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    centres = torch.stack([x, y], -1).reshape(-1, 2).to(query.device)  # (N, 2)
    places = (centres + 0.5) * scale - 0.5  # (N, 2) pixels
    pixel = places.round().long()
    motion = flow.motion.to(query.device)[pixel[:, 1], pixel[:, 0]]  # (N, 2)
    visible = flow.visible.to(query.device)[pixel[:, 1], pixel[:, 0]]
    goal = places + motion
    inside = (goal >= 0).all(1) & (goal[:, 0] <= width - 1) & (goal[:, 1] <= height - 1)
    best = _nearest(query.flatten(1), reference.flatten(1))
    near = (places[best] - goal).norm(dim=1) <= NEAR
    speed = motion.norm(dim=1)
    groups = {
        "visible": inside & visible,
        "hidden": inside & ~visible,
        "still": inside & visible & (speed <= SLOW),
        "slow": inside & visible & (speed > SLOW) & (speed < FAST),
        "fast": inside & visible & (speed >= FAST),
    }
    return Hits(
        {name: int((group & near).sum()) for name, group in groups.items()},
        {name: int(group.sum()) for name, group in groups.items()},
    )


def _nearest(query: Tensor, reference: Tensor, chunk: int = 1024) -> Tensor:
    """For each column of query (C, N) the column of reference (C, M) with the greatest cosine: (N,)."""
    query, reference = F.normalize(query, dim=0), F.normalize(reference, dim=0)
    return torch.cat([(part.T @ reference).argmax(1) for part in query.split(chunk, dim=1)])  # type: ignore[no-untyped-call]
