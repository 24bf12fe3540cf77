"""The published protocols for object masks, the default first."""

from corrbench.protocols.davis_crw import CROPMAE, CRW, CRW_320, UNITRACK
from corrbench.protocols.davis_dino import DIFT_ADM, DIFT_SD, DINO
from corrbench.protocols.davis_mast import MAST, MAST_REF1
from corrbench.protocols.davis_scoring import FP32, OFFICIAL_SCORING, SCORING_SOURCES
from corrbench.protocols.davis_uvc import TIMECYCLE, UVC, UVC_TRACK
from corrbench.protocols.davis_vfs import STT, STT_D4, VFS, VFS_R50

__all__ = [
    "CROPMAE",
    "CRW",
    "CRW_320",
    "DAVIS_PROTOCOLS",
    "DIFT_ADM",
    "DIFT_SD",
    "DINO",
    "FP32",
    "MAST",
    "MAST_REF1",
    "OFFICIAL_SCORING",
    "SCORING_SOURCES",
    "STT",
    "STT_D4",
    "TIMECYCLE",
    "UNITRACK",
    "UVC",
    "UVC_TRACK",
    "VFS",
    "VFS_R50",
]

DAVIS_PROTOCOLS = (
    STT,
    STT_D4,
    CRW,
    CRW_320,
    UNITRACK,
    CROPMAE,
    VFS,
    VFS_R50,
    DINO,
    DIFT_SD,
    DIFT_ADM,
    UVC,
    UVC_TRACK,
    TIMECYCLE,
    MAST,
    MAST_REF1,
)
