"""Video Instance-level Parsing, VIP (Zhou et al., ACM Multimedia 2018), its finely annotated frames.

The layout is VIP_Fine/Images/videos1/000000000001.jpg, VIP_Fine/Annotations/Category_ids/videos1/000000000001.png and
VIP_Fine/lists/val_videos.txt. Annotations may also lie in Annotations itself, as Spa-then-Temp has them, or in
Category_ids beside Images, as ATEN has them. A frame is about a second later than the one before: one of 25 is
annotated, and only these are here.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from torch import Tensor

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.files import require_plain_name
from corrbench.core.images import image_size
from corrbench.core.parts import PartInstances, PartLabel
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.davis import Davis, LazyLabels
from corrbench_datasets.davis_layout import Layout, some, visible
from corrbench_datasets.davis_lists import Split
from corrbench_datasets.probing import find_root, folders, is_folder
from corrbench_datasets.sized import check_size, read_sized
from corrbench_datasets.vip_labels import read_classes, read_instances

FRAMES = "Images"
_LABELS = ("Annotations/Category_ids", "Category_ids", "Annotations")
_INSTANCES = ("Annotations/Instance_ids", "Instance_ids")
_VIDEOS = {"train": 304, "val": 50, "test": 50}  # of each split


def vip(root: Path, *, split: str = "val") -> "Vip":
    """The videos of one split, train, val or test; opening it lists folders and reads the list.

    DataError when the folder is not VIP, the split has no list, or a listed video lacks its folder.
    """
    wanted = f"{FRAMES} and Annotations/Category_ids of VIP_Fine"
    found = find_root(Path(root), lambda folder: is_folder(folder / FRAMES) and _labels(folder) is not None, wanted)
    return Vip(found, split)


class Vip:
    """The videos of one split; implements `corrbench.core.dataset.Dataset`."""

    def __init__(self, root: Path, split: str) -> None:
        layout = Layout(root, root / FRAMES, _labels(root) or root)
        listed = _split(layout, split)
        self.sequences = listed.sequences
        self.split = split
        self._layout = layout
        self._masks = Davis(layout, split, listed, "vip")

    def video(self, name: str) -> Video[Tensor | PartLabel]:
        """One video; its frames and labels are decoded when they are indexed.

        Labels are class ids, (H, W) uint8, of `part_classes.CLASSES`; 255 is ignored. That of a frame which has
        a file in Instance_ids is a `PartLabel`, the same with its instances.
        DataError when the video is not of the split, or its frames and labels do not match one by one or have not one
        size; upon indexing, when an image cannot be read or has another size, or a label has an unknown class.
        """
        video = self._masks.video(name)
        files = self._masks.files(name)
        first = files.frames[0]
        missing = [frame.stem for frame, label in zip(files.frames, files.masks, strict=True) if label is None]
        if missing:
            raise DataError(
                f"{self._layout.masks / name}: {len(missing)} of {len(files.frames)} frames have no label: "
                f"{some(missing)}; every frame of VIP_Fine has one: add the missing labels"
            )
        read = partial(read_sized, read_classes, image_size(first), first)
        instances = _first(self._layout.root, _INSTANCES)

        def label(source: tuple[int, Path]) -> Tensor | PartLabel:
            index, path = source
            classes = read(path)
            there = instances is not None and (instances / name / f"{files.stems[index]}.png").is_file()
            return PartLabel(classes, self.instances(name, index)) if there else classes

        sources = [(index, path) for index, path in enumerate(files.masks) if path is not None]
        return Video(name, video.frames, LazyLabels(sources, label), video.stems)

    def instances(self, name: str, index: int) -> PartInstances:
        """The instances of parts in frame `index` of a video, which AP^r_vol is measured on.

        DataError when the video is not of the split, the data set has no Instance_ids or none of this frame, or they
        cannot be read or have another size than the first frame.
        """
        files = self._masks.files(name)
        folder = _first(self._layout.root, _INSTANCES)
        if folder is None:
            raise DataError(
                f"{self._layout.root}: no instances of parts; looked for {' and '.join(_INSTANCES)}, found "
                f"{some(folders(self._layout.root))}; copy Instance_ids there"
            )
        path = folder / name / f"{files.stems[index]}.png"
        instances = read_instances(path)
        height, width = instances.pixels.shape
        check_size(path, (height, width), image_size(files.frames[0]), files.frames[0])
        return instances

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these videos; its hash covers names and content of frames and labels, not the instances."""
        identity = self._masks.identity(sequences)
        whole = identity.complete and len(self.sequences) == _VIDEOS.get(self.split)
        return replace(identity, complete=whole)


def _labels(root: Path) -> Path | None:
    return _first(root, _LABELS)


def _first(root: Path, candidates: Sequence[str]) -> Path | None:
    return next((root / name for name in candidates if is_folder(root / name)), None)


def _split(layout: Layout, split: str) -> Split:
    """The videos of lists/SPLIT_videos.txt, or of SPLIT_videos.txt at the root, in the order of the list."""
    require_plain_name(split, "split")
    places = [layout.root / "lists" / f"{split}_videos.txt", layout.root / f"{split}_videos.txt"]
    source = next((path for path in places if path.is_file()), None)
    if source is None:
        there = visible(places[0].parent, folders=False) if is_folder(places[0].parent) else []
        raise DataError(
            f"{places[0]}: no list of split {split!r}, found {some(there)}; copy it from the data set, or write the "
            "names of the videos, one a line"
        )
    names = _names(source)
    for folder in (layout.frames, layout.masks):
        there = folders(folder)
        missing = [name for name in names if name not in there]
        if missing:
            raise DataError(
                f"{source}: {len(missing)} of {len(names)} listed videos have no folder in {folder}: {some(missing)}; "
                "copy them again from the source, or list those that are there"
            )
    return Split(names, None, source)


def _names(source: Path) -> tuple[str, ...]:
    """The videos of a list, each once: the last parts of its paths."""
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: not a readable list ({error}); write the name of one video a line") from error
    names = {
        require_plain_name(PurePosixPath(line.strip()).name, f"{source}, line {number}"): None
        for number, line in enumerate(lines, start=1)
        if line.strip()
    }
    if not names:
        raise DataError(f"{source}: an empty list; write the name of one video a line")
    return tuple(names)
