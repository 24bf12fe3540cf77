"""The published protocols for object masks, each value with its source.

Repositories and commits: videowalk (CRW) 047f3f40, VFS 8e055cc1, Spa-then-Temp 4c943628, dino 7c446df5,
davis2017-evaluation ac7c43fc.
"""

from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule, SegmentationScoring

OFFICIAL_SCORING = SegmentationScoring(
    boundary_tolerance=0.008, recall_threshold=0.5, decay_bins=4, skip_first=1, skip_last=1
)
SCORING_SOURCES = {
    "scoring": "davis2017-evaluation davis2017/utils.py db_statistics, davis2017/davis.py and evaluation.py",
    "scoring.boundary_tolerance": "davis2017-evaluation davis2017/metrics.py f_measure, bound_th=0.008",
}
FP32 = "corrbench: features and similarities in float32, as the reference code computes them by default"

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

VFS = Protocol(
    name="vfs",
    task="davis",
    propagation=PropagationRule(
        stride=8,
        normalise=True,
        temperature=0.07,
        context=20,
        first_frame="masked",
        window="with_first",
        neighbourhood="disc",
        radius=12,
        topk=10,
        topk_scope="joint",
        weighting="softmax_topk",
        memory="soft",
        precision="fp32",
    ),
    frames=FrameRule(resize="short_side", size=480, multiple=1),
    masks=MaskRule(
        channels="grid",
        label_down="centre",
        upsample_to="original",
        upsample="torch",
        output_norm="minmax",
        resize_back="centre",
        first_output="truth",
    ),
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "VFS configs/r18_nc_sgd_cos_100e_r2_1xNx8_k400.py (test_cfg) and "
        "mmaction/models/trackers/vanilla_tracker.py",
        "propagation.stride": "VFS configs, test-time strides (1, 2, 1, 1) and out_indices 2",
        "propagation.radius": "VFS configs: neighbor_range 24 is a diameter",
        "propagation.neighbourhood": "VFS mmaction/models/common/affinity_utils.py: circle, strictly below the radius",
        "propagation.precision": FP32,
        "frames": "VFS configs, DAVIS test pipeline: short side 480, ratio kept",
        "masks": "VFS mmaction/models/trackers/vanilla_tracker.py and mmaction/datasets/davis_dataset.py",
        **SCORING_SOURCES,
    },
)

STT = Protocol(
    name="stt",
    task="davis",
    propagation=replace(VFS.propagation, neighbourhood="square"),
    frames=VFS.frames,
    masks=VFS.masks,
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "Spa-then-Temp configs/test/res18_d8.py (test_cfg) and vcl/models/trackers/vanilla_tracker.py",
        "propagation.stride": "Spa-then-Temp configs/test/res18_d8.py: strides (1, 2, 2, 1) without pooling",
        "propagation.radius": "Spa-then-Temp configs/test/res18_d8.py: neighbor_range 24 is a diameter",
        "propagation.first_frame": "Spa-then-Temp vcl/models/trackers/vanilla_tracker.py: with_first_neighbor masks it",
        "propagation.precision": FP32,
        "frames": "Spa-then-Temp configs/test/base_data.py: short side 480, ratio kept",
        "masks": "Spa-then-Temp vcl/models/trackers/vanilla_tracker.py and vcl/datasets/vos_davis_dataset.py",
        **SCORING_SOURCES,
    },
)

STT_D4 = replace(
    STT,
    name="stt-d4",
    propagation=replace(STT.propagation, stride=4, radius=35),
    sources={
        **{place: source.replace("res18_d8", "res18_d4") for place, source in STT.sources.items()},
        "propagation.stride": "Spa-then-Temp configs/test/res18_d4.py: strides (1, 1, 1, 1) after mean pooling",
        "propagation.radius": "Spa-then-Temp configs/test/res18_d4.py: neighbor_range 70 is a diameter",
    },
)

DINO = Protocol(
    name="dino",
    task="davis",
    propagation=PropagationRule(
        stride=16,
        normalise=True,
        temperature=0.1,
        context=7,
        first_frame="masked",
        window="without_first",
        neighbourhood="square",
        radius=12,
        topk=5,
        topk_scope="joint",
        weighting="softmax_topk_ties",
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
        "propagation": "dino eval_video_segmentation.py: arguments and label_propagation",
        "propagation.stride": "dino eval_video_segmentation.py: ViT-S/16, --patch_size 16",
        "propagation.temperature": "dino eval_video_segmentation.py: exp(similarity / 0.1)",
        "propagation.context": "dino eval_video_segmentation.py: --n_last_frames 7",
        "propagation.radius": "dino eval_video_segmentation.py: --size_mask_neighborhood 12",
        "propagation.topk": "dino eval_video_segmentation.py: --topk 5",
        "propagation.precision": FP32,
        "frames": "dino eval_video_segmentation.py: read_frame, short side 480, other side floored to 64",
        "masks": "dino eval_video_segmentation.py: read_seg, norm_mask, eval_video_tracking_davis",
        **SCORING_SOURCES,
    },
)

DAVIS_PROTOCOLS = (STT, STT_D4, CRW, VFS, DINO)
