"""The protocols for object masks of DINO and DIFT, each value with its source.

Repositories and commits: dino 7c446df5, dift 9421eb20. Frames and masks are handled by functions of UVC's, which DINO's
program took over.
"""

from dataclasses import replace

from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.davis_uvc import UVC
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import FrameRule

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
    frames=UVC.frames,
    masks=UVC.masks,
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

DIFT_SD = Protocol(
    name="dift-sd",
    task="davis",
    propagation=replace(DINO.propagation, stride=8, temperature=0.2, context=28, radius=15, topk=15),
    frames=FrameRule(resize="short_side", size=480, multiple=32),
    masks=DINO.masks,
    scoring=OFFICIAL_SCORING,
    sources={
        "propagation": "dift eval_davis.py: arguments and label_propagation",
        "propagation.stride": "dift eval_davis.py: --up_ft_index 2 of Stable Diffusion has factor 8",
        "propagation.temperature": "dift README, DAVIS command for DIFT_sd: --temperature 0.2",
        "propagation.context": "dift README, DAVIS command for DIFT_sd: --n_last_frames 28 (eval_davis.py takes 10 "
        "for the sequence shooting, for want of memory)",
        "propagation.radius": "dift README, DAVIS command for DIFT_sd: --size_mask_neighborhood 15",
        "propagation.topk": "dift README, DAVIS command for DIFT_sd: --topk 15",
        "propagation.precision": FP32,
        "frames": "dift eval_davis.py: read_frame, short side 480, other side floored to 32",
        "masks": "dift eval_davis.py: read_seg, norm_mask, eval_video_tracking_davis",
        **SCORING_SOURCES,
    },
)

DIFT_ADM = replace(
    DIFT_SD,
    name="dift-adm",
    propagation=replace(DIFT_SD.propagation, temperature=0.1, topk=10),
    sources={
        **{place: source.replace("DIFT_sd", "DIFT_adm") for place, source in DIFT_SD.sources.items()},
        "propagation.stride": "dift eval_davis.py: --up_ft_index 7 of ADM has factor 8",
        "propagation.temperature": "dift README, DAVIS command for DIFT_adm: --temperature 0.1",
        "propagation.topk": "dift README, DAVIS command for DIFT_adm: --topk 10",
    },
)
