"""The rules of the trackers: all numbers that can change a box beside those of features and propagation."""

import math
from dataclasses import dataclass

from corrbench.errors import SettingError

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class MaskTrackerRule:
    """A box carried as a soft mask, in a square around the last box."""

    search_factor: float  # the side of the square in units of sqrt(w * h)
    border_colour: Colour | None  # RGB in [0, 1] of what lies outside of the frame; None: the frame's mean colour
    threshold: float  # cells belong to the mask from this share of the highest label on
    least_peak: float  # of the highest label; below it the last box is kept
    half_side: float  # of the box, in standard deviations of the mass along its axis
    size_memory: float  # the share of the last size in the new one
    least_scale: float  # of the sides, in units of the first ones
    most_scale: float

    def __post_init__(self) -> None:
        _check_scales(self.search_factor, self.least_scale, self.most_scale)
        _check_between("threshold", self.threshold, 0, 1)
        _check_between("least_peak", self.least_peak, 0, 1)
        _check_between("size_memory", self.size_memory, 0, 1)
        _check_above("half_side", self.half_side, 0)


@dataclass(frozen=True)
class SearchRule:
    """A template looked for around the last box, at several sizes: what the two correlation trackers share."""

    search_factor: float  # the sides of the region in units of those of the box
    border_colour: Colour | None  # as of MaskTrackerRule
    scales: int  # regions of different sizes
    scale_step: float  # from one to the next
    scale_penalty: float  # a response counts times this, once for each step from the last size
    least_scale: float  # of the sides, in units of the first ones
    most_scale: float
    least_pixels: float  # of the sides

    def __post_init__(self) -> None:
        _check_scales(self.search_factor, self.least_scale, self.most_scale)
        if self.scales < 1 or self.scales % 2 == 0:
            raise SettingError(f"scales={self.scales} does not fit: it has to be odd, the last size in the middle")
        _check_above("scale_step", self.scale_step, 1)
        _check_between("scale_penalty", self.scale_penalty, 0, 1)
        _check_above("least_pixels", self.least_pixels, 0)


@dataclass(frozen=True)
class XcorrRule(SearchRule):
    """Cross-correlation with the cells of the first box."""


@dataclass(frozen=True)
class DcfRule(SearchRule):
    """A correlation filter that is learned in the first frame and adapts."""

    label_sigma: float  # of the wanted response, in units of the sides of the box
    regularisation: float
    learning_rate: float  # the share of each new frame in the filter

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_above("label_sigma", self.label_sigma, 0)
        _check_above("regularisation", self.regularisation, 0)
        _check_between("learning_rate", self.learning_rate, 0, 1)


TrackerRule = MaskTrackerRule | XcorrRule | DcfRule


def _check_scales(search_factor: float, least: float, most: float) -> None:
    _check_above("search_factor", search_factor, 1)
    _check_between("least_scale", least, 0, 1)
    if not 1 <= most < math.inf:
        raise SettingError(f"most_scale={most} does not fit: it has to be at least 1")


def _check_above(name: str, value: float, bound: float) -> None:
    if not bound < value < math.inf:
        raise SettingError(f"{name}={value} does not fit: it has to be above {bound}")


def _check_between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SettingError(f"{name}={value} does not fit: it has to be between {low} and {high}")
