"""Packed masks give the counts that boolean masks give."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corrbench.metrics.boundary import boundary_f, boundary_map, dilate_disk
from corrbench.metrics.packed import packed_frame_scores
from corrbench.metrics.packed_bands import Bands
from corrbench.metrics.region import region_similarity

N = np.newaxis


def test_a_bit_is_a_pixel_of_a_band() -> None:
    box = np.zeros((8, 3), dtype=np.uint8)  # bands of two rows
    box[0, 0] = 1  # predicted, first band
    box[2, 0] = 16  # true, second band
    box[7, 2] = 17  # both, second row of the fourth band
    bands = Bands(((8, 3),), radius=0)
    assert bands.packed([box]).reshape(-1, bands.stride)[:2, :3].tolist() == [[0b0010_0001, 0, 0], [0, 0, 0b1000_1000]]


def test_a_band_has_the_rows_of_its_neighbours_within_the_radius_and_one_more_below() -> None:
    box = np.arange(8, dtype=np.uint8)[:, N] % 2  # rows 1, 3, 5 and 7
    bands = Bands(((8, 1),), radius=2)
    rows = bands.packed([box]).reshape(-1, bands.stride)[:, 0]
    assert rows.tolist() == [0b1110 * row for row in (0, 1)] + [0b1111 * row for row in (0, 1)] + [
        0b0111 * row for row in (0, 1)
    ] + [0]


def ids(height: int, width: int, objects: int, random: np.random.Generator) -> np.ndarray:
    """A frame of a few rectangles of ids 0 to O, some of which reach over the border, and a little void."""
    frame = np.zeros((height, width), dtype=np.uint8)
    for number in random.permutation([*range(objects + 1), *range(objects + 1), 255]):
        top, left = random.integers(-3, height), random.integers(-3, width)
        tall, wide = random.integers(0, height + 4), random.integers(0, width + 4)
        frame[max(0, top) : max(0, top + tall), max(0, left) : max(0, left + wide)] = number
    return frame


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 90),
    objects=st.integers(0, 4),
    radius=st.integers(0, 30),
    seed=st.integers(0, 2**31),
)
@example(height=1, width=1, objects=1, radius=0, seed=0)
@example(height=40, width=1, objects=2, radius=30, seed=1)
@example(height=1, width=90, objects=2, radius=30, seed=1)
def test_packed_scores_equal_plain_scores(height: int, width: int, objects: int, radius: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    predicted, truth = ids(height, width, objects, random), ids(height, width, objects, random)
    scores = packed_frame_scores(predicted, truth, objects, radius)
    numbers = torch.arange(1, objects + 1)[:, None, None]
    masks = torch.from_numpy(predicted) == numbers, torch.from_numpy(truth) == numbers  # (O, H, W)
    assert scores.region == region_similarity(*masks).tolist()
    assert scores.boundary == boundary_f(*masks, radius).tolist()
    assert scores.absent == (~masks[1].any(2).any(1)).tolist()


@settings(max_examples=60, deadline=None)
@given(size=st.tuples(st.integers(1, 30), st.integers(1, 30)), radius=st.integers(0, 12), seed=st.integers(0, 2**31))
def test_packed_boundaries_and_disks_are_the_plain_ones(size: tuple[int, int], radius: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    boxes = [random.random(size) < 0.1, random.random((9, 5)) < 0.5]
    bands = Bands((size, (9, 5)), radius)
    boundaries = bands.boundary(bands.packed([box.view(np.uint8) for box in boxes]))
    dilated = bands.dilated(boundaries)
    for index, box in enumerate(boxes):
        plain = boundary_map(torch.from_numpy(box))
        assert np.array_equal(unpacked(bands, boundaries[bands.own], index), plain)
        assert np.array_equal(unpacked(bands, dilated, index), dilate_disk(plain, radius))


def unpacked(bands: Bands, own: np.ndarray, index: int) -> np.ndarray:
    """The predicted pixels of one box, (h, w), from the bands' own bytes."""
    (height, width), rows = bands.sizes[index], bands.rows[index]
    first = bands.starts[index] - bands.radius
    lines = own.reshape(-1, bands.stride)[first : first + rows, :width]
    return np.concatenate([lines >> band & 1 for band in range(4)])[:height].astype(bool)


@pytest.mark.parametrize("count", [1, 9, 40])
def test_many_objects_are_scored_each_for_itself(count: int) -> None:
    truth = np.zeros((10, 2 * count), dtype=np.uint8)
    truth[2:8, ::2] = np.arange(1, count + 1)
    predicted = truth.copy()
    predicted[2:5, 0] = 0  # half of object 1
    scores = packed_frame_scores(predicted, truth, count, radius=1)
    assert scores.region == [0.5] + [1.0] * (count - 1)
    assert scores.absent == [False] * count
