"""The protocols for points with occlusion (TAP-Vid): two ways to follow a point, each with two ways to ask for it.

Repositories and commits: tapnet c2cbab81, Spa-then-Temp 4c943628.
"""

from dataclasses import replace

from corrbench.protocols.davis_vfs import STT as STT_MASKS
from corrbench.protocols.jhmdb import ON_PIXELS
from corrbench.protocols.jhmdb import STT as STT_JOINTS
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.query_rules import QueryRule, TrackScoring
from corrbench.protocols.rules import FrameRule

RASTER = 256
ENLARGED = FrameRule(resize="square", size=512, multiple=1, shrink=RASTER)
FIRST = TrackScoring(query_mode="first", query_step=5, raster=RASTER)
STRIDED = replace(FIRST, query_mode="strided")

_COMMON_SOURCES = {
    "frames": "corrbench: the video of 256 x 256 pixels that is scored, enlarged so that stride 8 gives 64 x 64 cells",
    "frames.shrink": "tapnet tapnet/tapvid/evaluation_datasets.py resize_video: 256 x 256 by mediapy, Pillow's Lanczos",
    "queries.occlusion_threshold": "corrbench: 0.6 of the cosine at the query",
    "scoring": "tapnet tapnet/tapvid/evaluation_datasets.py compute_tapvid_metrics, sample_queries_first",
    "scoring.query_step": "tapnet tapnet/tapvid/evaluation_datasets.py sample_queries_strided: query_stride 5",
    "scoring.raster": "tapnet tapnet/tapvid/evaluation_datasets.py: metrics of the paper are relative to 256 x 256",
}

STT = Protocol(
    name="stt",
    task="tapvid",
    propagation=STT_MASKS.propagation,
    frames=ENLARGED,
    points=ON_PIXELS,
    queries=QueryRule(follow="labels", occlusion_threshold=0.6),
    scoring=FIRST,
    sources={
        **{place: source for place, source in STT_MASKS.sources.items() if place.startswith("propagation")},
        "points": STT_JOINTS.sources["points"],
        "points.drawn": "corrbench: without effect, as a point is asked for where it is visible",
        "points.coordinates": STT_JOINTS.sources["points.coordinates"],
        "queries.follow": "corrbench: the labels of Spa-then-Temp's joints, for points of any kind",
        **_COMMON_SOURCES,
    },
)

CORRELATION = Protocol(
    name="correlation",
    task="tapvid",
    propagation=replace(
        STT_MASKS.propagation,
        context=0,
        first_frame="unmasked",
        window="without_first",
        neighbourhood="everywhere",
        radius=1,
        topk=5,
    ),
    frames=ENLARGED,
    queries=QueryRule(follow="correlation", occlusion_threshold=0.6),
    scoring=FIRST,
    sources={
        "propagation": "corrbench: nothing is propagated; of this, stride, topk, temperature and precision count",
        "propagation.stride": "corrbench: that of Spa-then-Temp's d8, 64 x 64 cells",
        "propagation.topk": "corrbench: the cells that are averaged, as many as Spa-then-Temp reads a joint from",
        "propagation.temperature": STT_MASKS.source("propagation", "temperature"),
        "propagation.precision": STT_MASKS.source("propagation", "precision"),
        "queries.follow": "TAP-Vid (Doersch et al. 2022), as its baselines are asked: each query by itself",
        **_COMMON_SOURCES,
    },
)


def _strided(protocol: Protocol) -> Protocol:
    """The same with queries in every fifth frame, which are also followed backwards."""
    return replace(protocol, name=f"{protocol.name}-strided", scoring=STRIDED)


TAPVID_PROTOCOLS = (STT, CORRELATION, _strided(STT), _strided(CORRELATION))
