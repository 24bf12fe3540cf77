"""A box read from a soft mask."""

import numpy as np
from scipy import ndimage
from torch import Tensor

from corrbench.tracking.rectangles import Rectangle, around
from corrbench.tracking.rules import MaskTrackerRule

CELL_VARIANCE = 1 / 12  # of mass that is spread evenly over one cell


def box_of_mask(soft: Tensor, rule: MaskTrackerRule) -> Rectangle | None:
    """The box in cells of a soft mask (h, w), cell i covering [i, i + 1]; None where no label reaches the least peak.

    Of the cells above the threshold, those of the connected part (by edges) with the largest mass count. The middle is
    that of their mass; mass spread evenly over a rectangle of side a has the standard deviation a / sqrt(12).
    """
    values = soft.double().cpu().numpy()
    highest = values.max()
    if not highest >= rule.least_peak or highest <= 0:
        return None
    parts, count = ndimage.label(values >= rule.threshold * highest)
    masses = ndimage.sum_labels(values, parts, np.arange(1, count + 1))
    mass = np.where(parts == 1 + int(masses.argmax()), values, 0)
    (y, half_height), (x, half_width) = (_spread(mass.sum(axis), rule.half_side) for axis in (1, 0))
    return around((x, y), 2 * half_width, 2 * half_height)


def _spread(mass: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", half_side: float) -> tuple[float, float]:
    """The middle and half the side that the mass along an axis, (n,), has."""
    places = np.arange(len(mass)) + 0.5
    middle = float(np.average(places, weights=mass))
    variance = float(np.average((places - middle) ** 2, weights=mass)) + CELL_VARIANCE
    return middle, half_side * variance**0.5
