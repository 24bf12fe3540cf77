"""The tracker of a rule."""

from corrbench.propagation.chunks import Chunks
from corrbench.propagation.rule import PropagationRule
from corrbench.tracking.dcf import DcfTracker
from corrbench.tracking.mask import MaskTracker
from corrbench.tracking.rectangles import Rectangle
from corrbench.tracking.rules import DcfRule, MaskTrackerRule, TrackerRule
from corrbench.tracking.tracker import Look, Tracker
from corrbench.tracking.xcorr import XcorrTracker


def start_tracker(
    box: Rectangle,
    frame: tuple[int, int],
    look: Look,
    rule: TrackerRule,
    propagation: PropagationRule,
    stride: int,
    chunks: Chunks | None = None,
) -> Tracker:
    """The tracker that the rule asks for, started in a frame of size (H, W) that `look` shows.

    Of the propagation rule, the correlation trackers follow `normalise` alone. `stride` is that of the features.
    """
    if isinstance(rule, MaskTrackerRule):
        return MaskTracker(box, look, rule, propagation, stride, chunks)
    if isinstance(rule, DcfRule):
        return DcfTracker(box, look, rule, frame, propagation.normalise)
    return XcorrTracker(box, look, rule, frame, propagation.normalise)
