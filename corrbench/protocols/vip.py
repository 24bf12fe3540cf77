"""The published protocols for masks of body parts, each value with its source.

Repositories and commits: videowalk (CRW) 047f3f40, UVC 4336938d, VFS 8e055cc1, Spa-then-Temp 4c943628,
CropMAE 20e28cc2, ATEN 0c1f3a58.
"""

from dataclasses import replace

from corrbench.protocols.davis_crw import CRW as CRW_OBJECTS
from corrbench.protocols.davis_scoring import FP32
from corrbench.protocols.davis_uvc import UVC as UVC_OBJECTS
from corrbench.protocols.davis_vfs import VFS as VFS_OBJECTS
from corrbench.protocols.part_rules import PartScoring
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule

POOLED_SCORING = PartScoring(classes=20, include_first=True)
SQUARE_560 = FrameRule(resize="square", size=560, multiple=1)
CLASSES_SOURCE = "ATEN evaluate/test_parsing.py: one 20 x 20 confusion matrix over all frames, background included"

CRW_MASKS = MaskRule(
    channels="first_frame",
    label_down="bilinear",
    upsample_to="network",
    upsample="cv2",
    output_norm="none",
    resize_back="centre",
    first_output="label",
    label_resize="corner",
)

CRW = Protocol(
    name="crw",
    task="vip",
    propagation=replace(CRW_OBJECTS.propagation, context=4),
    frames=SQUARE_560,
    masks=CRW_MASKS,
    scoring=POOLED_SCORING,
    sources={
        "propagation": "videowalk code/test.py and code/utils/test_utils.py; its issue 10, VIP command",
        "propagation.stride": "videowalk code/model.py: layer3 with stride 1",
        "propagation.temperature": "videowalk issue 10, VIP command: --temperature 0.05",
        "propagation.context": "videowalk issue 10, VIP command: --videoLen 4",
        "propagation.radius": "videowalk issue 10, VIP command: --radius 12",
        "propagation.topk": "videowalk issue 10, VIP command: --topk 10",
        "propagation.window": "videowalk code/data/vos.py: frame 0 repeated before the video",
        "propagation.first_frame": "videowalk code/utils/test_utils.py: long memory is not masked; issue 2",
        "propagation.precision": FP32,
        "frames": "videowalk issue 10, VIP command: --cropSize 560; code/data/vos.py: a square whatever the ratio",
        "masks": "videowalk code/data/vos.py and code/test.py (cv2.resize of one-hot labels; argmax at network size)",
        "masks.label_resize": "videowalk code/data/vos.py asks for cv2.INTER_NEAREST, in the place of another argument",
        "masks.resize_back": "videowalk code/eval/eval_vip.py: Pillow, nearest",
        "scoring": "videowalk code/eval/eval_vip.py: all files that test.py wrote, frame 0 among them",
        "scoring.classes": CLASSES_SOURCE,
    },
)

CRW_LABEL_BILINEAR = replace(
    CRW,
    name="crw-label-bilinear",
    masks=replace(CRW_MASKS, label_resize="bilinear"),
    sources={
        **CRW.sources,
        "masks.label_resize": "videowalk code/data/vos.py as it runs: the flag is taken for `dst`, so cv2's default, "
        "bilinear, resizes the ids",
    },
)

UVC = Protocol(
    name="uvc",
    task="vip",
    propagation=replace(UVC_OBJECTS.propagation, context=1),
    frames=SQUARE_560,
    masks=UVC_OBJECTS.masks,
    scoring=POOLED_SCORING,
    sources={
        "propagation": "UVC test_mask_vip.py: transform_topk and test",
        "propagation.stride": "UVC test_mask_vip.py: labels at an eighth of the frame",
        "propagation.normalise": "UVC libs/model.py: the affinity is the product of raw features",
        "propagation.temperature": "UVC test_mask_vip.py: --temp 1",
        "propagation.context": "UVC README, VIP command: --pre_num 1 (the code's default is 7)",
        "propagation.radius": "corrbench: no neighbourhood, so that no radius is looked at",
        "propagation.topk": "UVC test_mask_vip.py: --topk 5, in each reference frame",
        "propagation.precision": FP32,
        "frames": "UVC README, VIP command: --scale_size 560 560",
        "masks": "UVC test_mask_vip.py: read_seg (Pillow nearest, to_one_hot), norm_mask and test",
        "masks.first_output": "UVC test_mask_vip.py: the label of frame 0 is copied to the predictions",
        "scoring": "UVC eval_vip.py: all files, the copied label of frame 0 among them",
        "scoring.classes": CLASSES_SOURCE,
    },
)

VFS = Protocol(
    name="vfs",
    task="vip",
    propagation=VFS_OBJECTS.propagation,
    frames=SQUARE_560,
    masks=VFS_OBJECTS.masks,
    scoring=POOLED_SCORING,
    sources={
        "propagation": "VFS mmaction/models/trackers/vanilla_tracker.py; no config for VIP is released: the test_cfg "
        "for DAVIS of configs/r18_nc_sgd_cos_100e_r2_1xNx8_k400.py",
        "propagation.stride": "VFS configs, test-time strides (1, 2, 1, 1) and out_indices 2",
        "propagation.radius": "VFS configs: neighbor_range 24 is a diameter",
        "propagation.neighbourhood": "VFS mmaction/models/common/affinity_utils.py: circle, strictly below the radius",
        "propagation.precision": FP32,
        "frames": "UVC README and videowalk issue 10: 560 x 560; VFS released no pipeline for VIP",
        "masks": "VFS mmaction/models/trackers/vanilla_tracker.py and mmaction/datasets/vip_dataset.py",
        "scoring": "VFS mmaction/datasets/vip_dataset.py: all frames, ignore_index 255",
        "scoring.classes": CLASSES_SOURCE,
    },
)

STT = Protocol(
    name="stt",
    task="vip",
    propagation=replace(VFS.propagation, neighbourhood="square", radius=16),
    frames=SQUARE_560,
    masks=VFS.masks,
    scoring=POOLED_SCORING,
    sources={
        "propagation": "Spa-then-Temp configs/test/res18_d8.py (test_cfg_vip), vcl/models/trackers/vanilla_tracker.py",
        "propagation.stride": "Spa-then-Temp configs/test/res18_d8.py: strides (1, 2, 2, 1) without pooling",
        "propagation.radius": "Spa-then-Temp configs/test/res18_d8.py: test_cfg_vip, neighbor_range 32 is a diameter",
        "propagation.first_frame": "Spa-then-Temp vcl/models/trackers/vanilla_tracker.py: with_first_neighbor masks it",
        "propagation.precision": FP32,
        "frames": "Spa-then-Temp configs/test/base_data.py: val_pipeline_vip, 560 x 560, ratio not kept",
        "masks": "Spa-then-Temp vcl/models/trackers/vanilla_tracker.py and vcl/datasets/vip_dataset.py",
        "scoring": "Spa-then-Temp vcl/datasets/vip_dataset.py: all frames, ignore_index 255",
        "scoring.classes": CLASSES_SOURCE,
    },
)

STT_D4 = replace(
    STT,
    name="stt-d4",
    propagation=replace(STT.propagation, stride=4, radius=35),
    sources={
        **{place: source.replace("res18_d8", "res18_d4") for place, source in STT.sources.items()},
        "propagation.stride": "Spa-then-Temp configs/test/res18_d4.py: strides (1, 1, 1, 1) after mean pooling",
        "propagation.radius": "Spa-then-Temp configs/test/res18_d4.py: test_cfg_vip, neighbor_range 70 is a diameter",
    },
)

CROPMAE = Protocol(
    name="cropmae",
    task="vip",
    propagation=replace(CRW.propagation, stride=16, temperature=0.7, context=20, radius=20, topk=10),
    frames=replace(SQUARE_560, size=880),
    masks=CRW_MASKS,
    scoring=POOLED_SCORING,
    sources={
        "propagation": "CropMAE downstreams/propagation/start.py: vip_prop_args; downstreams/propagation/src/test.py",
        "propagation.stride": "CropMAE downstreams/propagation/start.py: VIT_PATCH_SIZE 16",
        "propagation.precision": FP32,
        "frames": "CropMAE downstreams/propagation/start.py: crop_size 880, taken as a square as in videowalk; its "
        "src/data/vos.py scales the long side to 880 and floors the short one to a multiple of 64",
        "masks": "CropMAE downstreams/propagation/src/data/vos.py and src/test.py, as videowalk",
        "masks.label_resize": "CropMAE downstreams/propagation/src/data/vos.py: interpolation=cv2.INTER_NEAREST",
        "masks.resize_back": "CropMAE downstreams/propagation/src/eval/eval_vip.py: Pillow, nearest",
        "scoring": "CropMAE downstreams/propagation/src/eval/eval_vip.py: all files, frame 0 among them",
        "scoring.classes": CLASSES_SOURCE,
    },
)

VIP_PROTOCOLS = (STT, STT_D4, CRW, CRW_LABEL_BILINEAR, VFS, UVC, CROPMAE)
