"""Random crops, flips and colours of the frames of one clip, alike for all frames that are given together.

Frames are (T, 3, H, W): RGB as floats in [0, 1], `crop_resized` also takes uint8. All randomness comes from the
generator, in the order that a docstring states, so that an item can be drawn again.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from corrbench.errors import SettingError
from corrbench.training.colours import brightened, contrasted, greyed, saturated, turned

_JITTERS = 4


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels."""

    top: int
    left: int
    height: int
    width: int


def uniform(generator: Generator, low: float, high: float) -> float:
    """One number from [low, high), all alike; `low` where both are the same."""
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def chance(generator: Generator, p: float) -> bool:
    """True with probability p: never for 0, always for 1. One draw in any case."""
    return uniform(generator, 0, 1) < p


def whole_number(generator: Generator, low: int, high: int) -> int:
    """One of low, low + 1, …, high, all alike."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def random_box(
    height: int,
    width: int,
    generator: Generator,
    *,
    area: tuple[float, float],
    ratio: tuple[float, float],
    attempts: int = 20,
) -> Box:
    """A box inside a frame of this size, by the rule of Inception's crops (torchvision, RandomResizedCrop).

    Its area is a share from `area`, all shares alike; its width by its height is from `ratio`, all logarithms alike.
    One that does not fit is drawn again; after `attempts` it is the largest box in the centre whose ratio is the
    nearest allowed one. Draws: area and ratio for each attempt, then top and left.
    """
    low, high = ratio
    for _ in range(attempts):
        share = uniform(generator, *area) * height * width
        aspect = math.exp(uniform(generator, math.log(low), math.log(high)))
        box_height, box_width = round(math.sqrt(share / aspect)), round(math.sqrt(share * aspect))
        if 0 < box_height <= height and 0 < box_width <= width:
            top = whole_number(generator, 0, height - box_height)
            left = whole_number(generator, 0, width - box_width)
            return Box(top, left, box_height, box_width)
    box_height, box_width = height, width
    if width < low * height:
        box_height = max(1, round(width / low))
    elif width > high * height:
        box_width = max(1, round(height * high))
    return Box((height - box_height) // 2, (width - box_width) // 2, box_height, box_width)


def crop_resized(frames: Tensor, box: Box, size: int | tuple[int, int]) -> Tensor:
    """The box of each frame, brought to a square of `size` or to (h, w): (T, 3, h, w) float in [0, 1].

    Bilinear with antialias, on floats: nothing is rounded. Takes uint8 in [0, 255] or floats in [0, 1].
    SettingError where the box does not lie inside the frames.
    """
    height, width = frames.shape[-2:]
    bottom, right = box.top + box.height, box.left + box.width
    if not (0 <= box.top < bottom <= height and 0 <= box.left < right <= width):
        raise SettingError(f"{box} does not lie inside frames of {height}x{width}; draw it for the size of the frames")
    wanted = (size, size) if isinstance(size, int) else size
    crop = frames[..., box.top : bottom, box.left : right]
    values = crop if crop.is_floating_point() else crop.float()
    if (box.height, box.width) != wanted:
        values = F.interpolate(values, wanted, mode="bilinear", antialias=True)
    return (values if crop.is_floating_point() else values / 255).clamp(0, 1)


def flip(frames: Tensor) -> Tensor:
    """The frames, left and right exchanged."""
    return frames.flip(-1)


def colour_jitter(
    frames: Tensor, generator: Generator, *, brightness: float, contrast: float, saturation: float, hue: float
) -> Tensor:
    """The frames with these four changed at random, in random order (torchvision, ColorJitter).

    Factors of the first three are from [max(0, 1 - x), 1 + x], the turn of the hue is from [-hue, hue] of a whole turn;
    0 switches one off. Contrast is towards the mean lightness of each frame. Draws: the order, then the four amounts,
    whether they are used or not.
    """
    order = torch.randperm(_JITTERS, generator=generator).tolist()
    factors = [uniform(generator, max(0.0, 1 - most), 1 + most) for most in (brightness, contrast, saturation)]
    turn = uniform(generator, -hue, hue)
    for which in order:
        if which == 0 and brightness:
            frames = brightened(frames, factors[0])
        elif which == 1 and contrast:
            frames = contrasted(frames, factors[1])
        elif which == 2 and saturation:
            frames = saturated(frames, factors[2])
        elif which == 3 and hue:
            frames = turned(frames, turn)
    return frames


def grey(frames: Tensor) -> Tensor:
    """The frames without colour, (T, 3, H, W) with three times the same channel."""
    return greyed(frames).expand_as(frames).contiguous()


def blur(frames: Tensor, generator: Generator, sigma: tuple[float, float] = (0.1, 2.0)) -> Tensor:
    """The frames smoothed by a Gaussian of `sigma` pixels, one draw from this range (SimCLR, Chen et al. 2020).

    The Gaussian is cut at four sigma; the frame is mirrored at its border pixels, as often as a small one needs.
    """
    width = uniform(generator, *sigma)
    rows, columns = (_smoothing(length, width, frames) for length in frames.shape[-2:])  # (H, H), (W, W)
    return (rows @ frames @ columns.T).clamp_(0, 1)


def _smoothing(length: int, sigma: float, like: Tensor) -> Tensor:
    """The matrix (length, length) that smooths a line of pixels: for short lines quicker than a convolution."""
    reach = int(4 * sigma + 0.5)
    offsets = torch.arange(-reach, reach + 1, device=like.device)
    weights = torch.exp(-0.5 * (offsets.to(like.dtype) / sigma) ** 2)
    period = max(2 * (length - 1), 1)
    places = (torch.arange(length, device=like.device)[:, None] + offsets) % period  # (length, 2 reach + 1)
    places = torch.minimum(places, period - places)
    matrix = torch.zeros(length, length, dtype=like.dtype, device=like.device)
    return matrix.scatter_add_(1, places, (weights / weights.sum()).expand(length, -1))
