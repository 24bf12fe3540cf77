"""GOT-10k (Huang, Zhao and Huang, TPAMI 2019).

The layout is ROOT/val/list.txt, ROOT/val/GOT-10k_Val_000001/00000001.jpg and, in the same folder, groundtruth.txt with
a line x,y,w,h a frame, counted from 1 (github.com/got-10k/toolkit/issues/6), absence.label, cover.label and
cut_by_image.label with a number a frame. Of the test split groundtruth.txt holds the first box alone.
"""

from pathlib import Path

from corrbench.errors import DataError
from corrbench_datasets.boxes import BoxDataset, BoxSequence, check_rows, without
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.boxes_text import find_text, read_boxes, read_flags
from corrbench_datasets.davis_layout import some
from corrbench_datasets.davis_lists import read_names
from corrbench_datasets.probing import find_root, folders

_SEQUENCES = {"train": ("GOT-10k_Train_", 9335), "val": ("GOT-10k_Val_", 180), "test": ("GOT-10k_Test_", 180)}


def got10k(root: Path, *, split: str = "val") -> BoxDataset:
    """The sequences of one split, train, val or test; opening it lists folders and reads the list.

    Without list.txt, the sequences are those that the folder holds. Labels are None where the target is not seen, and
    in the test split in all frames but the first.
    DataError when there is no such split, the folder has none of its sequences, or a listed one is missing.
    """
    if split not in _SEQUENCES:
        raise DataError(f"GOT-10k has no split {split!r}; ask for {', '.join(_SEQUENCES)}")
    prefix, count = _SEQUENCES[split]
    wanted = f"folders of GOT-10k such as {split}/{prefix}000001"
    found = find_root(Path(root), lambda folder: bool(_there(folder, prefix)), wanted)
    official = [f"{prefix}{number:06d}" for number in range(1, count + 1)]
    names = _listed(found, _there(found, prefix))
    return BoxDataset("got10k", split, found, names, official, lambda name: _read(found / name, split == "test"))


def _there(root: Path, prefix: str) -> tuple[str, ...]:
    return tuple(name for name in folders(root) if name.startswith(prefix))


def _listed(root: Path, there: tuple[str, ...]) -> tuple[str, ...]:
    """The sequences of list.txt, or without one those that are there."""
    source = root / "list.txt"
    if not source.is_file():
        return there
    names = read_names(source)
    missing = sorted(set(names) - set(there))
    if missing:
        raise DataError(
            f"{source}: {len(missing)} of {len(names)} listed sequences have no folder in {root}: {some(missing)}; "
            "copy them again from the source, or list those that are there"
        )
    return names


def _read(folder: Path, only_first: bool) -> BoxSequence:
    frames = tuple(numbered_frames(folder).values())
    source = folder / "groundtruth.txt"
    boxes = read_boxes(source)
    if only_first and len(boxes) == 1:
        return BoxSequence(frames, source, boxes + (None,) * (len(frames) - 1))
    check_rows(source, boxes, frames)
    hidden = _hidden(folder)
    flags = read_flags(hidden)
    check_rows(hidden, flags, frames)
    covered = hidden.name == "cover.label"
    return BoxSequence(frames, source, without(boxes, [flag <= 0 if covered else flag for flag in flags]))


def _hidden(folder: Path) -> Path:
    """The file that says where the target is not seen: where cover.label, 0 to 8, is 0, by which the toolkit goes
    (got10k/experiments/got10k.py, report); without that file, where absence.label is 1."""
    return find_text(folder, ["cover.label", "absence.label"])[0]
