"""J and F on the CPU from masks of eight pixels a byte: the same counts as from booleans, in less time."""

import numpy as np
from numpy.typing import NDArray

from corrbench.metrics.counting import FrameScores
from corrbench.metrics.packed_bands import BANDS, TRUE, WORD, Bands, Bytes

LOW = np.uint64(0x0F0F0F0F0F0F0F0F)  # the predicted pixels in a word of packed masks


def packed_frame_scores(predicted: Bytes, truth: Bytes, objects: int, radius: int) -> FrameScores:
    """J and F of the objects 1 to O in two frames of ids (H, W), by the rules of region_similarity and boundary_f."""
    if not objects:
        return FrameScores([], [], [])
    boxes = [_box(predicted == number, truth == number) for number in range(1, objects + 1)]
    bands = Bands(tuple((len(box), box.shape[1]) for box in boxes), radius)
    masks = bands.packed(boxes)
    boundaries = bands.boundary(masks)
    near = bands.dilated(boundaries)
    region, boundary, absent = [], [], []
    for counts in _counts(bands, masks[bands.own], boundaries[bands.own], near):
        areas, predicted_area, shared, lengths, predicted_length, right, found = counts
        region.append(_share(shared, areas - shared))
        precision, recall = _share(right, predicted_length), _share(found, lengths - predicted_length)
        both = precision + recall
        boundary.append(2 * precision * recall / both if both else 0.0)
        absent.append(areas == predicted_area)
    return FrameScores(region, boundary, absent)


def _box(predicted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> Bytes:
    """PREDICTED and TRUE of the pixels that hold both masks, with one of margin where the frame has one: (h, w).

    That is all that the scores need: the margin has the boundary in the north-west, and dilations are read on
    boundaries only.
    """
    box = truth.view(np.uint8) * np.uint8(TRUE)
    box |= predicted.view(np.uint8)  # PREDICTED is 1
    box = box[:, _extent(np.bitwise_or.reduce(box, axis=0))]
    return box[_extent(np.bitwise_or.reduce(box, axis=1))].copy()  # what is cut off is free for the next object


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
