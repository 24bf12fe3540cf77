"""Clips as nodes: which frames, which crops, which patches."""

import pytest
import torch

from corrbench.errors import SettingError
from corrbench_methods.crw.feed import Clips
from corrbench_methods.crw.settings import PUBLISHED, Settings


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(frames: int, height: int = 120, width: int = 160) -> torch.Tensor:
    return torch.randint(0, 256, (frames, 3, height, width), dtype=torch.uint8, generator=seeded())


def test_the_published_frame_is_49_patches_of_64_pixels() -> None:
    item = Clips(PUBLISHED).prepare(noise(4), seeded())
    assert PUBLISHED.side == 7
    assert item["pixels"].shape == (4, 49, 3, 64, 64)
    assert item["dropped"].shape == (3, 2, 49, 49)


def test_the_dense_frame_is_one_picture_with_a_node_at_each_cell() -> None:
    item = Clips(Settings(size=96)).prepare(noise(4), seeded())
    assert item["pixels"].shape == (4, 3, 96, 96)
    assert item["dropped"].shape == (3, 2, 144, 144)  # 12 x 12 cells


def test_patches_lie_row_by_row() -> None:
    whole = {"crop_area": (1.0, 1.0), "crop_ratio": (1.0, 1.0), "patch_area": (1.0, 1.0)}
    settings = Settings(nodes="patches", size=64, patch=32, patch_stride=32, frames=3, **whole)
    frames = torch.zeros(3, 3, 64, 64, dtype=torch.uint8)
    frames[:, :, :32, 32:] = 51  # upper right
    frames[:, :, 32:, :32] = 102
    frames[:, :, 32:, 32:] = 153
    patches = Clips(settings).prepare(frames, seeded())["pixels"]  # (3, 4, 3, 32, 32)
    expected = torch.tensor([0.0, 0.2, 0.4, 0.6]).view(4, 1, 1, 1).expand(4, 3, 32, 32)
    torch.testing.assert_close(patches[0], expected)


def test_identical_frames_are_cropped_each_by_itself() -> None:
    first, second, third = Clips(Settings(size=32, frames=3)).prepare(noise(1).expand(3, 3, 120, 160), seeded())[
        "pixels"
    ]
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)


def test_the_same_generator_gives_the_same_item() -> None:
    clips = Clips(Settings(size=32))
    first, again, other = (clips.prepare(noise(4), seeded(seed)) for seed in (0, 0, 1))
    assert all(torch.equal(first[key], again[key]) for key in ("pixels", "dropped"))
    assert not torch.equal(first["pixels"], other["pixels"])
    assert not torch.equal(first["dropped"], other["dropped"])


def test_a_tenth_of_the_edges_is_dropped() -> None:
    clips = Clips(Settings(size=64))
    dropped = clips.prepare(noise(4), seeded())["dropped"]
    assert dropped.float().mean() == pytest.approx(0.1, abs=0.01)
    assert not torch.equal(dropped[:, 0], dropped[:, 1])
    assert not Clips(Settings(size=64, edge_dropout=0)).prepare(noise(4), seeded())["dropped"].any()


def test_frames_lie_a_gap_apart_anywhere_in_the_clip() -> None:
    clips = Clips(Settings(gap=2))
    chosen = {tuple(clips.choose(9, seeded(seed))) for seed in range(50)}
    assert chosen == {(0, 2, 4, 6), (1, 3, 5, 7), (2, 4, 6, 8)}


def test_a_short_clip_is_read_as_widely_as_it_allows() -> None:
    clips = Clips(Settings(gap=5))
    assert (clips.least_frames, clips.frames_per_item) == (4, 4)
    assert clips.choose(4, seeded()) == [0, 1, 2, 3]
    assert clips.choose(7, seeded()) == [0, 2, 4, 6]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"frames": 2}, "frames=2 leave no walk"),
        ({"gap": 0}, "gap=0"),
        ({"nodes": "patches", "patch": 200}, "patch=200 does not fit frames of size=128"),
        ({"nodes": "patches", "patch": 128}, "one node only"),
        ({"nodes": "patches", "patch_stride": 0}, "patch_stride=0"),
        ({"temperature": 0.0}, "temperature=0"),
        ({"edge_dropout": 1.0}, "edge_dropout=1"),
    ],
)
def test_settings_without_a_walk_are_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Settings(**setting)
