"""Pairs of frames of a clip: the reference first, the query after it."""

from torch import Generator, Tensor

from corrbench.errors import SettingError
from corrbench.training.augment import chance, crop_resized, flip, random_box, whole_number
from corrbench.training.recipe import Kind

# Of the crop, the same for both frames (Spa-then-Temp 041a618, configs/train/train.py).
AREA = (0.6, 1.0)  # of the frame
RATIO = (1.5, 2.0)  # width by height, before the crop is made square
MIRRORED = 0.5  # chance


class Pairs:
    """Two frames of a clip, a gap apart, in one crop that is squeezed into a square."""

    kind: Kind = "videos"
    frames_per_item = 2

    def __init__(self, size: int, gaps: tuple[int, ...]) -> None:
        if size < 1 or not gaps or min(gaps) < 1:
            raise SettingError(f"size={size} with gaps={gaps} does not fit; give pixels and gaps of 1 or more")
        self.size, self.gaps = size, gaps
        self.least_frames = min(gaps) + 1

    def choose(self, length: int, generator: Generator) -> list[int]:
        """A start and the frame one gap later; gaps that fit into the clip are alike, and so are starts."""
        fitting = [gap for gap in self.gaps if gap < length]
        gap = fitting[whole_number(generator, 0, len(fitting) - 1)]
        start = whole_number(generator, 0, length - 1 - gap)
        return [start, start + gap]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        """`frames`: the pair (2, 3, size, size), RGB in [0, 1]."""
        height, width = frames.shape[-2:]
        cropped = crop_resized(frames, random_box(height, width, generator, area=AREA, ratio=RATIO), self.size)
        return {"frames": flip(cropped) if chance(generator, MIRRORED) else cropped}
