"""Masks of eight pixels a byte that move by whole bytes: their boundaries and disks, without shifting a bit.

The box of an object is cut into four bands of rows, laid over one another: bit b of a byte is the predicted pixel of
band b, bit 4 + b the true one, and the next byte holds the pixels to the east of all eight. Each band also has the
rows of its neighbours above and below it, as far as a disk reaches. The bands of all objects lie in one array, row
after row with blank bytes between, so that all of them move by rows and columns when one slice is taken.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
BANDS = 4
PREDICTED, TRUE = 1, 1 << BANDS  # the values of the pixels of a box, which has one a byte
WORD = 8  # bytes


@dataclass(frozen=True)
class Bands:
    """Where boxes of these sizes lie in one array of bytes, for disks of one radius."""

    sizes: tuple[tuple[int, int], ...]  # (h, w) of one box or more
    radius: int

    @cached_property
    def rows(self) -> list[int]:
        """The rows n of the bands of each box; those past the end of the box are blank."""
        return [math.ceil(height / BANDS) for height, _ in self.sizes]

    @cached_property
    def starts(self) -> list[int]:
        """The first of these rows for each box, and for one that would come next."""
        starts = [self.radius]
        for rows in self.rows:
            starts.append(starts[-1] + rows + 2 * self.radius + 1)
        return starts

    @cached_property
    def stride(self) -> int:
        """The bytes of a row: more blank ones at its end than a disk reaches sideways, and whole words."""
        return WORD * math.ceil((max(width for _, width in self.sizes) + self.radius + 1) / WORD)

    @cached_property
    def own(self) -> slice:
        """The bytes from the first row of the first box to the last row of the last one."""
        return slice(self.radius * self.stride, (self.starts[-1] - 2 * self.radius - 1) * self.stride)

    def packed(self, boxes: Sequence[Bytes]) -> Bytes:
        """The boxes, each (h, w) of PREDICTED and TRUE, as bytes (L,), with a row more below than a disk reaches."""
        packed = np.zeros((self.starts[-1] - self.radius, self.stride), dtype=np.uint8)
        for box, rows, start in zip(boxes, self.rows, self.starts, strict=False):
            height, width = box.shape
            padded = np.zeros((BANDS * rows + 2 * self.radius + 1, self.stride), dtype=np.uint8)
            padded[self.radius : self.radius + height, :width] = box
            target = packed[start - self.radius : start + rows + self.radius + 1]
            for band in range(BANDS - 1, -1, -1):
                target += target  # the bands so far go up by one bit
                target |= padded[band * rows : band * rows + len(target)]
        return packed.reshape(-1)

    def boundary(self, masks: Bytes) -> Bytes:
        """The pixels that differ from their east, south or south-east neighbour: (L,) -> (L - stride,).

        A box has to have background around its objects wherever it does not end with the frame, outside of which no
        pixel has a neighbour. The rule is that of `boundary_map`.
        """
        east = np.zeros_like(masks)
        np.bitwise_xor(masks[:-1], masks[1:], out=east[:-1])
        columns = east.reshape(-1, self.stride)
        columns[:, -1] = 0  # the blank column before the first one
        for (_, width), rows, start in zip(self.sizes, self.rows, self.starts, strict=False):
            columns[start - self.radius : start + rows + self.radius + 1, width - 1] = 0
        south = masks[: -self.stride] ^ masks[self.stride :]
        south |= east[self.stride :]
        lines = south.reshape(-1, self.stride)
        for (height, _), rows, start in zip(self.sizes, self.rows, self.starts, strict=False):
            for border in (-1, height - 1):  # the row above the box, and its last one
                for band in range(BANDS):
                    row = border - band * rows
                    if -self.radius <= row < rows + self.radius:
                        lines[start + row] &= ~np.uint8((PREDICTED | TRUE) << band)
        south |= east[: -self.stride]
        return south

    def dilated(self, maps: Bytes) -> Bytes:
        """The pixels within the radius of a set pixel: (L - stride,) -> those of the bytes `own`."""
        widened, reach = maps, 0  # byte i of `widened` belongs to place i + reach
        dilated = np.zeros(self.own.stop - self.own.start, dtype=np.uint8)
        for y in range(self.radius, -1, -1):
            span = math.isqrt(self.radius**2 - y * y)
            while reach < span:  # the rows of a disk grow towards its middle, and each widens the one before it
                step = min(max(reach, 1), span - reach)
                wider = widened[2 * step :] | widened[: -2 * step]
                if reach == 0:
                    wider |= widened[1:-1]
                widened, reach = wider, reach + step
            for row in {self.radius - y, self.radius + y}:
                start = row * self.stride - reach
                dilated |= widened[start : start + len(dilated)]
        return dilated
