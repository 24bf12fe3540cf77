"""What can be set of UVC: small by default, with the published values beside."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError

STRIDE = 8  # of the features: max pool kept, layer3 and layer4 at stride 1 (UVC 2311ba5c, model.py: encoder_res18)


@dataclass(frozen=True)
class Settings:
    """The defaults fit two CPU cores; `PUBLISHED` holds the values of the paper's code (Liusifei/UVC 7a6aa224).

    One thing of it cannot be set: colours there pass through a network that was trained for that before, whose
    weights are not available. Here Lab colours are averaged over each cell, carried, and compared as such.

    Products of features over the root of their number learn sooner than raw ones: after 60 steps of 8 real pairs (one
    seed, learning rate 3e-4), colours cost .60 of what copying costs, and .79 with raw products.

    Layer4 and the whole frame make a step slow: on one CPU core a pair of the second phase takes .4 s here, 1.1 s with
    layer4, and with that at 128 pixels 2.5 s.

    UVC's gaps are for videos of 30 frames a second. Clips here have mixed rates, most of them about half of that, so
    the default gaps reach half as far.
    """

    size: int = 96  # side of the square crops, in pixels; 256 in UVC
    whole: float = 2.5  # side of the whole frame, padded to a square, in sides of a crop; 640 pixels in UVC
    layer: Literal["layer3", "layer4"] = "layer3"  # whose features are compared; layer4 in UVC
    gap: int = 25  # frames between both, at most; 50 in UVC
    rotation: int = 10  # degrees, at most, whole ones
    scale: float = 1.2  # the short side of a frame is 1 / scale to scale crops, where both frames are cropped
    scaled: bool = True  # similarities over the root of the channels; False: raw, as published
    temperature: float = 1.0  # similarities are divided by it
    color_codec: str = "avgpool"  # what makes a colour of a cell; there is no other, see above
    reverse: Literal["transposed", "renormalised"] = "transposed"
    # What carries colours back: the affinity the other way round as it is, whose weights then do not sum to 1, as in
    # UVC; or a softmax of its own.
    reverse_weight: float = 0.1  # of the loss of colours that are carried back
    threshold: float = 2.5  # pairs whose colour loss is above it are left out
    concentration_weight: float = 0.3  # of the shipped model; the script's default is 10000
    concentration_window: float = 64.0  # cells this near belong together, in pixels of a frame of 256: 8 cells in UVC
    warmup_share: float = 1 / 3
    # Of all steps, with crops of both frames, before the crop of one is looked for in the whole other: 10 epochs of 30.
    settling_share: float = 0.1
    # Of the steps of each phase, in which no pair is left out, and in the first no concentration is asked for: 1 epoch
    # of 10 and 2 of 20.

    def __post_init__(self) -> None:
        for name, value in (("size", self.size), ("whole", self.whole * self.size)):
            if value < STRIDE or value % STRIDE:
                raise SettingError(f"{name} gives {value} pixels, which does not fit; give a multiple of {STRIDE}")
        if self.whole < 1:
            raise SettingError(f"whole={self.whole} does not hold a crop; give 1 or more")
        if self.color_codec != "avgpool":
            raise SettingError(
                f"color_codec={self.color_codec}: the weights of UVC's colour network are not available; give avgpool"
            )
        if self.gap < 1 or self.rotation < 0 or self.scale < 1:
            raise SettingError(
                f"gap={self.gap}, rotation={self.rotation}, scale={self.scale} do not fit; give a gap and a scale of 1 "
                "or more and a rotation of 0 or more"
            )
        for name in ("temperature", "threshold", "concentration_window"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name}={getattr(self, name)} does not fit; give more than 0")
        for name in ("reverse_weight", "concentration_weight"):
            if not getattr(self, name) >= 0:
                raise SettingError(f"{name}={getattr(self, name)} does not fit; give 0 or more")
        for name in ("warmup_share", "settling_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f"{name}={getattr(self, name)} is no share of the steps; give a number from 0 to 1")

    @property
    def whole_size(self) -> int:
        """Side of the whole frame, padded to a square, in pixels."""
        return round(self.whole * self.size)

    @property
    def window(self) -> int:
        """Side of a window of the concentration loss, in cells; at least 2."""
        return max(2, math.floor(self.concentration_window * self.size / 256 / STRIDE + 0.5))


PUBLISHED = Settings(size=256, layer="layer4", gap=50, scaled=False)
