"""The ground truth that the DAVIS layout has no file for, one archive a frame."""

import io
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corrbench.core.files import write_whole
from corrbench.errors import DataError
from corrbench_datasets.sample.motion import Array
from corrbench_datasets.sample.render import Rendered

_FLOW_STEPS = 16  # a pixel: float16 holds every sixteenth up to 128 exactly, and repeated values compress


@dataclass(frozen=True)
class Truth:
    """What is known of one frame. Pixels (x, y), whole numbers at pixel centres."""

    parts: NDArray[np.uint8]  # (H, W) part ids, 0 outside the objects
    keypoints: NDArray[np.float32]  # (P, 2), of object 1 first; hidden and left ones have places too
    visible: NDArray[np.bool_]  # (P,) inside the image, and not hidden
    boxes: NDArray[np.float32]  # (O, 4) x, y, w, h of the visible mask; x, y its first column and row; NaN where hidden
    flow: NDArray[np.float16]  # (H, W, 2) to the next frame, rounded to sixteenths of a pixel; 0 in the last frame
    flow_valid: NDArray[np.bool_]  # (H, W) the next frame shows the same surface at the end; False in the last frame


def truth_of(now: Rendered, flow: Array, flow_valid: NDArray[np.bool_]) -> Truth:
    """The truth of a rendered frame and its motion."""
    steps = (np.rint(flow * _FLOW_STEPS) / _FLOW_STEPS).astype(np.float16)
    return Truth(now.parts, now.keypoints, now.visible, now.boxes, steps, flow_valid)


def write_truth(path: Path, truth: Truth) -> None:
    """Write a .npz that numpy.load reads, quicker than numpy.savez_compressed and without a time stamp."""

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for field in fields(truth):
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, getattr(truth, field.name), allow_pickle=False)
                archive.writestr(zipfile.ZipInfo(f"{field.name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)

    write_whole(path, write)


def read_truth(path: Path) -> Truth:
    """The truth of one frame; DataError when the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Truth(**{field.name: archive[field.name] for field in fields(Truth)})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: not readable as truth of the sample ({error}); delete the folder of the sample"
        ) from error
