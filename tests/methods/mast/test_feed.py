"""Pairs of frames: gaps, crops, settings."""

import pytest
import torch

from corrbench.errors import SettingError
from corrbench_methods.mast.feed import Pairs
from corrbench_methods.mast.settings import PUBLISHED, Settings


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_gaps_are_drawn_by_their_weights() -> None:
    pairs = Pairs(Settings(gaps=(1, 2, 4), gap_weights=(0.4, 0.4, 0.2)))
    drawn = [pairs.choose(100, seeded(seed)) for seed in range(1000)]
    gaps = [query - reference for reference, query in drawn]
    assert [gaps.count(gap) / 1000 for gap in (1, 2, 4)] == pytest.approx([0.4, 0.4, 0.2], abs=0.05)
    assert min(reference for reference, _ in drawn) == 0
    assert max(query for _, query in drawn) == 99


def test_a_gap_that_does_not_fit_the_clip_is_not_drawn() -> None:
    pairs = Pairs(PUBLISHED)
    assert (pairs.least_frames, pairs.frames_per_item) == (3, 2)
    assert pairs.choose(3, seeded()) == [0, 2]
    assert {query - reference for reference, query in (pairs.choose(8, seeded(i)) for i in range(50))} == {2, 5}


def test_both_frames_get_the_same_crop() -> None:
    frame = torch.randint(0, 256, (1, 3, 90, 120), dtype=torch.uint8, generator=seeded())
    first, second = Pairs(Settings(size=32)).prepare(frame.expand(2, 3, 90, 120), seeded())["frames"]
    assert first.shape == (3, 32, 32)
    assert torch.equal(first, second)


def test_the_whole_frame_is_squeezed_into_a_square() -> None:
    frames = torch.zeros(2, 3, 32, 64, dtype=torch.uint8)
    frames[..., 32:] = 255  # the right half is white
    square = Pairs(Settings(size=32, crop="whole")).prepare(frames, seeded())["frames"]
    assert square.shape == (2, 3, 32, 32)
    assert square[:, :, :, :15].max() == 0
    assert square[:, :, :, 17:].min() == 1


@pytest.mark.parametrize(("size", "radius"), [(256, 6), (128, 3), (96, 2), (16, 1)])
def test_the_window_shrinks_with_the_frame(size: int, radius: int) -> None:
    assert Settings(size=size).radius == radius


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"gaps": (1, 2)}, "differ in length"),
        ({"gaps": (0, 2, 4)}, "do not fit"),
        ({"window": 0}, "window=0"),
        ({"size": 3}, "size=3"),
    ],
)
def test_settings_that_do_not_fit_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Settings(**setting)
