"""J and F on the CPU from masks of one bit a pixel: 64 pixels in one machine word, the same counts in less time."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
WORD = 64


def packed_frame_scores(
    predicted: NDArray[np.uint8], truth: NDArray[np.uint8], objects: int, radius: int
) -> list[tuple[float, float]]:
    """J and F of the objects 1 to O in two frames of ids (H, W)."""
    either = predicted | truth
    # One background row and column around all objects, or the border of the frame, are all that their scores need.
    box = _extent(either.max(axis=1)), _extent(np.bitwise_or.reduce(either, axis=0))
    predicted, truth = predicted[box], truth[box]
    width = predicted.shape[1]
    return [
        packed_scores(packed(predicted == number), packed(truth == number), width, radius)
        for number in range(1, objects + 1)
    ]


def packed(masks: NDArray[np.bool_]) -> Words:
    """Masks (..., H, W) as words (..., H, ceil(W / 64)): pixel x is bit x % 64 of word x // 64, the rest is 0."""
    width = masks.shape[-1]
    rows = np.packbits(masks, axis=-1, bitorder="little")
    whole = np.zeros((*masks.shape[:-1], 8 * math.ceil(width / WORD)), dtype=np.uint8)
    whole[..., : rows.shape[-1]] = rows
    return whole.view("<u8")


def packed_scores(predicted: Words, truth: Words, width: int, radius: int) -> tuple[float, float]:
    """J and F of one pair of packed masks (H, words) whose frame is `width` pixels wide.

    The rules are those of `region_similarity` and `boundary_f`. Only the rows and words that hold a mask, with one of
    margin, are worked on.
    """
    either = predicted | truth
    rows, words = _extent(np.bitwise_or.reduce(either, axis=1)), _extent(np.bitwise_or.reduce(either, axis=0))
    inner = np.full(predicted.shape[1], ~np.uint64(0))  # the columns that have an east neighbour
    if width:
        inner[(width - 1) // WORD] = (np.uint64(1) << np.uint64((width - 1) % WORD)) - np.uint64(1)
    predicted, truth, inner = predicted[rows, words], truth[rows, words], inner[words]
    region = _share(_count(predicted & truth), _count(either))
    found, true = _boundary(predicted, inner), _boundary(truth, inner)
    precision = _share(_count(found & _dilated(true, radius)), _count(found))
    recall = _share(_count(true & _dilated(found, radius)), _count(true))
    both = precision + recall
    return region, 2 * precision * recall / both if both else 0.0


def _boundary(masks: Words, inner: Words) -> Words:
    """The pixels that differ from their east, south or south-east neighbour, where they have one."""
    east = np.zeros_like(masks)
    _add_moved(east, masks, -1)
    boundary = (masks ^ east) & inner
    boundary[:-1] |= masks[:-1] ^ masks[1:]
    boundary[:-1] |= (masks[:-1] ^ east[1:]) & inner
    return boundary


def _dilated(maps: Words, radius: int) -> Words:
    """The pixels within `radius` of a set pixel. Bits beyond the width are not cleared: no boundary lies there."""
    height = len(maps)
    dilated, widened, reach = maps.copy(), maps.copy(), 0
    for y in range(radius, -1, -1):
        while reach < math.isqrt(radius * radius - y * y):  # the rows of a disk grow towards its middle
            reach += 1
            _add_moved(widened, maps, reach)
            _add_moved(widened, maps, -reach)
        if y == 0:
            dilated |= widened
        elif y < height:
            dilated[y:] |= widened[:-y]
            dilated[:-y] |= widened[y:]
    return dilated


def _add_moved(target: Words, maps: Words, distance: int) -> None:
    """Set in `target` the pixels of the maps moved east by `distance`, or west where it is negative."""
    words, bits = divmod(abs(distance), WORD)
    shift, rest = np.uint64(bits), np.uint64(WORD - bits)
    count = maps.shape[1] - words
    if count <= 0:
        return
    if distance > 0:
        target[:, words:] |= maps[:, :count] << shift
        if bits:
            target[:, words + 1 :] |= maps[:, : count - 1] >> rest
    else:
        target[:, :count] |= maps[:, words:] >> shift
        if bits:
            target[:, : count - 1] |= maps[:, words + 1 :] << rest


def _extent(occupied: NDArray[Any]) -> slice:
    """The indices from the first to the last value that is not 0, and one more on either side where there is one."""
    places = np.flatnonzero(occupied)
    return slice(max(int(places[0]) - 1, 0), int(places[-1]) + 2) if len(places) else slice(0, 0)


def _count(maps: Words) -> int:
    return int(np.bitwise_count(maps).sum(dtype=np.int64))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
