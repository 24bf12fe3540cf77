"""The Object Tracking Benchmark, OTB-2013 and OTB-2015 (Wu, Lim and Yang, CVPR 2013 and TPAMI 2015).

The layout is ROOT/SEQUENCE/img/0001.jpg and ROOT/SEQUENCE/groundtruth_rect.txt, one box x,y,w,h a line, counted from 1.
Of two targets in one video, Jogging and Skating2, each has its file, groundtruth_rect.1.txt and .2.txt. Sequences are
named as the got-10k toolkit does: Jogging.1 (pysot: Jogging-1, pytracking: Jogging_1) and Human4 (Human4-2, Human4_2).
"""

from collections.abc import Sequence
from pathlib import Path

from corrbench.errors import SettingError
from corrbench_datasets.boxes import BoxDataset, BoxSequence, check_rows
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.boxes_text import find_text, is_empty, read_boxes
from corrbench_datasets.otb_sequences import LATER_STARTS, OFFICIAL, RANGES, Target, target
from corrbench_datasets.probing import find_root, folders, is_folder

FRAMES = "img"


def otb(root: Path, *, version: int = 2015, init_omit: bool = False) -> BoxDataset:
    """The sequences of OTB that a folder holds; opening it lists folders and reads nothing.

    `version` is 2013 (51 targets in 50 videos, also called CVPR13) or 2015 (100 targets in 98 videos). `init_omit`
    leaves out the first 5 frames of Tiger1, as the Matlab benchmark and pysot do; got10k keeps them.
    SettingError when there is no such version, DataError when the folder holds no sequence of it.
    """
    if version not in OFFICIAL:
        raise SettingError(f"OTB has no version {version}; give {' or '.join(map(str, OFFICIAL))}")
    names = OFFICIAL[version]
    wanted = f"folders of OTB-{version} such as {names[0]}/{FRAMES}"
    found = find_root(Path(root), lambda folder: bool(_sequences(folder, names)), wanted)
    there = _sequences(found, names)
    return BoxDataset(f"otb{version}", "test", found, there, names, lambda name: _read(there[name], name, init_omit))


def _sequences(root: Path, names: Sequence[str]) -> dict[str, Path]:
    """The folders of those sequences that there are, in any mixture of upper and lower case."""
    spelled = {name.lower(): root / name for name in folders(root)}
    candidates = ((name, spelled.get(one)) for name in names for one in reversed(_spellings(target(name))))
    return {name: folder for name, folder in candidates if folder and is_folder(folder / FRAMES)}


def _spellings(chosen: Target) -> list[str]:
    """The names of a target's folder in lower case, the original first; pysot wants a copy of it for each target."""
    name = chosen.folder.lower()
    return [name, *(f"{name}{separator}{chosen.number}" for separator in "-._" if chosen.number)]


def _read(folder: Path, name: str, init_omit: bool) -> BoxSequence:
    source = _source(folder, target(name))
    boxes = read_boxes(source)
    frames = _frames(folder / FRAMES, name, len(boxes))
    check_rows(source, boxes, frames)
    start = LATER_STARTS.get(name, 0) if init_omit else 0
    omitted = sum(int(frame.stem) < start for frame in frames)
    return BoxSequence(frames[omitted:], source, boxes[omitted:])


def _frames(folder: Path, name: str, count: int) -> tuple[Path, ...]:
    """The frames that `count` boxes are of: all, if there are as many, else those of the official range."""
    frames = numbered_frames(folder)
    if len(frames) != count and name in RANGES:
        first, last = RANGES[name]
        frames = {number: path for number, path in frames.items() if first <= number <= last} or frames
    return tuple(frames.values())


def _source(folder: Path, chosen: Target) -> Path:
    """The text file of a target; one without number is that of the only target, or of a folder copied for one."""
    alone = chosen.alone or folder.name.lower() != chosen.folder.lower()
    names = [f"groundtruth_rect.{chosen.number}.txt"] if chosen.number else []
    there = find_text(folder, [*names, "groundtruth_rect.txt"] if alone else names)
    return next((path for path in there if not is_empty(path)), there[0])
