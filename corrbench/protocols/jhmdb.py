"""The published protocols for body joints (JHMDB), each value with its source.

Repositories and commits: videowalk (CRW) 047f3f40, UVC branch jhmdb f1b6fd92, VFS 8e055cc1, Spa-then-Temp 4c943628,
CropMAE 20e28cc2.
"""

from dataclasses import replace

from corrbench.protocols.davis_crw import CRW as CRW_MASKS
from corrbench.protocols.davis_scoring import FP32
from corrbench.protocols.davis_vfs import STT as STT_MASKS
from corrbench.protocols.davis_vfs import VFS as VFS_MASKS
from corrbench.protocols.point_rules import JointScoring
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, PointRule

SQUARE = FrameRule(resize="square", size=320, multiple=1)

CRW_SCORING = JointScoring(counted="x_not_negative", box_share=0.6, skip_first=1)
VFS_SCORING = JointScoring(counted="x_positive", box_share=0.6, skip_first=0)
STRICT_SCORING = JointScoring(counted="truth_inside", box_share=0.6, skip_first=1)

ON_CELLS = PointRule(
    drawn_at="grid",
    sigma=0.5,
    drawn="all",
    background=True,
    output_norm="none",
    readout_at="grid",
    upsample="cv2",
    readout_topk=3,
    coordinates="corner",
    first_output="label",
)
ON_PIXELS = PointRule(
    drawn_at="original",
    sigma=4,
    drawn="all",
    background=False,
    output_norm="none",
    readout_at="original",
    upsample="torch",
    readout_topk=5,
    coordinates="centre",
    first_output="drawing",
)

CRW = Protocol(
    name="crw",
    task="jhmdb",
    propagation=replace(CRW_MASKS.propagation, context=7),
    frames=SQUARE,
    points=ON_CELLS,
    scoring=CRW_SCORING,
    sources={
        "propagation": "videowalk code/test.py and code/utils/test_utils.py; settings for JHMDB: issues 10 and 45",
        "propagation.precision": FP32,
        "frames": "videowalk issues 10 and 45: --cropSize 320; code/data/jhmdb.py resizes to a square",
        "points": "videowalk code/data/jhmdb.py draw_labelmap_np; code/utils/test_utils.py process_pose",
        "points.coordinates": "videowalk code/eval/eval_pck.py: x / 40 * width",
        "points.upsample": "corrbench: without effect, as points are read from the grid",
        "scoring": "videowalk code/eval/eval_pck.py",
    },
)

UVC = Protocol(
    name="uvc",
    task="jhmdb",
    propagation=replace(
        CRW.propagation,
        normalise=False,
        temperature=1.0,
        neighbourhood="everywhere",
        topk=20,
        topk_scope="per_frame",
        weighting="softmax_all",
        memory="minmax",
    ),
    frames=SQUARE,
    points=replace(ON_CELLS, output_norm="minmax", readout_topk=5),
    scoring=CRW_SCORING,
    sources={
        "propagation": "UVC (branch jhmdb) test_jhmdb.py and libs/model.py CycleTime, without --resnet. There frame 0 "
        "is predicted too, and from frame 7 on looked back at as predicted; here it keeps its label",
        "propagation.topk": "UVC (branch jhmdb) README: --topk_vis 20",
        "propagation.radius": "corrbench: without effect, as every cell is looked at",
        "propagation.precision": FP32,
        "frames": "UVC (branch jhmdb) README: --cropSize 320; libs/jhmdb_test_dense_fix_slide.py resizes to a square",
        "points": "UVC (branch jhmdb) libs/jhmdb_test_dense_fix_slide.py and test_jhmdb.py",
        "points.coordinates": "UVC (branch jhmdb) eval_pck.py: x / 40 * width",
        "points.upsample": "corrbench: without effect, as points are read from the grid",
        "scoring": "UVC (branch jhmdb) eval_pck.py",
    },
)

VFS = Protocol(
    name="vfs",
    task="jhmdb",
    propagation=VFS_MASKS.propagation,
    frames=SQUARE,
    points=ON_PIXELS,
    scoring=VFS_SCORING,
    sources={
        **{place: source for place, source in VFS_MASKS.sources.items() if place.startswith("propagation")},
        "propagation.context": "corrbench: that of VFS on DAVIS, as VFS publishes no configuration for JHMDB",
        "propagation.radius": "corrbench: that of VFS on DAVIS, as VFS publishes no configuration for JHMDB",
        "frames": "corrbench: 320x320 as in videowalk and Spa-then-Temp, as VFS publishes no configuration for JHMDB",
        "points": "VFS mmaction/datasets/pipelines/loading.py draw_label_map; mmaction/datasets/jhmdb_dataset.py; "
        "mmaction/models/trackers/vanilla_tracker.py",
        "points.coordinates": "corrbench: without effect, as points are drawn on and read from the original frame",
        "scoring": "VFS mmaction/datasets/jhmdb_dataset.py pck_evaluate",
    },
)

STT = Protocol(
    name="stt",
    task="jhmdb",
    propagation=replace(STT_MASKS.propagation, radius=5),
    frames=SQUARE,
    points=ON_PIXELS,
    scoring=VFS_SCORING,
    sources={
        **{place: source for place, source in STT_MASKS.sources.items() if place.startswith("propagation")},
        "propagation.radius": "Spa-then-Temp configs/test/res18_d8.py, test_cfg_jhmdb: neighbor_range 10 is a diameter",
        "frames": "Spa-then-Temp configs/test/base_data.py, val_pipeline_jhmdb: 320x320, ratio not kept",
        "points": "Spa-then-Temp vcl/datasets/jhmdb_dataset.py and vcl/models/trackers/vanilla_tracker.py",
        "points.coordinates": "corrbench: without effect, as points are drawn on and read from the original frame",
        "scoring": "Spa-then-Temp vcl/datasets/jhmdb_dataset.py pck_evaluate",
    },
)

STT_D4 = replace(
    STT,
    name="stt-d4",
    propagation=replace(STT.propagation, stride=4, radius=12),
    sources={
        **{place: source.replace("res18_d8", "res18_d4") for place, source in STT.sources.items()},
        "propagation.stride": "Spa-then-Temp configs/test/res18_d4.py: strides (1, 1, 1, 1) after mean pooling",
        "propagation.radius": "Spa-then-Temp configs/test/res18_d4.py, test_cfg_jhmdb: neighbor_range 24 is a diameter",
    },
)

STRICT = replace(
    STT,
    name="strict",
    scoring=STRICT_SCORING,
    sources={
        **STT.sources,
        "scoring": "corrbench: joints count by their ground truth, so that losing one costs; frame 0 is given",
        "scoring.box_share": "UVC (branch jhmdb) eval_pck.py",
    },
)

CROPMAE = Protocol(
    name="cropmae",
    task="jhmdb",
    propagation=replace(CRW.propagation, stride=16, temperature=0.7, context=20, radius=20, topk=7),
    frames=SQUARE,
    points=replace(ON_CELLS, readout_topk=5),
    scoring=CRW_SCORING,
    sources={
        "propagation": "CropMAE downstreams/propagation/start.py, jhmdb_prop_args; src/test.py as in videowalk",
        "propagation.stride": "CropMAE downstreams/propagation/start.py: vits16",
        "propagation.precision": FP32,
        "frames": "CropMAE downstreams/propagation/start.py, jhmdb_prop_args: crop_size 320 x 320",
        "points": "CropMAE downstreams/propagation/src/data/jhmdb.py and src/utils/test_utils.py",
        "points.readout_topk": "CropMAE downstreams/propagation/src/utils/test_utils.py process_pose (not 3)",
        "points.coordinates": "CropMAE downstreams/propagation/src/eval/eval_pck.py: x / 20 * width",
        "points.upsample": "corrbench: without effect, as points are read from the grid",
        "scoring": "CropMAE downstreams/propagation/src/eval/eval_pck.py",
    },
)

JHMDB_PROTOCOLS = (STT, STT_D4, CRW, UVC, VFS, CROPMAE, STRICT)
