"""How the mask tracker brings what it remembers to the crop of the query frame."""

from dataclasses import replace

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.propagation.propagate import propagate
from corrbench.protocols.tracking import MASK
from corrbench.tracking.mask import UNSEEN, Glimpse, MaskTracker
from corrbench.tracking.rectangles import Rectangle, coverage
from corrbench.tracking.rules import MaskTrackerRule


def numbered(region: Rectangle, size: int = 4) -> Glimpse:
    """Cells whose key and label are their number, row by row from 1."""
    numbers = torch.arange(1.0, size * size + 1).reshape(size, size)
    return Glimpse(region, numbers[..., None], torch.stack([-numbers, numbers]))


def test_the_same_region_is_seen_unchanged() -> None:
    region = Rectangle(3.3, -7.1, 40.7, 40.7)
    seen = numbered(region).seen_from(region)
    assert seen.keys[..., 0].equal(numbered(region).keys[..., 0])
    assert seen.keys[..., 1].eq(0).all()
    assert seen.soft.equal(numbered(region).soft)


def test_a_region_moved_by_whole_cells_is_a_shift() -> None:
    seen = numbered(Rectangle(0, 0, 40, 40)).seen_from(Rectangle(10, 20, 40, 40))
    assert seen.soft[1].tolist() == [[10, 11, 12, 0], [14, 15, 16, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert seen.keys[..., 1].tolist() == [
        [0, 0, 0, UNSEEN],
        [0, 0, 0, UNSEEN],
        [UNSEEN] * 4,
        [UNSEEN] * 4,
    ]


def test_a_part_of_a_cell_is_rounded_to_the_cell_that_the_centre_lies_in() -> None:
    seen = numbered(Rectangle(0, 0, 40, 40)).seen_from(Rectangle(4, -6, 40, 40))
    assert seen.soft[1].tolist() == [[0, 0, 0, 0], [1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def test_a_region_of_another_size_repeats_or_skips_cells() -> None:
    smaller = numbered(Rectangle(0, 0, 40, 40)).seen_from(Rectangle(10, 10, 20, 20))
    assert smaller.soft[1].tolist() == [[6, 6, 7, 7], [6, 6, 7, 7], [10, 10, 11, 11], [10, 10, 11, 11]]
    larger = numbered(Rectangle(0, 0, 40, 40)).seen_from(Rectangle(-20, -20, 80, 80))
    assert larger.soft[1].tolist() == [[0, 0, 0, 0], [0, 6, 8, 0], [0, 14, 16, 0], [0, 0, 0, 0]]


def test_a_region_far_away_shows_nothing() -> None:
    seen = numbered(Rectangle(0, 0, 40, 40)).seen_from(Rectangle(500, 0, 40, 40))
    assert seen.soft.eq(0).all()
    assert seen.keys[..., 1].eq(UNSEEN).all()


def test_memory_does_not_grow_with_the_video() -> None:
    def look(regions: object) -> Tensor:
        return torch.rand(1, 2, 8, 8)

    tracker = MaskTracker(Rectangle(10, 10, 8, 8), look, MASK.part(MaskTrackerRule), MASK.propagation, stride=64)
    for _ in range(12):
        tracker.step(look)
    assert sorted(tracker._glimpses) == [0, 8, 9, 10, 11, 12]


@settings(deadline=None, max_examples=15)
@given(
    st.integers(0, 10_000), st.sampled_from(["padded", "with_first", "without_first"]), st.sampled_from([16, 32, 64])
)
def test_around_a_box_that_rests_labels_are_carried_as_in_whole_frames(seed: int, window: str, stride: int) -> None:
    features = torch.randn(9, 6, 12, 12, generator=torch.Generator().manual_seed(seed))
    rule = replace(MASK.propagation, window=window)
    box = Rectangle(10, 20, 12, 12)
    shown = iter(features)
    resting = replace(MASK.part(MaskTrackerRule), search_factor=20.0)  # no cell is covered by more than .09: no box

    def look(regions: object) -> Tensor:
        return next(shown)[None]

    tracker = MaskTracker(box, look, resting, rule, stride)
    target = coverage(box, box.scaled(20), (12, 12))
    carried = list(propagate(features, torch.stack([1 - target, target]), rule, stride))
    for index in range(1, 9):
        assert tracker.step(look) == box
        assert (tracker._glimpses[index].soft - carried[index]).abs().max() < 1e-6
