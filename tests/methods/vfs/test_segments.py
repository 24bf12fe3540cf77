"""Which frames VFS takes of a clip, and how it cuts them."""

import pytest
import torch

from corrbench_methods.vfs.segments import Segments


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_of_eight_frames_each_is_taken() -> None:
    assert Segments(8, 32).choose(8, seeded()) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_one_frame_is_taken_of_each_eighth_of_a_clip() -> None:
    for seed in range(20):
        chosen = Segments(8, 32).choose(80, seeded(seed))
        assert [frame // 10 for frame in chosen] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_segments_that_reach_beyond_the_clip_end_with_its_last_frame() -> None:
    last = {Segments(8, 32).choose(15, seeded(seed))[-1] for seed in range(20)}
    assert last == {14}  # the last segment would be frames 14 and 15


def test_two_frames_are_one_of_each_half() -> None:
    segments = Segments(2, 32)
    first, second = segments.choose(10, seeded())
    assert 0 <= first < 5 <= second < 10
    assert (segments.least_frames, segments.frames_per_item) == (2, 2)


def test_each_frame_has_a_crop_of_its_own_and_keeps_its_colours() -> None:
    column = torch.arange(60).expand(40, 60)
    frame = torch.stack([column, column, torch.full((40, 60), 77)]).to(torch.uint8)
    frames = Segments(8, 32).prepare(frame.expand(8, 3, 40, 60), seeded())["frames"]
    assert frames.shape == (8, 3, 32, 32)
    assert len({round(view[0].mean().item(), 4) for view in frames}) == 8
    torch.testing.assert_close(frames[:, 2], torch.full((8, 32, 32), 77 / 255))


def test_some_frames_are_mirrored() -> None:
    column = torch.arange(60).expand(1, 3, 40, 60).to(torch.uint8)
    views = [Segments(2, 32).prepare(column.expand(2, 3, 40, 60), seeded(seed))["frames"] for seed in range(10)]
    rising = [bool(view[0, 0, -1] > view[0, 0, 0]) for pair in views for view in pair]
    assert 4 < sum(rising) < 16


def test_an_item_is_a_function_of_its_generator() -> None:
    frames = torch.randint(0, 256, (8, 3, 40, 60), dtype=torch.uint8, generator=seeded())
    first, again, other = (Segments(8, 32).prepare(frames, seeded(seed))["frames"] for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("length", [8, 9, 23, 100])
def test_frames_come_in_order_and_lie_in_the_clip(length: int) -> None:
    chosen = Segments(8, 32).choose(length, seeded())
    assert chosen == sorted(chosen)
    assert chosen[0] >= 0
    assert chosen[-1] < length
