"""Which earlier frames a query frame looks at."""

from dataclasses import dataclass

from corrbench.propagation.rule import PropagationRule


@dataclass(frozen=True)
class ContextFrame:
    """One reference frame: its place in the video and whether the neighbourhood restricts it."""

    frame: int
    masked: bool


def context_frames(query: int, rule: PropagationRule) -> list[ContextFrame]:
    """The reference frames of frame `query` >= 1: frame 0, the anchor once it is past, the window from old to new.

    `padded` is videowalk 047f3f40 code/data/vos.py (frame 0 repeated before the video); `with_first` is VFS
    8e055cc1 mmaction/models/trackers/vanilla_tracker.py; `without_first` is dino 7c446df5
    eval_video_segmentation.py, whose queue never holds frame 0. The anchor is MAST a57b043c benchmark.py, where no
    frame counts twice.
    """
    window = list(range(query - 1, query - 1 - rule.span, -rule.context_step))[::-1]
    if rule.window == "padded":
        window = [max(0, index) for index in window]
    else:
        oldest = 0 if rule.window == "with_first" else 1
        window = [index for index in window if index >= oldest]
    anchors = [rule.anchor] if 0 < rule.anchor < query and rule.anchor not in window else []
    first = ContextFrame(0, rule.first_frame == "masked")
    return [first, *(ContextFrame(index, True) for index in (*anchors, *window))]
