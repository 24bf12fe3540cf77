"""What holds for any masks: drawn as toggled rectangles, so that holes, borders and empty masks all occur."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation
from torch import Tensor

from corrbench.metrics.boundary import boundary_f, dilate_disk
from corrbench.metrics.region import region_similarity
from corrbench.metrics.segmentation import batch_scores, frame_scores

RADII = st.integers(0, 6)


@st.composite
def masks(draw: st.DrawFn, count: int) -> Tensor:
    """Masks of one size, (count, 2, H, W): pairs of a prediction and a truth."""
    height, width = draw(st.integers(1, 16)), draw(st.integers(1, 16))
    stack = torch.zeros(count, 2, height, width, dtype=torch.bool)
    for mask in stack.flatten(0, 1):
        for _ in range(draw(st.integers(0, 3))):
            top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
            bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
            mask[top:bottom, left:right] ^= True
    return stack


@given(masks(count=1), RADII)
def test_dilation_equals_that_of_scipy(stack: Tensor, radius: int):
    offsets = np.arange(-radius, radius + 1)
    disk = offsets[:, None] ** 2 + offsets**2 <= radius**2
    for mask in stack[0]:
        expected = binary_dilation(mask.numpy(), disk)
        assert np.array_equal(dilate_disk(mask, radius).numpy(), expected)


@given(masks(count=1), RADII)
def test_both_measures_are_symmetric(stack: Tensor, radius: int):
    predicted, truth = stack[0]
    assert torch.equal(region_similarity(predicted, truth), region_similarity(truth, predicted))
    assert torch.equal(boundary_f(predicted, truth, radius), boundary_f(truth, predicted, radius))


@given(masks(count=1), RADII)
def test_a_mask_agrees_with_itself(stack: Tensor, radius: int):
    truth = stack[0]
    assert region_similarity(truth, truth).tolist() == [1, 1]
    assert boundary_f(truth, truth, radius).tolist() == [1, 1]


@given(masks(count=2), st.permutations([1, 2, 3]))
def test_permuting_the_ids_permutes_the_values_only(stack: Tensor, order: list[int]):
    ids = (stack * torch.tensor([1, 2])[:, None, None, None]).sum(0).byte()  # (2, H, W), ids 0 to 3
    renamed = torch.tensor([0, *order], dtype=torch.uint8)[ids.long()]
    before = frame_scores(*ids, objects=3, tolerance=0.1)
    after = frame_scores(*renamed, objects=3, tolerance=0.1)
    for values, permuted in zip(before, after, strict=True):
        assert permuted[[i - 1 for i in order]].tolist() == values.tolist()


@given(masks(count=4))
def test_a_batch_scores_as_its_frames_do_one_by_one(stack: Tensor):
    frames = (stack.unflatten(0, (2, 2)) * torch.tensor([1, 2])[:, None, None, None]).sum(1).byte()  # (2, 2, H, W)
    predicted, truth = frames.unbind(1)  # (B, H, W), ids 0 to 3
    batch = batch_scores(predicted, truth, objects=3, tolerance=0.1)
    one_by_one = [frame_scores(p, t, objects=3, tolerance=0.1) for p, t in zip(predicted, truth, strict=True)]
    assert torch.equal(batch.region, torch.stack([region for region, _ in one_by_one]))
    assert torch.equal(batch.boundary, torch.stack([boundary for _, boundary in one_by_one]))


@given(masks(count=1), st.integers(1, 5))
def test_background_around_a_frame_leaves_j(stack: Tensor, margin: int):
    padded = torch.nn.functional.pad(stack, (margin,) * 4)
    assert torch.equal(region_similarity(*stack[0]), region_similarity(*padded[0]))
