"""The scoring rules of box tracking: the two evaluators that papers use, each value with its source.

Repositories and commits: got-10k toolkit 956e7286, pysot d04028f8.
"""

from dataclasses import dataclass, replace
from typing import Literal

from corrbench.metrics.box_curves import BoxRule


@dataclass(frozen=True)
class BoxScoring(BoxRule):
    """The rule of an evaluator, and what becomes of a file that has fewer boxes than there are frames.

    got10k cuts the frames that are missing, pysot stops with an index error, pytracking fills up with zeros: numbers
    that do not compare. corrbench refuses the file, or on demand (`lost`) counts each missing frame as missed.
    """

    missing_rows: Literal["refused", "lost"] = "refused"


GOT10K_SCORING = BoxScoring(
    first_box="truth",
    missing_truth="left_out",
    outside_centre="measured",
    overlap_epsilon=2.0**-52,
    least_side=1.0,
    divide_centres=False,
    success_thresholds=tuple(i * 0.05 for i in range(21)),
    success_rate_at=0.5,
    precision_thresholds=(20.0,),
    normalised_thresholds=tuple(i * 0.01 for i in range(51)),
)
GOT10K_SOURCES = {
    "scoring": "got-10k toolkit got10k/experiments/otb.py",
    "scoring.missing_truth": "got-10k toolkit got10k/experiments/lasot.py: rows with NaN are dropped",
    "scoring.overlap_epsilon": "got-10k toolkit got10k/utils/metrics.py rect_iou: numpy's eps",
    "scoring.least_side": "got-10k toolkit got10k/utils/metrics.py normalized_center_error",
    "scoring.normalised_thresholds": "got-10k toolkit got10k/experiments/lasot.py: the mean of the curve from 0 to .5",
    "scoring.missing_rows": "corrbench: a file that is too short is an error",
}

PYSOT_SCORING = BoxScoring(
    first_box="predicted",
    missing_truth="missed",
    outside_centre="hit",
    overlap_epsilon=0.0,
    least_side=1e-16,
    divide_centres=True,
    success_thresholds=GOT10K_SCORING.success_thresholds,
    success_rate_at=0.5,
    precision_thresholds=(20.0,),
    normalised_thresholds=(0.2,),
)
PYSOT_SOURCES = {
    "scoring": "pysot toolkit/evaluation/ope_benchmark.py and toolkit/utils/statistics.py",
    "scoring.success_rate_at": "corrbench: pysot reports none; read from its curve",
    "scoring.normalised_thresholds": "pysot toolkit/evaluation/ope_benchmark.py: the curve at index 20 of .00, .01, …",
    "scoring.missing_rows": "corrbench: a file that is too short is an error",
}

GOT10K_VAL_SCORING = replace(GOT10K_SCORING, first_box="left_out", pooled=True)
GOT10K_VAL_SOURCES = {
    **GOT10K_SOURCES,
    "scoring": "got-10k toolkit got10k/experiments/got10k.py report; what it does not report is that of OTB",
    "scoring.first_box": "got-10k toolkit got10k/experiments/got10k.py report: boxes from the second frame on",
    "scoring.missing_truth": "got-10k toolkit got10k/experiments/got10k.py report: frames whose cover is above 0",
    "scoring.pooled": "got-10k toolkit got10k/experiments/got10k.py report: overlaps of all sequences joined; "
    "got10k/utils/metrics.py rect_iou with the resolution as bound",
}
