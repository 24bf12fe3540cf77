"""A colour channel is hidden from the network, so that it can be asked for it: MAST's information bottleneck.

MAST, arXiv 2002.07793, section 3.2 (76fb1732, models/mast.py: `dropout2d_lab`); Spa-then-Temp 041a618,
vcl/models/trackers/framework.py, where a comment says that the kept channels are returned: the hidden one is.
"""

from torch import Generator, Tensor

from corrbench.training.augment import whole_number

LAB = (1, 2)  # a and b: lightness is never hidden


def channel_dropout(frames: Tensor, generator: Generator, channels: tuple[int, ...] = LAB) -> tuple[Tensor, int]:
    """The frames (..., 3, H, W) with one of the given channels 0 and the others times 3/2, and which one it was.

    The same channel for all frames; one draw.
    """
    channel = channels[whole_number(generator, 0, len(channels) - 1)]
    kept = frames.new_full((3, 1, 1), 1.5)
    kept[channel] = 0
    return frames * kept, channel
