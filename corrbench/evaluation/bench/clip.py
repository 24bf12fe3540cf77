"""The clip that methods are timed on: frames of the embedded sample, as JPEG files of any size."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.dataset import Dataset
from corrbench.core.images import LazyFiles, read_frame, read_mask, write_mask
from corrbench.core.plugins import find
from corrbench.core.resample import bilinear, nearest
from corrbench.core.video import MaskVideo, Video
from corrbench.errors import SettingError

SHORTEST = 15  # the default length of the sample, which is likely to be there already
STEP = 30  # longer samples come in multiples of it, so that few are ever made
LEAST, MOST = 16, 16384  # pixels of a side
QUALITY = 95  # of the JPEG files


@contextmanager
def clip(size: tuple[int, int] | None, frames: int) -> Iterator[MaskVideo]:
    """The first `frames` distinct frames of a video of the sample, resized to `size` (H, W) where one is given.

    The resized files last as long as the context. SettingError for a size that no frame can have.
    """
    if size is not None and not all(LEAST <= side <= MOST for side in size):
        raise SettingError(f"--size {size[0]}x{size[1]} does not fit: a side has {LEAST} to {MOST} pixels")
    length = SHORTEST if frames <= SHORTEST else -(-frames // STEP) * STEP
    sample: Dataset = find("datasets", "sample").load()(frames=length)
    video: MaskVideo = sample.video(sample.sequences[0]).first(frames)
    if size is None:
        yield video
        return
    with TemporaryDirectory(prefix="corrbench-") as folder:
        yield _resized(video, size, Path(folder))


def _resized(video: MaskVideo, size: tuple[int, int], folder: Path) -> MaskVideo:
    images = [folder / f"{stem}.jpg" for stem in video.stems]
    masks = [folder / f"{stem}.png" for stem in video.stems]
    for index, (image, mask) in enumerate(zip(images, masks, strict=True)):
        _write_frame(image, bilinear(video.frames[index].to(torch.float32), size, "cv2"))
        label = video.labels[index]
        if label is not None:
            write_mask(mask, nearest(label, size, "centre"))
    return Video(video.name, LazyFiles(images, read_frame), LazyFiles(masks, read_mask), video.stems)


def _write_frame(path: Path, pixels: Tensor) -> None:
    array = pixels.round().to(torch.uint8).permute(1, 2, 0).numpy()  # (H, W, 3)
    Image.fromarray(np.ascontiguousarray(array)).save(path, quality=QUALITY)
