"""The protocols for object masks of MAST (a57b043c), each value with its source."""

from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule

MAST = Protocol(
    name="mast",
    task="davis",
    propagation=PropagationRule(
        stride=4,
        normalise=False,
        temperature=1.0,
        context=3,
        first_frame="masked",
        window="without_first",
        neighbourhood="square",
        radius=12,
        topk=1,
        topk_scope="joint",
        weighting="softmax",
        memory="hard_full",
        precision="fp32",
        context_step=2,
        anchor=5,
        border="zeros",
        long_gap=15,
        long_dilation=4,
        long_labels="last",
    ),
    frames=FrameRule(resize="native", size=0, multiple=1),
    masks=MaskRule(
        channels="first_frame",
        label_down="strided",
        upsample_to="network",
        upsample="torch",
        output_norm="none",
        resize_back="corner",
        first_output="truth",
    ),
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "MAST models/colorizer.py: forward",
        "propagation.stride": "MAST models/mast.py: D = 4",
        "propagation.normalise": "MAST models/mast.py: features as the last convolution gives them",
        "propagation.context": "MAST benchmark.py, --ref 0: the frames 1, 3 and 5 before",
        "propagation.context_step": "MAST benchmark.py: mem_gap 2",
        "propagation.anchor": "MAST benchmark.py, --ref 0: the frames 0 and 5",
        "propagation.radius": "MAST models/mast.py: R = 12 when tested",
        "propagation.topk": "not used: every cell of a window keeps its weight",
        "propagation.border": "MAST models/colorizer.py: SpatialCorrelationSampler and unfold, both padded with zeros",
        "propagation.memory": "MAST benchmark.py (argmax at full size) and models/colorizer.py prep (every 4th pixel)",
        "propagation.long_gap": "MAST models/colorizer.py: dil_int 15",
        "propagation.long_dilation": "MAST models/colorizer.py: the maximum dilation rate is 4",
        "propagation.long_labels": "MAST models/colorizer.py: one variable holds the offsets of each long reference in "
        "turn, and labels of all are taken with what is left in it; own is what was meant",
        "propagation.precision": FP32,
        "frames": "MAST functional/feeder/dataset/DavisLoaderLab.py: frames as they are",
        "masks": "MAST benchmark.py and models/colorizer.py prep; up to 6 objects there, any number here",
        "masks.resize_back": "not used: frames keep their size",
        **SCORING_SOURCES,
        "scoring": "davis2017-evaluation davis2017/utils.py db_statistics, davis2017/davis.py and evaluation.py; not "
        "MAST benchmark.py, whose own means are over frames and include the last one",
    },
)

MAST_REF1 = replace(
    MAST,
    name="mast-ref1",
    propagation=replace(MAST.propagation, anchor=0),
    sources={
        **{place: source for place, source in MAST.sources.items() if place != "propagation.anchor"},
        "propagation.context": "MAST benchmark.py, --ref 1: frame 0 and the frames 1, 3 and 5 before",
    },
)
