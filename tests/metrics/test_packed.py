"""Packed masks give the counts that boolean masks give."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corrbench.metrics.boundary import boundary_f_whole_frame
from corrbench.metrics.packed import packed, packed_scores
from corrbench.metrics.region import region_similarity


def test_pixel_x_is_a_bit_of_its_word() -> None:
    mask = np.zeros((1, 70), dtype=bool)
    mask[0, [0, 3, 64, 69]] = True
    assert packed(mask).tolist() == [[0b1001, 0b100001]]


def blobs(height: int, width: int, count: int, random: np.random.Generator) -> np.ndarray:
    """A mask of a few rectangles, some of which reach over the border."""
    mask = np.zeros((height, width), dtype=bool)
    for _ in range(count):
        top, left = random.integers(-3, height), random.integers(-3, width)
        tall, wide = random.integers(1, height + 4), random.integers(1, width + 4)
        mask[max(0, top) : top + tall, max(0, left) : left + wide] ^= True
    return mask


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 200),
    predicted=st.integers(0, 4),
    truth=st.integers(0, 4),
    radius=st.integers(0, 80),
    seed=st.integers(0, 2**31),
)
def test_packed_scores_equal_plain_scores(
    height: int, width: int, predicted: int, truth: int, radius: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    masks = blobs(height, width, predicted, random), blobs(height, width, truth, random)
    tensors = torch.from_numpy(masks[0]), torch.from_numpy(masks[1])
    plain = region_similarity(*tensors).item(), boundary_f_whole_frame(*tensors, radius).item()
    assert packed_scores(packed(masks[0]), packed(masks[1]), width, radius) == plain
