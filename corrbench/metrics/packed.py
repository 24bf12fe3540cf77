"""J and F on the CPU from masks of one bit a pixel: 64 pixels in one machine word, the same counts in less time."""

import math

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
WORD = 64


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
    rows, words = _extent(np.any(either, axis=1)), _extent(np.any(either, axis=0))
    inner = np.full(predicted.shape[1], ~np.uint64(0))  # the columns that have an east neighbour
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
    east = _moved(masks, -1)
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
            widened |= _moved(maps, reach)
            widened |= _moved(maps, -reach)
        if y == 0:
            dilated |= widened
        elif y < height:
            dilated[y:] |= widened[:-y]
            dilated[:-y] |= widened[y:]
    return dilated


def _moved(maps: Words, distance: int) -> Words:
    """The maps moved east by `distance` pixels, or west where it is negative; what leaves the words is lost."""
    words, bits = divmod(abs(distance), WORD)
    shift, rest = np.uint64(bits), np.uint64(WORD - bits)
    moved = np.zeros_like(maps)
    count = maps.shape[1] - words
    if count <= 0:
        return moved
    if distance >= 0:
        moved[:, words:] = maps[:, :count] << shift
        if bits:
            moved[:, words + 1 :] |= maps[:, : count - 1] >> rest
    else:
        moved[:, :count] = maps[:, words:] >> shift
        if bits:
            moved[:, : count - 1] |= maps[:, words + 1 :] << rest
    return moved


def _extent(occupied: NDArray[np.bool_]) -> slice:
    """The indices from the first to the last True, and one more on either side where there is one."""
    places = np.flatnonzero(occupied)
    return slice(max(int(places[0]) - 1, 0), int(places[-1]) + 2) if len(places) else slice(0, 0)


def _count(maps: Words) -> int:
    return int(np.bitwise_count(maps).sum(dtype=np.int64))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
