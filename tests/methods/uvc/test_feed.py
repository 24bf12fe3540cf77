"""Pairs of frames: gaps, two crops, a crop and the frame that holds it, settings."""

import pytest
import torch
from torch import Tensor

from corrbench.errors import SettingError
from corrbench_methods.uvc.feed import Pairs, cut
from corrbench_methods.uvc.settings import PUBLISHED, Settings

STILL = Settings(size=32, rotation=0, scale=1.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def frames(height: int = 60, width: int = 90) -> Tensor:
    """A frame of noise, twice."""
    frame = torch.randint(0, 256, (1, 3, height, width), dtype=torch.uint8, generator=seeded())
    return frame.expand(2, -1, -1, -1)


def holds(whole: Tensor, part: Tensor) -> bool:
    """Whether a square is somewhere in a larger one."""
    side = part.shape[-1]
    windows = whole.unfold(1, side, 1).unfold(2, side, 1).permute(1, 2, 0, 3, 4)
    return bool((windows - part).abs().amax((2, 3, 4)).min() < 1e-3)


def test_gaps_reach_from_1_to_the_limit_or_the_end_of_the_clip() -> None:
    pairs = Pairs(Settings(gap=5))
    assert {query - reference for reference, query in (pairs.choose(100, seeded(i)) for i in range(100))} == {
        1,
        2,
        3,
        4,
        5,
    }
    assert {query - reference for reference, query in (pairs.choose(3, seeded(i)) for i in range(50))} == {1, 2}
    assert pairs.choose(2, seeded()) == [0, 1]
    assert max(query for _, query in (pairs.choose(8, seeded(i)) for i in range(100))) == 7


def test_items_have_two_crops_and_a_crop_with_the_whole_frame() -> None:
    item = Pairs(Settings(size=32)).prepare(frames(), seeded())
    assert {name: tuple(values.shape) for name, values in item.items()} == {
        "crops": (2, 3, 32, 32),
        "crop": (3, 32, 32),
        "whole": (3, 80, 80),
    }
    assert all(values.min() >= 0 and values.max() <= 1 for values in item.values())


def test_the_same_seed_gives_the_same_item() -> None:
    one, other = (Pairs(Settings(size=32)).prepare(frames(), seeded(3)) for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_crops_are_cut_at_places_of_their_own() -> None:
    first, second = Pairs(STILL).prepare(frames(), seeded(1))["crops"]
    assert not torch.allclose(first, second, atol=0.1)


def test_the_crop_is_a_part_of_the_whole_frame_where_nothing_moves() -> None:
    item = Pairs(STILL).prepare(frames(), seeded(2))
    assert holds(item["whole"], item["crop"])


def test_the_whole_frame_is_padded_to_a_square_by_mirroring() -> None:
    whole = Pairs(STILL).prepare(frames(40, 80), seeded())["whole"]  # 80 x 80: 20 rows are added above and below
    assert torch.allclose(whole[:, 20:60], frames(40, 80)[0] / 255, atol=1e-3)
    assert torch.allclose(whole[:, :20].flip(1), whole[:, 20:40], atol=1e-3)
    assert torch.allclose(whole[:, 60:], whole[:, 40:60].flip(1), atol=1e-3)


def test_a_quarter_turn_puts_the_right_side_on_top() -> None:
    frame = torch.rand(3, 6, 6, generator=seeded())
    assert torch.allclose(cut(frame, 0, 0, 6, 90), frame.rot90(1, (1, 2)), atol=1e-4)
    assert torch.allclose(cut(frame, 0, 0, 6, 90)[:, 0], frame[:, :, 5], atol=1e-4)


def test_a_square_beyond_the_frame_is_mirrored() -> None:
    frame = torch.arange(4.0).expand(1, 4, 4)
    assert cut(frame, 0, -2, 4, 0)[0, 0].tolist() == pytest.approx([1, 0, 0, 1], abs=1e-4)


def test_sizes_of_windows_and_whole_frames_follow_the_crop() -> None:
    sizes = {size: (Settings(size=size).whole_size, Settings(size=size).window) for size in (96, 128, 256)}
    assert sizes == {96: (240, 3), 128: (320, 4), 256: (640, 8)}
    assert (PUBLISHED.gap, PUBLISHED.layer, PUBLISHED.whole_size) == (50, "layer4", 640)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"size": 100}, "size gives 100 pixels"),
        ({"size": 96, "whole": 2.6}, "whole gives"),
        ({"whole": 0.5}, "does not hold a crop"),
        ({"color_codec": "vgg"}, "weights of UVC's colour network are not available"),
        ({"gap": 0}, "gap=0"),
        ({"temperature": 0.0}, "temperature=0"),
        ({"reverse_weight": -1.0}, "reverse_weight=-1"),
        ({"warmup_share": 1.5}, "no share of the steps"),
    ],
)
def test_settings_that_do_not_fit_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Settings(**setting)
