"""What can be set of the temporal stage, and where each value comes from."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError
from corrbench_methods.ours.local_distillation import PseudoNorm
from corrbench_methods.ours.selection import Score, Select
from corrbench_methods.resnet_parts import Depth, Layer, Padding, Pool

_LEVELS: dict[str, tuple[int, ...]] = {"4,8": (4, 8), "8": (8,)}
_LAYERS: dict[int, Layer] = {4: "layer2", 8: "layer3"}  # of the student, by their strides


@dataclass(frozen=True)
class TemporalSettings:
    """Spa-then-Temp, step two (Li & Liu, CVPR 2023; 041a618, configs/train/train.py).

    The defaults are for small frames. As published: depth=50, size=256, and batches of 64 with Adam of rate 5e-5 for
    43k steps, global_layer=layer4 and gaps=1. Where the released code differs from what the paper says, the defaults
    follow the paper, and the release is select=repo_literal, pseudo_norm=avg, teacher_l2norm=False; its teacher is
    stock, teacher_colour=rgb teacher_pool=max teacher_layer3_stride=16.
    """

    # The frames.
    size: int = 128  # pixels of a side
    # Frames from the reference to the query. Published: 1, of 6 frames a second; clips here have about 15. With 1 there
    # is little motion to find: after 340 steps reconstruction cost .9 of what copying costs, with 1, 2, 3 and 4 .76.
    gaps: tuple[int, ...] = (2, 3)
    colour: Literal["lab", "rgb"] = "lab"  # of the student
    channel_dropout: bool = True  # the channel to reconstruct is hidden: one of a and b, in rgb one of all

    # The student has no pool and strides 4, 8 and `global_stride`.
    depth: Depth = 18
    padding: Padding = "zeros"
    levels: Literal["4,8", "8"] = "4,8"  # where frames are reconstructed
    window: float = 48.0  # how far a query looks, in pixels of a frame of 256: radii 12 and 6, at 128 half of that

    # The fine level teaches the coarse one.
    local_weight: float = 1000.0  # 0: it does not
    select: Select = "top"
    select_share: float = 0.7
    select_score: Score = "peakedness"
    pseudo_norm: PseudoNorm = "sum"
    detach: bool = True  # the fine level learns nothing from the coarse one

    # The trunk that this stage starts from teaches the coarsest level: frozen, and run as it was trained.
    global_weight: float = 50.0  # 0: it does not
    # As published: layer4, the last one. At size 96 that has 9 cells, and the image term that trains it has little to
    # teach after some hundred steps; layer3 has the dense term's, with 144 cells, and layer4 is left out. With it (rate
    # 1e-4, gaps 1 to 4) reconstruction came to .72 of what copying costs, with layer4 to .76; J&F on the sample was
    # 81.7 both times. A weight of 500 (rate 5e-4, gaps 2 and 3) keeps more of what was known, .68 of the probe's
    # visible cells against .62, and costs reconstruction, .66 against .63; J&F was 79.5 against 82.0.
    global_layer: Literal["layer4", "layer3"] = "layer3"
    global_stride: int = 32  # of layer4; 16 in the paper's figure
    teacher_temperature: float = 0.07
    teacher_l2norm: bool = True
    teacher_colour: Literal["rgb", "lab"] = "lab"  # rgb and max as published: each as the spatial stage was trained
    teacher_pool: Pool = "none"
    teacher_layer3_stride: int = 8  # stock: 16

    # Both weights are for frames of 256, with 1024 coarse and 64 coarsest cells. A mean over cells is the larger
    # the fewer there are; so weights are made smaller in proportion. False: as they are.
    scale_weights: bool = True

    def __post_init__(self) -> None:
        if self.size < 8 or self.size % 8:
            raise SettingError(f"size={self.size} does not divide into coarse cells; give a multiple of 8")
        if self.window <= 0 or not 0 < self.select_share <= 1:
            raise SettingError(
                f"window={self.window} with select_share={self.select_share} does not fit; "
                "give more than 0 pixels, and a share above 0 and up to 1"
            )
        if self.global_stride not in (16, 32):
            raise SettingError(f"global_stride={self.global_stride} does not fit; give 16 or 32")
        if self.local_weight and self.levels == "8":
            raise SettingError(
                f"local_weight={self.local_weight} needs a finer level to learn from, and levels=8 has none; "
                "give local_weight=0"
            )
        if self.global_layer == "layer3" and self.teacher_layer3_stride != 8:
            raise SettingError(
                f"teacher_layer3_stride={self.teacher_layer3_stride} with global_layer=layer3 gives the teacher other "
                "cells than the student, whose layer3 has stride 8; give 8"
            )
        stem = self.teacher_stem
        if self.teacher_layer3_stride not in (2 * stem, 4 * stem) or self.global_stride < self.teacher_layer3_stride:
            raise SettingError(
                f"teacher_layer3_stride={self.teacher_layer3_stride} cannot be had with "
                f"teacher_pool={self.teacher_pool} and global_stride={self.global_stride}; "
                f"give {2 * stem} or {4 * stem}"
            )

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels a cell, of the levels where frames are reconstructed, the finest first."""
        return _LEVELS[self.levels]

    @property
    def outputs(self) -> tuple[Layer, ...]:
        """The student's layers that are used: of these levels, and last the one that has a teacher."""
        levels = tuple(_LAYERS[stride] for stride in self.strides)
        return (*levels, "layer4") if self.global_weight and self.global_layer == "layer4" else levels

    def radius(self, stride: int) -> int:
        """Half of the window, without its middle, in cells of stride 4 or 8; twice as many in cells of 4."""
        coarse = max(1, math.floor(self.window * self.size / 256 / 8 + 0.5))
        return coarse * 8 // stride

    @property
    def student_strides(self) -> tuple[int, int, int, int]:
        """Those of layer1 to layer4."""
        return 1, 2, 2, self.global_stride // 8

    @property
    def teacher_stem(self) -> int:
        """The stride before the teacher's layer1."""
        return 2 if self.teacher_pool == "none" else 4

    @property
    def teacher_strides(self) -> tuple[int, int, int, int]:
        """Those of layer1 to layer4."""
        layer3 = self.teacher_layer3_stride
        return 1, 2, layer3 // (2 * self.teacher_stem), self.global_stride // layer3
