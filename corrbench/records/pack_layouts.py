"""What each server wants in its archive.

Sources: the pages of the DAVIS and YouTube-VOS challenges on CodaLab (sequences at the root of the archive; sequences
in Annotations), and got-10k/toolkit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from corrbench.core.video import Video
from corrbench.records.pack_boxes import box_members, box_sequences, is_box_sequence
from corrbench.records.pack_masks import is_mask_sequence, mask_members, mask_sequences
from corrbench.records.pack_members import Member, Wanted


@dataclass(frozen=True)
class Layout:
    """The archive that one server takes."""

    task: str  # whose data set is looked up
    reader: str  # of the data set, where none is named
    holds: str  # what a folder of predictions holds
    sequences: Callable[[Path], list[str]]  # those of a folder, none where it is not one of predictions
    is_sequence: Callable[[Path], bool]  # whether a folder is that of one sequence
    members: Callable[[Path, str, str, Wanted | None], list[Member]]  # folder, stored name, name, what must be there
    wanted: Callable[[Video[Any]], Wanted]


def _masks(video: Video[Any]) -> Wanted:
    _, height, width = video.frames[0].shape
    return Wanted(video.stems, (height, width))


def _boxes(video: Video[Any]) -> Wanted:
    return Wanted(video.stems, None)


def _mask_layout(prefix: str) -> Layout:
    members = partial(mask_members, prefix)
    return Layout("davis", "davis", "one folder of PNGs a sequence", mask_sequences, is_mask_sequence, members, _masks)


LAYOUTS = {
    "davis": _mask_layout(""),
    "youtube-vos": _mask_layout("Annotations/"),
    "got10k": Layout(
        "tracking",
        "got10k",
        "SEQUENCE.txt or SEQUENCE/SEQUENCE_001.txt",
        box_sequences,
        is_box_sequence,
        box_members,
        _boxes,
    ),
}
