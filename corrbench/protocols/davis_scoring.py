"""What all protocols for object masks share: the official scoring, and the sources of it.

davis2017-evaluation ac7c43fc.
"""

from corrbench.protocols.rules import SegmentationScoring

OFFICIAL_SCORING = SegmentationScoring(
    boundary_tolerance=0.008, recall_threshold=0.5, decay_bins=4, skip_first=1, skip_last=1
)
SCORING_SOURCES = {
    "scoring": "davis2017-evaluation davis2017/utils.py db_statistics, davis2017/davis.py and evaluation.py",
    "scoring.boundary_tolerance": "davis2017-evaluation davis2017/metrics.py f_measure, bound_th=0.008",
}
FP32 = "corrbench: features and similarities in float32, as the reference code computes them by default"
