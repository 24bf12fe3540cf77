"""Pairs of frames: which ones, and in which crop."""

import pytest
import torch

from corrbench.errors import SettingError
from corrbench_methods.ours.pairs import Pairs


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_reference_comes_first_and_the_query_one_gap_later() -> None:
    pairs = Pairs(16, (1,))
    drawn = {tuple(pairs.choose(4, generator(seed))) for seed in range(50)}
    assert drawn == {(0, 1), (1, 2), (2, 3)}


def test_gaps_that_do_not_fit_into_a_clip_are_not_drawn() -> None:
    pairs = Pairs(16, (1, 2, 8))
    assert pairs.least_frames == 2
    assert {tuple(pairs.choose(3, generator(seed))) for seed in range(50)} == {(0, 1), (1, 2), (0, 2)}


def test_both_frames_get_the_same_crop_and_the_same_mirroring() -> None:
    ramp = torch.arange(64, dtype=torch.uint8).expand(3, 40, 64)
    frames = torch.stack([ramp, ramp])  # brighter to the right
    rising = []
    for seed in range(20):
        pair = Pairs(16, (1,)).prepare(frames, generator(seed))["frames"]
        assert pair.shape == (2, 3, 16, 16)
        assert torch.equal(pair[0], pair[1])
        rising.append(bool(pair[0, 0, 0, -1] > pair[0, 0, 0, 0]))
    assert 3 < sum(rising) < 17  # mirrored about every second time


def test_colours_stay_rgb_in_0_to_1() -> None:
    frames = torch.zeros(2, 3, 40, 64, dtype=torch.uint8)
    frames[:, 0] = 255
    pair = Pairs(8, (1,)).prepare(frames, generator())["frames"]
    torch.testing.assert_close(pair[:, 0], torch.ones(2, 8, 8))
    assert pair[:, 1:].unique().tolist() == [0]


def test_a_gap_of_0_is_an_error() -> None:
    with pytest.raises(SettingError, match=r"size=16 with gaps=\(0,\) does not fit"):
        Pairs(16, (0,))
