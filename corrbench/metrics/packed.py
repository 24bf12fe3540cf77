"""J and F on the CPU from masks of eight pixels a byte: the same counts as from booleans, in less time."""

from collections.abc import Sequence

import numpy as np

from corrbench.metrics.counting import FrameScores
from corrbench.metrics.packed_bands import BANDS, TRUE, WORD, Bands, Bytes

TOGETHER = 4  # masks at most, as large as the frame, at a time
LOW = np.uint64(0x0F0F0F0F0F0F0F0F)  # the predicted pixels in a word of packed masks


def packed_frame_scores(predicted: Bytes, truth: Bytes, objects: int, radius: int) -> FrameScores:
    """J and F of the objects 1 to O in two frames of ids (H, W), by the rules of region_similarity and boundary_f."""
    return packed_scores([(predicted, truth)], objects, radius)[0]


def packed_scores(frames: Sequence[tuple[Bytes, Bytes]], objects: int, radius: int) -> list[FrameScores]:
    """What packed_frame_scores gives for each of these pairs, predicted and true, all moved and counted together.

    So the arrays are fewer and longer, and threads that share an interpreter wait less for each other.
    """
    if not objects:
        return [FrameScores([], [], []) for _ in frames]
    boxes = [box for predicted, truth in frames for box in _boxes(predicted, truth, objects)]
    bands = Bands(tuple((len(box), box.shape[1]) for box in boxes), radius)
    masks = bands.packed(boxes)
    boundaries = bands.boundary(masks)
    near = bands.dilated(boundaries)
    values = [_values(*counts) for counts in _counts(bands, masks[bands.own], boundaries[bands.own], near)]
    each = [zip(*values[start : start + objects], strict=True) for start in range(0, len(values), objects)]
    return [FrameScores(*map(list, measures)) for measures in each]


def _values(
    areas: int, predicted_area: int, shared: int, lengths: int, predicted_length: int, right: int, found: int
) -> tuple[float, float, bool]:
    """J and F of a box, and whether the truth lacks its object, from the counts of _counts."""
    precision, recall = _share(right, predicted_length), _share(found, lengths - predicted_length)
    both = precision + recall
    boundary = 2 * precision * recall / both if both else 0.0
    return _share(shared, areas - shared), boundary, areas == predicted_area


def _boxes(predicted: Bytes, truth: Bytes, objects: int) -> list[Bytes]:
    """PREDICTED and TRUE of the pixels that hold both masks of each object, with a margin of one pixel: (h, w) each.

    That is all that the scores need: the margin, where the frame has one, has the boundary in the north-west, and
    dilations are read on boundaries only.
    """
    boxes: list[Bytes] = []
    for start in range(1, objects + 1, TOGETHER):
        numbers = np.arange(start, min(start + TOGETHER, objects + 1), dtype=np.uint8)[:, None, None]
        masks = (truth == numbers).view(np.uint8)  # (O, H, W)
        masks *= np.uint8(TRUE)
        masks |= predicted == numbers  # PREDICTED is 1
        rows, columns = np.bitwise_or.reduce(masks, axis=2), np.bitwise_or.reduce(masks, axis=1)
        extents = [(_extent(y), _extent(x)) for y, x in zip(rows, columns, strict=True)]
        boxes += [mask[extent].copy() for mask, extent in zip(masks, extents, strict=True)]  # the rest is free again
    return boxes


def _extent(occupied: Bytes) -> slice:
    """The indices from the first to the last value that is not 0, and one more on either side where there is one."""
    places = np.flatnonzero(occupied)
    return slice(max(int(places[0]) - 1, 0), int(places[-1]) + 2) if len(places) else slice(0, 0)


def _counts(bands: Bands, masks: Bytes, boundaries: Bytes, near: Bytes) -> list[list[int]]:
    """The pixels of each box in the bands' own bytes.

    In this order: of both masks, of the predicted one, of both at once; of both boundaries, of the predicted one, of
    this where the true one is near, of the true one where this is near.
    """
    areas, lengths, reached = (array.view(np.uint64) for array in (masks, boundaries, near))
    shared = areas >> BANDS
    shared &= areas
    right = reached >> BANDS
    right &= lengths
    found = reached << BANDS
    found &= lengths
    counted = (areas, areas & LOW, shared & LOW, lengths, lengths & LOW, right & LOW, found & ~LOW)
    bits = np.empty((len(counted), len(areas)), dtype=np.uint8)
    for row, words in zip(bits, counted, strict=True):
        np.bitwise_count(words, out=row)
    counts, width = [], bands.stride // WORD
    for start, rows in zip(bands.starts, bands.rows, strict=False):
        first = (start - bands.radius) * width
        counts.append(bits[:, first : first + rows * width].sum(axis=1, dtype=np.uint32).tolist())
    return counts


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
