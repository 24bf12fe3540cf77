"""The parts of a protocol beside the propagation: frames, labels and scores."""

import math
from dataclasses import dataclass
from typing import Literal

from corrbench.core.resample import Bilinear, Nearest
from corrbench.errors import SettingError


@dataclass(frozen=True)
class FrameRule:
    """The size that frames have when a method sees them. Bilinear as in cv2, without antialias, on float RGB."""

    resize: Literal["native", "short_side", "square", "rectangle"]
    size: int  # pixels of the short side, of both sides, or of the height; 0 where native
    multiple: int  # the long side is floored to a multiple of it; 1 rounds it to the nearest pixel
    width: int = 0  # pixels of a row of a rectangle
    shrink: int = 0
    # Pixels of a side of the square that frames are first brought to, by Lanczos with antialias; 0: they are not.

    def __post_init__(self) -> None:
        if self.resize == "rectangle" and self.width < 1:
            raise SettingError(f"width={self.width} does not fit resize=rectangle: give the pixels of a row")
        if self.resize != "native" and self.size < 1:
            raise SettingError(f"size={self.size} does not fit resize={self.resize}: give the pixels of a side")
        if self.multiple < 1:
            raise SettingError(f"multiple={self.multiple} does not fit: it has to be at least 1")
        if self.shrink < 0:
            raise SettingError(f"shrink={self.shrink} does not fit: it has to be at least 0")


@dataclass(frozen=True)
class MaskRule:
    """How a mask becomes soft labels on the feature grid, and how those become a mask again."""

    channels: Literal["first_frame", "grid"]  # one per id of the full mask, or up to the largest id left on the grid
    label_down: Literal["bilinear", "centre", "corner", "strided"]
    # Of the one-hot mask (cv2); nearest of the ids; or every s-th row and column of them, with s the stride.
    upsample_to: Literal["network", "original"]  # the size at which the argmax is taken
    upsample: Bilinear
    output_norm: Literal["none", "minmax", "grid"]
    # Each channel is stretched to [0, 1] before the argmax: at the size of that, or on the grid.
    resize_back: Nearest  # from the network's size to the original one
    first_output: Literal["label", "truth"]  # what is written as frame 0: the re-sampled label, or the ground truth
    label_resize: Literal["centre", "corner", "bilinear"] = "centre"
    # How the ids come to the network's size where `label_down` is bilinear: nearest, or (videowalk's mistake) bilinear,
    # which makes ids in between along the borders.
    least_pixels: int = 0  # ids that hold fewer pixels of frame 0 at the network's size have no channel


@dataclass(frozen=True)
class PointRule:
    """How points become soft labels on the feature grid, one channel each, and how those become points again."""

    drawn_at: Literal["grid", "original"]
    # What the blob of a point is drawn on. grid: the cells (videowalk, UVC). original: the pixels of the frame, resized
    # to the network's size (cv2) and from there to the grid (torch) (VFS, Spa-then-Temp).
    sigma: float  # in cells or pixels of that; a blob reaches three of them
    drawn: Literal["all", "visible"]  # whether points that are not visible get a blob too, where it reaches the frame
    background: bool  # whether channel 0 is 1 where no point is
    output_norm: Literal["none", "minmax"]  # each channel stretched to [0, 1] before the read-out
    readout_at: Literal["grid", "network", "original"]  # the size of the map that points are read from
    upsample: Bilinear
    readout_topk: int  # the largest values, whose places are averaged with the values as weights
    coordinates: Literal["corner", "centre"]  # x / w * W, or (x + 0.5) / w * W - 0.5
    first_output: Literal["label", "drawing"]  # what frame 0 is read from: its soft labels, or the blobs as drawn

    def __post_init__(self) -> None:
        if self.readout_topk < 1:
            raise SettingError(f"readout_topk={self.readout_topk} does not fit: it has to be at least 1")
        if not (self.sigma > 0 and math.isfinite(self.sigma)):
            raise SettingError(f"sigma={self.sigma} does not fit: it has to be above 0")


@dataclass(frozen=True)
class SegmentationScoring:
    """J and F and their statistics."""

    boundary_tolerance: float  # of the boundary measure, as a fraction of the image diagonal
    recall_threshold: float
    decay_bins: int
    skip_first: int  # frames at the start and at the end that are not scored
    skip_last: int
    truth_height: int = 0  # pixels of the annotations when they are compared, resized by nearest neighbour, and of
    truth_width: int = 0  # what is predicted; 0: as they are

    def __post_init__(self) -> None:
        least = {"boundary_tolerance": 0, "decay_bins": 1, "skip_first": 0, "skip_last": 0}
        least |= {"truth_height": 0, "truth_width": 0}
        for key, value in least.items():
            if not getattr(self, key) >= value:
                raise SettingError(f"{key}={getattr(self, key)} does not fit: it has to be at least {value}")
