"""The files of one sequence, and whether they fit together: by their names alone, without reading one."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from corrbench.errors import DataError
from corrbench_datasets.davis_layout import Layout, is_image, some, visible


@dataclass(frozen=True)
class SequenceFiles:
    """The T frames of a sequence in playing order, and the mask of each or None where it is not annotated."""

    frames: tuple[Path, ...]
    masks: tuple[Path | None, ...]

    @property
    def stems(self) -> tuple[str, ...]:
        """The T file names without ending."""
        return tuple(frame.stem for frame in self.frames)


def sequence_files(layout: Layout, name: str) -> SequenceFiles:
    """The frames and masks of a sequence, matched by file name without ending.

    Stems that are all whole numbers play in the order of the numbers, others in the order of the text; for
    the zero-padded names of DAVIS the two are the same.

    DataError when either folder has no images, frame 0 has no mask, a mask has no frame, a number is missing
    from frames numbered one by one, or masks are missing. Masks may be missing where frame 0 alone has one
    (test-dev), every n-th frame has one, or at least half of the frames have none.
    """
    frames = _by_stem(layout.frames / name, "frames")
    masks = _by_stem(layout.masks / name, "masks")
    stems = sorted(frames, key=int) if all(map(_is_number, frames)) else sorted(frames)
    _check_numbers(layout.frames / name, stems)
    _check_masks(layout.masks / name, stems, masks)
    return SequenceFiles(tuple(frames[stem] for stem in stems), tuple(masks.get(stem) for stem in stems))


def _by_stem(folder: Path, what: str) -> dict[str, Path]:
    names = visible(folder, folders=False)
    images = [folder / name for name in names if is_image(name) and (what == "frames" or name.lower().endswith(".png"))]
    if not images:
        ending = "JPEG or PNG" if what == "frames" else "PNG"
        raise DataError(f"{folder}: no {what}; looked for {ending} files, found {some(names)}; add the {what}")
    twice = [stem for stem, count in Counter(path.stem for path in images).items() if count > 1]
    if twice:
        both = [path.name for path in images if path.stem == twice[0]]
        raise DataError(f"{folder}: {len(both)} {what} for one time, {some(both)}; remove all but one")
    return {path.stem: path for path in images}


def _is_number(stem: str) -> bool:
    return stem.isascii() and stem.isdigit()


def _check_numbers(folder: Path, stems: list[str]) -> None:
    """DataError for a gap in frames numbered one by one: those of which half of the steps at least are 1."""
    if not all(map(_is_number, stems)):
        return
    numbers = [int(stem) for stem in stems]
    steps = [after - before for before, after in pairwise(numbers)]
    if 2 * steps.count(1) < len(steps):
        return
    width = len(stems[0])
    missing = [
        f"{before + 1:0{width}d}" + (f" to {after - 1:0{width}d}" if after - before > 2 else "")
        for before, after in pairwise(numbers)
        if after - before > 1
    ]
    if missing:
        raise DataError(
            f"{folder}: missing frames between {stems[0]} and {stems[-1]}: "
            f"{some(missing)}; copy them again from the source"
        )


def _check_masks(folder: Path, stems: list[str], masks: dict[str, Path]) -> None:
    without_frame = sorted(set(masks) - set(stems))
    if without_frame:
        raise DataError(
            f"{folder}: masks without a frame: {some(masks[stem].name for stem in without_frame)}; "
            f"the {len(stems)} frames are {stems[0]} to {stems[-1]}; "
            "add the missing frames, or remove these masks"
        )
    if stems[0] not in masks:
        raise DataError(
            f"{folder}: no mask of the first frame, {stems[0]}; found {len(masks)} masks, the first is "
            f"{min(masks, key=stems.index)}; add {stems[0]}.png, from which labels are propagated"
        )
    missing = [stem for stem in stems if stem not in masks]
    if 0 < 2 * len(missing) < len(stems) and not _every_nth(stems, masks):
        raise DataError(
            f"{folder}: {len(missing)} of {len(stems)} frames have no mask: {some(missing)}; add the missing masks"
        )


def _every_nth(stems: list[str], masks: dict[str, Path]) -> bool:
    step = next((at for at, stem in enumerate(stems) if at and stem in masks), len(stems))
    return set(masks) == set(stems[::step])
