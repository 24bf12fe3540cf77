"""The frames of a sequence of a tracking data set: images named by their numbers."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

from corrbench.errors import DataError
from corrbench_datasets.davis_layout import is_image, some, visible


def numbered_frames(folder: Path) -> dict[int, Path]:
    """The images of a folder by number, in playing order; the first number and the digits of a name may be any.

    DataError when there are no images, the name of one is no number, two have one number, or a number is missing.
    """
    names = visible(folder, folders=False) if folder.is_dir() else []
    images = [folder / name for name in names if is_image(name)]
    if not images:
        raise DataError(f"{folder}: no frames; looked for JPEG or PNG files, found {some(names)}; add the frames")
    strange = [path.name for path in images if not (path.stem.isascii() and path.stem.isdigit())]
    if strange:
        raise DataError(f"{folder}: {some(strange)}: frames have to be named by their numbers; remove or rename these")
    numbers = Counter(int(path.stem) for path in images)
    twice = next((number for number, count in numbers.items() if count > 1), None)
    if twice is not None:
        both = [path.name for path in images if int(path.stem) == twice]
        raise DataError(f"{folder}: {len(both)} frames for one time, {some(both)}; remove all but one")
    frames = {int(path.stem): path for path in sorted(images, key=lambda path: int(path.stem))}
    missing = [
        f"{before + 1}" + (f" to {after - 1}" if after - before > 2 else "")
        for before, after in pairwise(frames)
        if after - before > 1
    ]
    if missing:
        raise DataError(f"{folder}: missing frames: {some(missing)}; copy them again from the source")
    return frames
