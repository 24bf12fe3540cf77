"""Changes of colour by a given amount: RGB floats in [0, 1], (…, 3, H, W), to the same.

The definitions are those of torchvision.transforms.v2.functional, whose `adjust_hue` is slow on a CPU.
"""

import torch
from torch import Tensor

_CORNERS = (5, 3, 1)  # where on the hexagon of hues red, green and blue begin to fall
_LEAST_CHROMA = 1e-8  # below, a hue has no meaning


def greyed(frames: Tensor) -> Tensor:
    """The lightness of each pixel, (…, 1, H, W): the weights of ITU-R BT.601."""
    red, green, blue = frames.unbind(-3)
    return red.mul(0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114).unsqueeze_(-3)


def brightened(frames: Tensor, factor: float) -> Tensor:
    """All values times the factor; 0 is black."""
    return (frames * factor).clamp_(0, 1)


def contrasted(frames: Tensor, factor: float) -> Tensor:
    """Away from the mean lightness of each frame by the factor; 0 is an even grey."""
    return _blended(frames, greyed(frames).mean((-3, -2, -1), keepdim=True), factor)


def saturated(frames: Tensor, factor: float) -> Tensor:
    """Away from the lightness of each pixel by the factor; 0 is grey."""
    return _blended(frames, greyed(frames), factor)


def turned(frames: Tensor, turn: float) -> Tensor:
    """Hues turned by this share of a whole turn, value and saturation kept: a third makes red green."""
    red, green, blue = frames.unbind(-3)
    highest = frames.amax(-3)
    chroma = highest - frames.amin(-3)  # value times saturation
    divisor = chroma.clamp(min=_LEAST_CHROMA)
    to_green = torch.where(highest == green, (blue - red) / divisor + 2, (red - green) / divisor + 4)
    sixths = torch.where(highest == red, (green - blue) / divisor, to_green)  # of a turn, from -1 to 5
    corners = torch.tensor(_CORNERS, dtype=frames.dtype, device=frames.device).view(3, 1, 1)
    place = (sixths.unsqueeze(-3) + (corners + 6 * turn)).remainder_(6)  # (…, 3, H, W)
    fall = torch.minimum(place, 4 - place).clamp_(0, 1)
    return (highest.unsqueeze(-3) - fall.mul_(chroma.unsqueeze(-3))).clamp_(0, 1)


def _blended(frames: Tensor, other: Tensor, factor: float) -> Tensor:
    return (frames * factor).add_(other, alpha=1 - factor).clamp_(0, 1)
