"""CIE Lab colours, in which lightness is one channel and colour the other two."""

import torch
from torch import Tensor

# Linear sRGB to CIE XYZ, and XYZ of the white D65 seen under 2 degrees, as skimage and cv2 have them
# (scikit-image, color/colorconv.py: xyz_from_rgb and _illuminants).
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)


def lab(frames: Tensor) -> Tensor:
    """Frames (..., 3, H, W), RGB in [0, 1], as ((L - 50) / 50, a / 127, b / 127).

    L is in [0, 100], a and b within about [-127, 127], so all three lie in about [-1, 1]. This is the scaling
    of MAST (76fb1732, functional/feeder/dataset) and Spa-then-Temp. Computed in float32, returned in the dtype
    of the frames.
    """
    x, y, z = (_cube_root(tristimulus) for tristimulus in _tristimuli(_linear(frames.float())))
    channels = [(116 * y - 66) / 50, 500 * (x - y) / 127, 200 * (y - z) / 127]
    return torch.stack(channels, dim=-3).to(frames.dtype)


def lightness(frames: Tensor) -> Tensor:
    """The first channel of `lab` alone: (..., 1, H, W), (L - 50) / 50."""
    red, green, blue = _linear(frames.float()).unbind(-3)
    y = _cube_root(_weighted(red, green, blue, _XYZ[1], _WHITE[1]))
    return ((116 * y - 66) / 50).unsqueeze(-3).to(frames.dtype)


def _linear(frames: Tensor) -> Tensor:
    """Light in proportion to energy: the gamma of sRGB undone (IEC 61966-2-1)."""
    curve = (frames + 0.055).div_(1.055).clamp_min_(0).pow_(2.4)
    return torch.where(frames > 0.04045, curve, frames / 12.92)


def _tristimuli(linear: Tensor) -> list[Tensor]:
    """X, Y and Z, each (..., H, W), of which white has 1. No matrix product, whose precision would vary."""
    red, green, blue = linear.unbind(-3)
    return [_weighted(red, green, blue, row, white) for row, white in zip(_XYZ, _WHITE, strict=True)]


def _weighted(red: Tensor, green: Tensor, blue: Tensor, row: tuple[float, float, float], white: float) -> Tensor:
    return red * (row[0] / white) + green * (row[1] / white) + blue * (row[2] / white)


def _cube_root(tristimulus: Tensor) -> Tensor:
    """The cube root, and near black a line (CIE 15, 8.2.1.1, with the rounded constants of skimage)."""
    root = tristimulus.clamp_min(0).pow_(1 / 3)
    return torch.where(tristimulus > 0.008856, root, 7.787 * tristimulus + 16 / 116)
