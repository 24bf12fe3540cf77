"""The parts of a protocol beside the propagation: frames, labels and scores."""

from dataclasses import dataclass
from typing import Literal

from corrbench.core.resample import Bilinear, Nearest
from corrbench.errors import SettingError


@dataclass(frozen=True)
class FrameRule:
    """The size that frames have when a method sees them. Bilinear as in cv2, without antialias, on float RGB."""

    resize: Literal["native", "short_side", "square"]
    size: int  # pixels of the short side, or of both sides; 0 where native
    multiple: int  # the long side is floored to a multiple of it; 1 rounds it to the nearest pixel

    def __post_init__(self) -> None:
        if self.resize != "native" and self.size < 1:
            raise SettingError(f"size={self.size} does not fit resize={self.resize}: give the pixels of a side")
        if self.multiple < 1:
            raise SettingError(f"multiple={self.multiple} does not fit: it has to be at least 1")


@dataclass(frozen=True)
class MaskRule:
    """How a mask becomes soft labels on the feature grid, and how those become a mask again."""

    channels: Literal["first_frame", "grid"]  # one per id of the full mask, or up to the largest id left on the grid
    label_down: Literal["bilinear", "centre", "corner"]  # of the one-hot mask (cv2), or nearest of the ids
    upsample_to: Literal["network", "original"]  # the size at which the argmax is taken
    upsample: Bilinear
    output_norm: Literal["none", "minmax"]  # each channel stretched to [0, 1] before the argmax
    resize_back: Nearest  # from the network's size to the original one
    first_output: Literal["label", "truth"]  # what is written as frame 0: the re-sampled label, or the ground truth


@dataclass(frozen=True)
class PointRule:
    """How points become soft labels on the feature grid, one channel each, and how those become points again."""

    blob: Literal["table", "gaussian"]
    # table: 4 x 4 cells around the point, pasted on the grid, sigma in cells (videowalk, UVC). gaussian: 25 x 25 pixels
    # around the truncated point at the network's size, sigma in those pixels, then bilinear to the grid (VFS).
    sigma: float
    background: bool  # whether channel 0 is 1 where no point is
    readout_at: Literal["grid", "network", "original"]  # the size of the map that points are read from
    upsample: Bilinear
    readout_topk: int  # the largest values, whose places are averaged with the values as weights
    coordinates: Literal["corner", "centre"]  # cell / grid * size, or (cell + 0.5) / grid * size - 0.5

    def __post_init__(self) -> None:
        if self.readout_topk < 1:
            raise SettingError(f"readout_topk={self.readout_topk} does not fit: it has to be at least 1")


@dataclass(frozen=True)
class SegmentationScoring:
    """J and F and their statistics."""

    boundary_tolerance: float  # of the boundary measure, as a fraction of the image diagonal
    recall_threshold: float
    decay_bins: int
    skip_first: int  # frames at the start and at the end that are not scored
    skip_last: int

    def __post_init__(self) -> None:
        least = {"boundary_tolerance": 0, "decay_bins": 1, "skip_first": 0, "skip_last": 0}
        for key, value in least.items():
            if not getattr(self, key) >= value:
                raise SettingError(f"{key}={getattr(self, key)} does not fit: it has to be at least {value}")
