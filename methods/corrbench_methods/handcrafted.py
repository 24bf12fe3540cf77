"""Features without learning: the floor under every method, and the shortest example of one."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench_methods import lab as lab_colours


@dataclass(frozen=True)
class Identity:
    """Where a cell is, and nothing of what it looks like: labels stay where they were."""

    stride: int

    def __call__(self, frames: Tensor) -> Tensor:
        """Features (T, 4, h, w) in [-1, 1]: cos and sin of pi (x + .5) / w, then of pi (y + .5) / h.

        (x, y) is the cell; the grid is ceil(H / stride) x ceil(W / stride).
        """
        height, width = (-(-size // self.stride) for size in frames.shape[-2:])
        x = (torch.arange(width, device=frames.device, dtype=frames.dtype) + 0.5) * (math.pi / width)
        y = (torch.arange(height, device=frames.device, dtype=frames.dtype) + 0.5) * (math.pi / height)
        rows, columns = torch.meshgrid(y, x, indexing="ij")  # (h, w)
        place = torch.stack([columns.cos(), columns.sin(), rows.cos(), rows.sin()])  # (4, h, w)
        return place.repeat(len(frames), 1, 1, 1)  # (T, 4, h, w)


@dataclass(frozen=True)
class ColourPatch:
    """The pixels of a cell themselves."""

    stride: int
    colour: Literal["rgb", "lab"] = "rgb"

    def __call__(self, frames: Tensor) -> Tensor:
        """Features (T, 3 * stride**2, h, w) of the pixels of each cell: RGB - .5 in [-.5, .5], or normalised Lab.

        Channels run over (colour, row, column). Where the stride does not divide the size, the last cells
        repeat the border: the grid is ceil(H / stride) x ceil(W / stride).
        """
        height, width = frames.shape[-2:]
        border = (0, -width % self.stride, 0, -height % self.stride)
        values = lab_colours.lab(frames) if self.colour == "lab" else frames - 0.5
        return F.pixel_unshuffle(F.pad(values, border, mode="replicate"), self.stride)


def identity(stride: int = 8) -> Identity:
    """A method that sees positions only; SettingError for a stride below 1."""
    return Identity(_positive(stride))


def rgb(stride: int = 8) -> ColourPatch:
    """A method that compares raw pixels; SettingError for a stride below 1."""
    return ColourPatch(_positive(stride))


def lab(stride: int = 8) -> ColourPatch:
    """A method that compares the Lab colours of pixels; SettingError for a stride below 1."""
    return ColourPatch(_positive(stride), "lab")


def _positive(stride: int) -> int:
    if stride < 1:
        raise SettingError(f"stride={stride} is not a number of pixels; give 1 or more")
    return stride
