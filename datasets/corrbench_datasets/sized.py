"""Images that have one size throughout a sequence: that of its first frame."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from corrbench.errors import DataError


def read_sized(read: Callable[[Path], Tensor], size: tuple[int, int], first: Path, path: Path) -> Tensor:
    """The image that `read` finds in a file; DataError when its size (H, W) is not that of the first frame."""
    image = read(path)
    check_size(path, (image.shape[-2], image.shape[-1]), size, first)
    return image


def check_size(path: Path, found: tuple[int, int], size: tuple[int, int], first: Path) -> None:
    """DataError when a file has another size (H, W) than the first frame."""
    if found != size:
        raise DataError(
            f"{path}: {found[0]} x {found[1]} pixels (height x width), but the first frame, {first}, is "
            f"{size[0]} x {size[1]}; use frames and masks of one resolution"
        )
