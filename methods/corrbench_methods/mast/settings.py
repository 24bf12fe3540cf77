"""What can be set of the reconstruction: small by default, with the published values beside."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError

STRIDE = 4  # of the features: no pool, layer2 halves, layer3 does not


@dataclass(frozen=True)
class Settings:
    """The defaults fit two CPU cores; `PUBLISHED` holds the values of the paper's code (zlai0/MAST 76fb1732).

    MAST's gaps are for videos of 30 frames a second. Clips here have mixed rates, most of them about half of
    that, so the default gaps are half as long. The window is given in pixels of a 256-pixel frame and shrinks with
    the size: 12 pixels, a radius of 3 cells, at 128.
    """

    size: int = 128  # side of the square frames, in pixels; 256 in MAST
    crop: Literal["random", "whole"] = "random"  # whole: the frame squeezed into a square, as in MAST
    crop_area: tuple[float, float] = (0.3, 0.7)  # share of a frame in a random crop, the same for both frames
    crop_ratio: tuple[float, float] = (3 / 4, 4 / 3)  # width over height of a random crop
    gaps: tuple[int, ...] = (1, 2, 4)  # frames from the reference to the query; 2, 5, 8 in MAST
    gap_weights: tuple[float, ...] = (0.4, 0.4, 0.2)  # how often each is drawn
    window: float = 24.0  # how far a query looks, in pixels of a frame of 256
    channels: int = 64  # of the features that are compared
    scaled: bool = True  # similarities over the root of the channels; False: raw, with which training often fails
    border: Literal["masked", "zero"] = "masked"  # similarity beyond the frame: none, or 0 as in MAST

    def __post_init__(self) -> None:
        if self.size < STRIDE:
            raise SettingError(f"size={self.size} does not fit; give {STRIDE} pixels or more")
        if not self.gaps or len(self.gaps) != len(self.gap_weights):
            raise SettingError(f"gaps={self.gaps} and gap_weights={self.gap_weights} differ in length; give as many")
        if min(self.gaps) < 1 or min(self.gap_weights) <= 0:
            raise SettingError(f"gaps={self.gaps} with gap_weights={self.gap_weights} do not fit; give more than 0")
        if self.window <= 0:
            raise SettingError(f"window={self.window} is not a number of pixels; give more than 0")

    @property
    def radius(self) -> int:
        """Half of the window, without its middle, in cells; at least 1."""
        return max(1, math.floor(self.window * self.size / 256 / STRIDE + 0.5))


PUBLISHED = Settings(size=256, crop="whole", gaps=(2, 5, 8), scaled=False, border="zero")
