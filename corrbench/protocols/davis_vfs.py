"""The protocols for object masks of VFS and Spa-then-Temp, each value with its source.

Repositories and commits: VFS 8e055cc1, Spa-then-Temp 4c943628.
"""

from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule, MaskRule

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

VFS_R50 = replace(
    VFS,
    name="vfs-r50",
    propagation=replace(VFS.propagation, radius=18),
    sources={
        **VFS.sources,
        "propagation": "VFS configs/r50_nc_sgd_cos_100e_r5_1xNx2_k400.py (test_cfg) and "
        "mmaction/models/trackers/vanilla_tracker.py",
        "propagation.radius": "VFS configs/r50_nc_sgd_cos_100e_r5_1xNx2_k400.py: neighbor_range 36 is a diameter",
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
