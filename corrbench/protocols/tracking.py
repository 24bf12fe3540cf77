"""The protocols for box tracking: three trackers without training, each under the rules of three evaluators:
that of got10k for OTB and LaSOT, pysot's, and that of got10k for GOT-10k, which reports AO.

Repositories and commits: UniTrack a83e782f, DCFNet's numbers as UniTrack states them, videowalk (CRW) 047f3f40.
"""

from collections.abc import Mapping
from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule
from corrbench.protocols.tracking_rules import (
    GOT10K_SCORING,
    GOT10K_SOURCES,
    GOT10K_VAL_SCORING,
    GOT10K_VAL_SOURCES,
    PYSOT_SCORING,
    PYSOT_SOURCES,
    BoxScoring,
)
from corrbench.tracking.rules import DcfRule, MaskTrackerRule, XcorrRule

IMAGENET_MEAN = (0.485, 0.456, 0.406)
FP32 = "corrbench: features and similarities in float32, as the reference code computes them by default"

MASK = Protocol(
    name="mask",
    task="tracking",
    propagation=PropagationRule(
        stride=8,
        normalise=True,
        temperature=0.07,
        context=5,
        first_frame="unmasked",
        window="padded",
        neighbourhood="disc",
        radius=16,
        topk=10,
        topk_scope="joint",
        weighting="softmax_topk",
        memory="soft",
        precision="fp32",
    ),
    frames=FrameRule(resize="square", size=512, multiple=1),
    tracker=MaskTrackerRule(
        search_factor=4.0,
        border_colour=None,
        threshold=0.5,
        least_peak=0.1,
        half_side=3.0**0.5,
        size_memory=0.9,
        least_scale=0.2,
        most_scale=5.0,
    ),
    scoring=GOT10K_SCORING,
    sources={
        "propagation": "videowalk code/test.py and code/utils/test_utils.py, in coordinates of the crop",
        "propagation.stride": "videowalk code/model.py: layer3 with stride 1",
        "propagation.temperature": "videowalk code/test.py: the default of --temperature",
        "propagation.context": "corrbench: frame 0 and the last 5, as crops of older frames lie elsewhere",
        "propagation.radius": "corrbench: 16 of 64 cells, the sides of a square target",
        "propagation.topk": "videowalk code/test.py: the default of --topk",
        "propagation.precision": FP32,
        "frames": "corrbench: a search region of 512 x 512 pixels, 64 x 64 cells at stride 8",
        "tracker": "corrbench: the box of a soft mask",
        "tracker.search_factor": "corrbench: sides of 4 targets, as the 4.5 of UniTrack leave more room than is used",
        "tracker.border_colour": "SiamFC (Bertinetto et al. 2016), section 2: padded with the mean colour",
        "tracker.half_side": "corrbench: mass spread evenly over a side a has the standard deviation a / sqrt(12)",
        "tracker.least_scale": "UniTrack test/test_sot_cfnet.py min_scale_factor",
        "tracker.most_scale": "UniTrack test/test_sot_cfnet.py max_scale_factor",
        **GOT10K_SOURCES,
    },
)

_CORRELATION_PROPAGATION = replace(MASK.propagation, context=0)
_CORRELATION_SOURCES = {
    "propagation": "corrbench: nothing is propagated; of these values stride, normalise and precision count",
    "propagation.stride": "UniTrack test/test_sot_cfnet.py: downscale 8",
    "propagation.normalise": "corrbench: features of unit length, so that the regularisation means the same for all",
    "propagation.precision": FP32,
}

DCF = Protocol(
    name="dcf",
    task="tracking",
    propagation=_CORRELATION_PROPAGATION,
    frames=FrameRule(resize="square", size=520, multiple=1),
    tracker=DcfRule(
        search_factor=4.5,
        border_colour=IMAGENET_MEAN,
        scales=3,
        scale_step=1.0275,
        scale_penalty=0.985,
        least_scale=0.2,
        most_scale=5.0,
        least_pixels=4.0,
        label_sigma=0.1,
        regularisation=1e-4,
        learning_rate=0.01,
    ),
    scoring=GOT10K_SCORING,
    sources={
        **_CORRELATION_SOURCES,
        "frames": "UniTrack test/test_sot_cfnet.py: crop_sz 512 + 8",
        "tracker": "UniTrack test/test_sot_cfnet.py, class TrackerConfig",
        "tracker.search_factor": "UniTrack test/test_sot_cfnet.py: 1 + padding, 3.5",
        "tracker.border_colour": "UniTrack test/test_sot_cfnet.py: 0 around frames normalised by ImageNet's mean",
        "tracker.least_pixels": "UniTrack test/test_sot_cfnet.py: min_sz is at least 4",
        "tracker.most_scale": "UniTrack test/test_sot_cfnet.py max_scale_factor, where (H, W) bounds (w, h)",
        "tracker.label_sigma": "UniTrack test/test_sot_cfnet.py output_sigma_factor",
        **GOT10K_SOURCES,
    },
)

XCORR = Protocol(
    name="xcorr",
    task="tracking",
    propagation=_CORRELATION_PROPAGATION,
    frames=DCF.frames,
    tracker=XcorrRule(
        search_factor=4.5,
        border_colour=IMAGENET_MEAN,
        scales=3,
        scale_step=1.0275,
        scale_penalty=0.985,
        least_scale=0.2,
        most_scale=5.0,
        least_pixels=4.0,
    ),
    scoring=GOT10K_SCORING,
    sources={
        key: source.replace("test_sot_cfnet", "test_sot_siamfc")
        for key, source in DCF.sources.items()
        if key != "tracker.label_sigma"
    },
)


def _scored(protocol: Protocol, name: str, scoring: BoxScoring, found: Mapping[str, str]) -> Protocol:
    """The same tracker scored by another evaluator."""
    sources = {key: source for key, source in protocol.sources.items() if key.partition(".")[0] != "scoring"}
    return replace(protocol, name=f"{protocol.name}-{name}", scoring=scoring, sources={**sources, **found})


TRACKERS = (MASK, DCF, XCORR)
TRACKING_PROTOCOLS = (
    *TRACKERS,
    *(_scored(protocol, "pysot", PYSOT_SCORING, PYSOT_SOURCES) for protocol in TRACKERS),
    *(_scored(protocol, "got10k", GOT10K_VAL_SCORING, GOT10K_VAL_SOURCES) for protocol in TRACKERS),
)
