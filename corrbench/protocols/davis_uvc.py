"""The protocols for object masks whose softmax runs over a whole reference frame, each value with its source.

Repositories and commits: UVC 4336938d (c448a268 where boxes follow the objects), TimeCycle 16d33ac0. The best cells
keep the weight they have in that softmax: labels lose mass from frame to frame, until each channel is stretched to
[0, 1].
"""

from dataclasses import replace

from corrbench.propagation.regions import RegionRule
from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule

UVC = Protocol(
    name="uvc",
    task="davis",
    propagation=PropagationRule(
        stride=8,
        normalise=False,
        temperature=1.0,
        context=7,
        first_frame="unmasked",
        window="without_first",
        neighbourhood="everywhere",
        radius=1,
        topk=5,
        topk_scope="per_frame",
        weighting="softmax_all",
        memory="soft",
        precision="fp32",
    ),
    frames=FrameRule(resize="short_side", size=480, multiple=64),
    masks=MaskRule(
        channels="grid",
        label_down="centre",
        upsample_to="network",
        upsample="torch",
        output_norm="minmax",
        resize_back="centre",
        first_output="truth",
    ),
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "UVC test.py: arguments, forward and test; libs/test_utils.py transform_topk",
        "propagation.stride": "UVC libs/model.py: layer3 and layer4 with stride 1",
        "propagation.normalise": "UVC libs/model.py: the dot product of layer4 as it is",
        "propagation.temperature": "UVC test.py: --temp 1, which multiplies",
        "propagation.context": "UVC test.py: --pre_num 7",
        "propagation.radius": "not used: cells everywhere are looked at",
        "propagation.topk": "UVC test.py: --topk 5",
        "propagation.precision": FP32,
        "frames": "UVC libs/test_utils.py read_frame: short side 480, other side floored to 64",
        "masks": "UVC libs/test_utils.py read_seg; libs/utils.py norm_mask; test.py",
        **SCORING_SOURCES,
    },
)

UVC_TRACK = replace(
    UVC,
    name="uvc-track",
    regions=RegionRule(
        first_margin=0.6,
        expected_margin=1.0,
        expected_bandwidth=5,
        predicted_margin=0.6,
        predicted_bandwidth=20,
        kernel=4,
        still=0.1,
        half_side=2,
        new_share=0.1,
        least_mass=3,
        least_side=3,
    ),
    sources={
        **UVC.sources,
        "propagation": "UVC test_with_track.py: arguments, recoginition and test; libs/test_utils.py transform_topk",
        "propagation.temperature": "UVC test_with_track.py: --temp 1, which multiplies",
        "propagation.context": "UVC test_with_track.py: --pre_num 7",
        "propagation.topk": "UVC test_with_track.py: --topk 5",
        "masks": "UVC libs/test_utils.py read_seg; libs/vis_utils.py norm_mask; test_with_track.py",
        "regions": "UVC libs/track_utils.py: coords2bbox_scale and mean_shift_center",
        "regions.first_margin": "UVC test_with_track.py: seg2bbox of the mask at full size, margin 0.6",
        "regions.expected_margin": "UVC libs/track_utils.py bbox_in_tar_scale: margin 1",
        "regions.expected_bandwidth": "UVC libs/track_utils.py bbox_in_tar_scale: bandwidth 5",
        "regions.predicted_margin": "UVC libs/track_utils.py seg2bbox_v2: margin 0.6",
        "regions.predicted_bandwidth": "UVC libs/track_utils.py seg2bbox_v2: bandwidth 20",
        "regions.new_share": "UVC test_with_track.py: adjust_bbox, a = 0.1",
        "regions.least_mass": "UVC test_with_track.py: disappear",
        "regions.least_side": "UVC test_with_track.py: disappear",
    },
)

TIMECYCLE = Protocol(
    name="timecycle",
    task="davis",
    propagation=replace(UVC.propagation, normalise=True, temperature=512**-0.5, window="padded", memory="minmax"),
    frames=FrameRule(resize="square", size=320, multiple=1),
    masks=MaskRule(
        channels="first_frame",
        label_down="bilinear",
        upsample_to="network",
        upsample="cv2",
        output_norm="grid",
        resize_back="corner",
        first_output="truth",
        least_pixels=12,
    ),
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "TimeCycle test_davis.py: test",
        "propagation.stride": "TimeCycle models/videos/resnet_res4s1.py: layer3 with stride 1",
        "propagation.normalise": "TimeCycle models/videos/model_test.py: forward, after the ReLU",
        "propagation.temperature": "TimeCycle models/videos/model_test.py: divided by 512 ** -0.5",
        "propagation.context": "TimeCycle test_davis.py: --videoLen 8, frame 0 among them",
        "propagation.window": "TimeCycle models/dataset/davis_test.py: frame 0 repeated before the video; the program "
        "also predicts frame 0 from its copies and looks back at that, here at its label",
        "propagation.radius": "not used: cells everywhere are looked at",
        "propagation.topk": "TimeCycle run_test.sh: --topk_vis 5 (the code's default is 20)",
        "propagation.precision": FP32,
        "frames": "TimeCycle run_test.sh: --cropSize 320, to a square",
        "masks": "TimeCycle models/dataset/davis_test.py and test_davis.py",
        "masks.resize_back": "TimeCycle preprocess/convert_davis.py (cv2 nearest)",
        "masks.least_pixels": "TimeCycle test_davis.py: a count above 10, in which a colour's first pixel is missing",
        **SCORING_SOURCES,
    },
)
