"""The protocols for object masks that run CRW's program, each value with its source.

Repositories and commits: videowalk (CRW) 047f3f40, UniTrack a83e782f, CropMAE 20e28cc2.
"""

from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule

CRW = Protocol(
    name="crw",
    task="davis",
    propagation=PropagationRule(
        stride=8,
        normalise=True,
        temperature=0.05,
        context=20,
        first_frame="unmasked",
        window="padded",
        neighbourhood="disc",
        radius=12,
        topk=10,
        topk_scope="joint",
        weighting="softmax_topk",
        memory="soft",
        precision="fp32",
    ),
    frames=FrameRule(resize="native", size=0, multiple=1),
    masks=MaskRule(
        channels="first_frame",
        label_down="bilinear",
        upsample_to="network",
        upsample="cv2",
        output_norm="none",
        resize_back="corner",
        first_output="label",
    ),
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "videowalk code/test.py and code/utils/test_utils.py",
        "propagation.temperature": "videowalk README, DAVIS command: --temperature 0.05 (the code's default is 0.07)",
        "propagation.context": "videowalk README, DAVIS command: --videoLen 20",
        "propagation.radius": "videowalk README, DAVIS command: --radius 12",
        "propagation.topk": "videowalk README, DAVIS command: --topk 10",
        "propagation.stride": "videowalk code/model.py: layer3 with stride 1",
        "propagation.window": "videowalk code/data/vos.py: frame 0 repeated before the video",
        "propagation.first_frame": "videowalk code/utils/test_utils.py: long memory is not masked; issue 2",
        "propagation.precision": FP32,
        "frames": "videowalk README, DAVIS command: --cropSize -1",
        "masks": "videowalk code/data/vos.py and code/test.py (cv2.resize of one-hot labels; argmax at network size)",
        "masks.resize_back": "videowalk code/eval/convert_davis.py (cv2 nearest)",
        **SCORING_SOURCES,
    },
)

CRW_320 = replace(
    CRW,
    name="crw-320",
    propagation=replace(CRW.propagation, temperature=0.07),
    frames=FrameRule(resize="square", size=320, multiple=1),
    sources={
        **{place: source for place, source in CRW.sources.items() if not place.startswith("propagation.")},
        "propagation": "videowalk code/utils/arguments.py test_args (the defaults), code/test.py and "
        "code/utils/test_utils.py",
        "propagation.stride": CRW.sources["propagation.stride"],
        "propagation.window": CRW.sources["propagation.window"],
        "propagation.first_frame": CRW.sources["propagation.first_frame"],
        "propagation.precision": FP32,
        "frames": "videowalk code/utils/arguments.py test_args: --cropSize 320",
        "masks.label_down": "videowalk code/data/vos.py; its colours are resized bilinearly, by a flag in the wrong "
        "place, which makes objects of colours in between: here the nearest is taken, as was meant",
    },
)

UNITRACK = replace(
    CRW,
    name="unitrack",
    propagation=replace(CRW.propagation, context=5),
    sources={
        **CRW.sources,
        "propagation": "UniTrack test/test_vos.py, which is videowalk code/test.py",
        "propagation.temperature": "UniTrack config/crw_resnet18_s3.yaml: temperature 0.05",
        "propagation.context": "UniTrack config/crw_resnet18_s3.yaml: videoLen 5",
        "propagation.radius": "UniTrack config/crw_resnet18_s3.yaml: radius 12",
        "propagation.topk": "UniTrack config/crw_resnet18_s3.yaml: topk 10",
        "propagation.stride": "UniTrack config/crw_resnet18_s3.yaml: down_factor 8, layer4 removed",
        "frames": "UniTrack config/crw_resnet18_s3.yaml: cropSize -1",
    },
)

CROPMAE = replace(
    CRW,
    name="cropmae",
    propagation=replace(CRW.propagation, stride=16, temperature=0.7, radius=20, topk=7),
    frames=FrameRule(resize="rectangle", size=480, multiple=1, width=880),
    scoring=replace(OFFICIAL_SCORING, truth_height=480, truth_width=880),
    sources={
        "propagation": "CropMAE downstreams/propagation/src/test.py, which is videowalk code/test.py",
        "propagation.stride": "CropMAE downstreams/propagation/start.py: vits16",
        "propagation.temperature": "CropMAE downstreams/propagation/start.py: temperature 0.7",
        "propagation.context": "CropMAE downstreams/propagation/start.py: video_len 20",
        "propagation.radius": "CropMAE downstreams/propagation/start.py: radius 20",
        "propagation.topk": "CropMAE downstreams/propagation/start.py: topk 7",
        "propagation.window": "CropMAE downstreams/propagation/src/data/vos.py: frame 0 repeated before the video",
        "propagation.first_frame": "CropMAE downstreams/propagation/start.py: long_mem 0, which is not masked",
        "propagation.precision": FP32,
        "frames": "CropMAE downstreams/propagation/start.py: DAVIS_480_880, crop_size 480 880",
        "masks": "CropMAE downstreams/propagation/src/data/vos.py and src/test.py",
        "masks.resize_back": "CropMAE downstreams/propagation/src/eval/convert_davis.py",
        **SCORING_SOURCES,
        "scoring.truth_height": "CropMAE downstreams/propagation/start.py: annotations of DAVIS_480_880, a copy that "
        "is not public (issues 14 and 15); nearest by cell centre is assumed",
        "scoring.truth_width": "CropMAE downstreams/propagation/start.py: annotations of DAVIS_480_880",
    },
)
