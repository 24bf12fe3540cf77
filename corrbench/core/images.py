"""Decoded frames and masks, and masks written as indexed PNG."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar, overload

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.files import write_whole
from corrbench.errors import DataError

VOID = 255

Item = TypeVar("Item", covariant=True)


class LazyFiles(Sequence[Item], Generic[Item]):
    """A sequence of files that are decoded when they are indexed; a slice decodes nothing."""

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], Item]) -> None:
        self.paths = tuple(paths)
        self.read = read

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyFiles[Item]": ...
    def __getitem__(self, index: int | slice) -> "Item | LazyFiles[Item]":
        if isinstance(index, slice):
            return LazyFiles(self.paths[index], self.read)
        return self.read(self.paths[index])


def read_frame(path: Path) -> Tensor:
    """The frame, (3, H, W) uint8 RGB, as libjpeg decodes it; EXIF rotation is not applied."""
    with _opened(path) as image:
        pixels = np.array(image.convert("RGB"))  # (H, W, 3)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def read_mask(path: Path) -> Tensor:
    """The object ids of an indexed or grey PNG, (H, W) uint8.

    In a grey image that holds nothing but 0 and 255, 255 is object 1; anywhere else 255 is void.
    """
    with _opened(path) as image:
        if image.mode not in {"1", "L", "P"}:
            found = "more than 8 bits" if image.mode.startswith(("I", "F")) else "a colour image"
            raise DataError(
                f"{path}: a mask has to be an indexed (palette) or grey PNG of 8 bits with object ids; "
                f"found {found} (mode {image.mode}); convert it to ids first"
            )
        ids = np.array(image, dtype=np.uint8)
        if image.mode == "L" and not ((ids + np.uint8(1)) & np.uint8(254)).any():  # nothing but 0 and 255
            ids &= np.uint8(1)
    return torch.from_numpy(ids)


def write_mask(path: Path, ids: Tensor) -> None:
    """Write object ids, (H, W) uint8, as an indexed PNG with the DAVIS palette."""
    image = _indexed(ids)
    write_whole(path, lambda temporary: image.save(temporary, format="PNG"))


def _indexed(ids: Tensor) -> Image.Image:
    image = Image.fromarray(ids.to("cpu", torch.uint8).contiguous().numpy())
    image.putpalette(davis_palette())
    return image


def image_size(path: Path) -> tuple[int, int]:
    """The size (H, W) that the header of an image file states."""
    with _opened(path) as image:
        return image.height, image.width


@cache
def davis_palette() -> bytes:
    """The 256 RGB colours of Pascal VOC and DAVIS: bit j, from the top, of a channel is bit 3j + channel of the id."""
    ids = np.arange(256)
    colours = np.zeros((256, 3), dtype=np.uint8)
    for channel in range(3):
        for bit in range(3):
            colours[:, channel] |= (((ids >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours.tobytes()


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image in a file; DataError when it, or what is done with it, fails to decode."""
    try:
        with Image.open(path) as image:
            yield image
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable image ({error}); copy the file again from its source") from error
