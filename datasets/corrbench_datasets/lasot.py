"""LaSOT (Fan et al., CVPR 2019).

The layout is ROOT/airplane/airplane-1/img/00000001.jpg and, beside img, groundtruth.txt with a line x,y,w,h a frame,
counted from 1 (github.com/HengLan/LaSOT_Evaluation_Toolkit/issues/14), full_occlusion.txt and out_of_view.txt with a
flag a frame, all on one line. The level of categories may lack, as in LaSOTTesting and in pysot's layout.
"""

from pathlib import Path

from corrbench.errors import DataError
from corrbench_datasets.boxes import BoxDataset, BoxSequence, check_rows, without
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.boxes_text import read_boxes, read_flags
from corrbench_datasets.lasot_sequences import LENGTHS, TEST
from corrbench_datasets.probing import find_root, folders, is_folder

FRAMES = "img"


def lasot(root: Path, *, split: str = "test") -> BoxDataset:
    """The sequences of the test split that a folder holds; opening it lists folders and reads nothing.

    Labels are None where the target is fully occluded or out of view. DataError for another split, or when the folder
    holds no sequence of it.
    """
    if split != "test":
        raise DataError(f"LaSOT: split {split!r} is not read here; ask for test, its {len(TEST)} sequences")
    wanted = f"folders of LaSOT such as airplane/{TEST[0]}/{FRAMES} or {TEST[0]}/{FRAMES}"
    found = find_root(Path(root), lambda folder: bool(_sequences(folder)), wanted)
    there = _sequences(found)
    return BoxDataset("lasot", split, found, there, TEST, lambda name: _read(there[name], name))


def _sequences(root: Path) -> dict[str, Path]:
    """The folders of those test sequences that there are."""
    there = set(folders(root))
    places = [(name, place) for name in TEST for place in (Path(name), Path(name.rpartition("-")[0], name))]
    candidates = [(name, root / place) for name, place in places if place.parts[0] in there]
    return {name: folder for name, folder in candidates if is_folder(folder / FRAMES)}


def _read(folder: Path, name: str) -> BoxSequence:
    source = folder / "groundtruth.txt"
    frames = tuple(numbered_frames(folder / FRAMES).values())
    last = LENGTHS.get(name, len(frames))
    frames, boxes = frames[:last], read_boxes(source)[: LENGTHS.get(name)]
    check_rows(source, boxes, frames)
    for path in (folder / "full_occlusion.txt", folder / "out_of_view.txt"):
        flags = read_flags(path)[: LENGTHS.get(name)]
        check_rows(path, flags, frames)
        boxes = without(boxes, flags)
    return BoxSequence(frames, source, boxes)
