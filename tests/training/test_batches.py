"""Batches: the same whatever draws them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Generator, Tensor

from corrbench.errors import DataError, SettingError
from corrbench.training.augment import blur, colour_jitter, crop_resized, random_box, whole_number
from corrbench.training.batches import Batches
from corrbench.training.recipe import Kind
from corrbench.training.sources import Library, open_library

Rows = list[dict[str, Tensor]]


class Crops:
    """Two frames of a clip, cropped and changed at random, and the grey of the first before that."""

    kind: Kind = "videos"
    least_frames = 2
    frames_per_item = 2

    def choose(self, length: int, generator: Generator) -> list[int]:
        first = whole_number(generator, 0, length - 2)
        return [first, first + 1]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        box = random_box(frames.shape[-2], frames.shape[-1], generator, area=(0.2, 1), ratio=(0.5, 2))
        crops = crop_resized(frames, box, 80)  # large enough that torch would share the work
        changed = colour_jitter(crops, generator, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
        return {"crops": blur(changed, generator), "grey": frames[0, 0, 0, 0]}


class Greys(Crops):
    """The grey of an image."""

    kind: Kind = "images"
    least_frames = 1
    frames_per_item = 1

    def choose(self, length: int, generator: Generator) -> list[int]:
        return [0]

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        return {"grey": frames[0, 0, 0, 0], "draw": torch.rand((), generator=generator)}


class Failing(Greys):
    """A feed that does not take grey 3."""

    def prepare(self, frames: Tensor, generator: Generator) -> dict[str, Tensor]:
        if frames[0, 0, 0, 0] == 3:
            raise RuntimeError("no grey 3")
        return super().prepare(frames, generator)


@pytest.fixture
def clips(tmp_path: Path) -> Library:
    """Five clips of three to seven frames of noise."""
    generator = Generator().manual_seed(0)
    for number in range(5):
        folder = tmp_path / f"clip{number}"
        folder.mkdir()
        for frame in range(3 + number):
            pixels = torch.randint(256, (20, 30, 3), generator=generator, dtype=torch.uint8)
            Image.fromarray(pixels.numpy()).save(folder / f"{frame}.png")
    return open_library("videos", tmp_path, least_frames=2)


@pytest.fixture
def greys(tmp_path: Path) -> Path:
    """Six images of greys 0 to 5."""
    for grey in range(6):
        Image.new("L", (2, 2), grey).save(tmp_path / f"{grey}.png")
    return tmp_path


def grey_values(batches: Batches) -> list[list[int]]:
    return [batch["grey"].tolist() for batch in batches]


def assert_same(rows: Rows, others: Rows) -> None:
    assert len(rows) == len(others)
    for row, other in zip(rows, others, strict=True):
        assert row.keys() == other.keys()
        assert all(torch.equal(row[key], other[key]) for key in row)


@pytest.fixture
def threads() -> Iterator[None]:
    """Operations shared by two threads, whatever the tests are run with."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_items_are_stacked_into_a_batch_a_step(clips: Library) -> None:
    rows = list(Batches(Crops(), clips, 4, 0, steps=3))
    assert len(rows) == 3
    assert rows[0]["crops"].shape == (4, 2, 3, 80, 80)
    assert rows[0]["grey"].shape == (4,)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("workers", [1, 3])
def test_threads_change_nothing(clips: Library, workers: int) -> None:
    alone = list(Batches(Crops(), clips, 4, 7, steps=6))
    with Batches(Crops(), clips, 4, 7, steps=6, workers=workers) as batches:
        assert_same(list(batches), alone)
    assert torch.get_num_threads() == 2


def test_the_parts_of_two_processes_make_the_batch_of_one(clips: Library) -> None:
    whole = list(Batches(Crops(), clips, 6, 3, steps=4))
    parts = [list(Batches(Crops(), clips, 6, 3, steps=4, rank=rank, world=2, workers=rank)) for rank in range(2)]
    joined = [
        {key: torch.cat([first[key], second[key]]) for key in first} for first, second in zip(*parts, strict=True)
    ]
    assert_same(joined, whole)


def test_a_later_start_gives_the_later_batches(clips: Library) -> None:
    assert_same(
        list(Batches(Crops(), clips, 3, 1, steps=7, first_step=5)), list(Batches(Crops(), clips, 3, 1, steps=7))[5:]
    )
    assert list(Batches(Crops(), clips, 3, 1, steps=7, first_step=7)) == []


def test_each_round_starts_anew(clips: Library) -> None:
    batches = Batches(Crops(), clips, 2, 1, steps=2)
    assert_same(list(batches), list(batches))


def test_every_item_comes_once_an_epoch_in_a_new_order(greys: Path) -> None:
    library = open_library("images", greys)
    values = [value for row in grey_values(Batches(Greys(), library, 4, 0, steps=6)) for value in row]
    epochs = [values[start : start + 6] for start in range(0, 24, 6)]
    assert [sorted(epoch) for epoch in epochs] == [[0, 1, 2, 3, 4, 5]] * 4
    assert all(before != after for before, after in pairwise(epochs))


def test_a_batch_may_be_larger_than_the_library(greys: Path) -> None:
    [row] = Batches(Greys(), open_library("images", greys), 12, 0, steps=1)
    assert sorted(row["grey"].tolist()) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert len(set(row["draw"].tolist())) == 12


def test_another_seed_gives_another_order_and_other_draws(greys: Path) -> None:
    library = open_library("images", greys)
    first, second = (next(iter(Batches(Greys(), library, 6, seed, steps=1))) for seed in (0, 1))
    assert first["grey"].tolist() != second["grey"].tolist()
    assert not set(first["draw"].tolist()) & set(second["draw"].tolist())


def test_an_image_that_cannot_be_decoded_is_replaced_by_the_next(greys: Path) -> None:
    library = open_library("images", greys)
    before = [value for row in grey_values(Batches(Greys(), library, 3, 0, steps=4)) for value in row]
    (greys / "2.png").write_bytes(b"no image")
    for workers in (0, 2):
        fresh = open_library("images", greys)
        batches = Batches(Greys(), fresh, 3, 0, steps=4, workers=workers)
        after = [value for row in grey_values(batches) for value in row]
        for start in (0, 6):
            gap = before[start : start + 6].index(2)
            following = before[start + (gap + 1) % 6]
            assert after[start : start + 6] == [following if grey == 2 else grey for grey in before[start : start + 6]]
        assert list(batches.unreadable) == ["2.png"]
        assert "not a readable image" in batches.unreadable["2.png"]


def test_half_of_the_images_may_be_damaged_and_no_more(greys: Path) -> None:
    for grey in range(3):
        (greys / f"{grey}.png").write_bytes(b"no image")
    batches = Batches(Greys(), open_library("images", greys), 6, 0, steps=2)
    assert all(set(row) <= {3, 4, 5} for row in grey_values(batches))
    assert sorted(batches.unreadable) == ["0.png", "1.png", "2.png"]
    (greys / "3.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"4 of 6 images cannot be decoded, such as .*png: not a readable image"):
        list(Batches(Greys(), open_library("images", greys), 6, 0, steps=2, workers=2))


def test_a_library_of_one_damaged_image_ends_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="1 of 1 images cannot be decoded"):
        list(Batches(Greys(), open_library("images", tmp_path), 2, 0, steps=1))


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_of_the_feed_reaches_the_one_who_asks(greys: Path, workers: int) -> None:
    with pytest.raises(RuntimeError, match="no grey 3"):
        list(Batches(Failing(), open_library("images", greys), 2, 0, steps=3, workers=workers))


def test_no_thread_is_left_when_the_context_ends(greys: Path) -> None:
    with Batches(Greys(), open_library("images", greys), 2, 0, steps=1000, workers=2) as batches:
        next(iter(batches))
        assert [thread for thread in threading.enumerate() if thread.name.startswith("corrbench")]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("corrbench")]


def test_a_program_that_forgets_to_close_ends_all_the_same(greys: Path) -> None:
    program = f"""
from pathlib import Path
import torch
from corrbench.training.batches import Batches
from corrbench.training.sources import open_library

class Greys:
    kind = "images"; least_frames = 1; frames_per_item = 1
    def choose(self, length, generator): return [0]
    def prepare(self, frames, generator): return {{"grey": frames[0, 0, 0, 0]}}

running = iter(Batches(Greys(), open_library("images", Path({str(greys)!r})), 2, 0, steps=10**6, workers=2))
next(running)
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=60, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_does_not_fit_is_refused(greys: Path) -> None:
    library = open_library("images", greys)
    with pytest.raises(SettingError, match="batch=6 does not divide among 4 processes; give a multiple of 4"):
        Batches(Greys(), library, 6, 0, steps=1, world=4)
    with pytest.raises(SettingError, match="opened as images, asked for videos"):
        Batches(Crops(), library, 6, 0, steps=1)
