"""Images and clips of a folder."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.errors import DataError
from corrbench.training.folders import listings, natural
from corrbench.training.sources import Library, open_library


def picture(path: Path, grey: int = 0, size: tuple[int, int] = (4, 6), mode: str = "RGB") -> Path:
    """An even picture of (H, W) pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size[::-1], grey).convert(mode).save(path)
    return path


def clip(folder: Path, length: int, ending: str = "png") -> Path:
    """Frames whose grey is ten times their number."""
    for number in range(length):
        picture(folder / f"{number:05d}.{ending}", 10 * number)
    return folder


def names(library: Library) -> list[str]:
    return [library.name(item) for item in range(len(library))]


def test_images_are_found_below_the_folder_and_counted_as_one_counts(tmp_path: Path) -> None:
    for name in ("b/10.png", "b/9.PNG", "B.bmp", "a.webp", "c/d/e3.jpeg", "c/d/E20.ppm", "c/d/f.jpg"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    picture(tmp_path / ".hidden/x.png")
    picture(tmp_path / "._a.png")
    library = open_library("images", tmp_path)
    assert names(library) == ["a.webp", "B.bmp", "b/9.PNG", "b/10.png", "c/d/e3.jpeg", "c/d/E20.ppm", "c/d/f.jpg"]
    assert {library.length(item) for item in range(len(library))} == {1}
    assert library.read(2, [0]).shape == (1, 3, 4, 6)
    assert library.skipped == {}
    assert re.fullmatch(rf"7 images in {re.escape(str(tmp_path))} \([0-9a-f]{{12}}\)", library.summary())


def test_names_are_sorted_by_their_numbers_whatever_their_case() -> None:
    shuffled = ["img10", "Img9", "img09", "IMG1", "img1b2", "img1b10", "x", "7", "٣"]
    assert sorted(shuffled, key=natural) == ["٣", "7", "IMG1", "img1b2", "img1b10", "Img9", "img09", "img10", "x"]


def test_a_folder_that_holds_images_is_a_clip(tmp_path: Path) -> None:
    clip(tmp_path / "one/two", 3)
    clip(tmp_path / "other", 2, "jpg")
    library = open_library("videos", tmp_path)
    assert names(library) == ["one/two", "other"]
    assert [library.length(item) for item in range(2)] == [3, 2]
    frames = library.read(0, [2, 0, 2])
    assert frames.dtype == torch.uint8
    assert frames.shape == (3, 3, 4, 6)
    assert frames[:, 0, 0, 0].tolist() == [20, 0, 20]
    assert library.summary().startswith("2 clips with 5 frames, 2 to 3 each, in ")


def test_a_folder_of_frames_alone_is_one_clip_with_its_name(tmp_path: Path) -> None:
    library = open_library("videos", clip(tmp_path / "kite", 2))
    assert names(library) == ["kite"]


def test_short_clips_are_left_out_and_counted(tmp_path: Path) -> None:
    clip(tmp_path / "a", 1)
    clip(tmp_path / "b", 2)
    clip(tmp_path / "c", 3)
    library = open_library("videos", tmp_path, least_frames=3)
    assert names(library) == ["c"]
    assert library.skipped == {"fewer than 3 frames": 2}
    assert library.summary().endswith("; left out: fewer than 3 frames (2)")


@pytest.mark.parametrize("level", ["", "480p/"])
def test_in_the_layouts_of_davis_and_youtube_vos_annotations_are_no_clips(tmp_path: Path, level: str) -> None:
    for name in ("bear", "camel"):
        clip(tmp_path / f"train/JPEGImages/{level}{name}", 2, "jpg")
        clip(tmp_path / f"train/Annotations/{level}{name}", 2)
        clip(tmp_path / f"train/Annotations_unsupervised/{level}{name}", 2)
    library = open_library("videos", tmp_path)
    assert names(library) == [f"train/JPEGImages/{level}bear", f"train/JPEGImages/{level}camel"]
    assert len(open_library("images", tmp_path)) == 4


def test_of_several_resolutions_one_is_read(tmp_path: Path) -> None:
    for resolution in ("1080p", "480p", "Full-Resolution"):
        clip(tmp_path / "JPEGImages" / resolution / "bear", 2)
    assert names(open_library("videos", tmp_path)) == ["JPEGImages/480p/bear"]


def test_a_mask_beside_its_frame_is_no_frame(tmp_path: Path) -> None:
    clip(tmp_path / "a", 2, "jpg")
    clip(tmp_path / "a", 2, "png")
    library = open_library("videos", tmp_path)
    assert library.length(0) == 2
    assert len(open_library("images", tmp_path)) == 4


def test_links_that_lead_back_are_followed_once(tmp_path: Path) -> None:
    clip(tmp_path / "a", 2)
    (tmp_path / "a/back").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    clip(tmp_path.parent / f"{tmp_path.name}-elsewhere", 3)
    (tmp_path / "linked").symlink_to(tmp_path.parent / f"{tmp_path.name}-elsewhere")
    assert names(open_library("videos", tmp_path)) == ["a", "linked"]


def test_a_folder_that_cannot_be_listed_is_counted(tmp_path: Path) -> None:
    skipped: Counter[str] = Counter()
    assert list(listings(tmp_path / "gone", skipped)) == []
    assert skipped == {"folders that cannot be listed": 1}


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_grey_and_transparent_images_become_rgb(tmp_path: Path, mode: str) -> None:
    picture(tmp_path / "a.png", 255, mode=mode)
    pixels = open_library("images", tmp_path).read(0, [0])
    assert pixels.shape == (1, 3, 4, 6)
    assert set(pixels.flatten().tolist()) == {255}


def test_pixels_under_full_transparency_keep_their_colour(tmp_path: Path) -> None:
    Image.new("RGBA", (3, 2), (10, 20, 30, 0)).save(tmp_path / "a.png")
    assert open_library("images", tmp_path).read(0, [0])[0, :, 0, 0].tolist() == [10, 20, 30]


def test_a_rotation_noted_in_the_file_is_not_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (6, 4))
    exif = image.getexif()
    exif[0x0112] = 6  # turned by a quarter
    image.save(tmp_path / "a.jpg", exif=exif)
    assert open_library("images", tmp_path).read(0, [0]).shape == (1, 3, 4, 6)


def test_an_image_of_one_pixel_is_read(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 7, size=(1, 1))
    assert open_library("images", tmp_path).read(0, [0]).flatten().tolist() == [7, 7, 7]


def test_frames_of_different_sizes_are_refused_when_read_together(tmp_path: Path) -> None:
    picture(tmp_path / "a/0.png", size=(4, 6))
    picture(tmp_path / "a/1.png", size=(4, 7))
    library = open_library("videos", tmp_path)
    assert library.read(0, [1]).shape == (1, 3, 4, 7)
    with pytest.raises(DataError, match="a: frames of different sizes, 4x6 and 4x7"):
        library.read(0, [0, 1])


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"a\.jpg: not a readable image"):
        open_library("images", tmp_path).read(0, [0])


def test_decoded_frames_are_kept_as_long_as_there_is_room(tmp_path: Path) -> None:
    clip(tmp_path / "a", 3)
    library = open_library("videos", tmp_path, cache_bytes=2 * 3 * 4 * 6)
    library.read(0, [0, 1]).zero_()  # the copy in memory is not given away
    library.read(0, [2])
    for number in range(3):
        picture(tmp_path / f"a/{number:05d}.png", 200)
    assert library.read(0, [0, 1, 2])[:, 0, 0, 0].tolist() == [0, 10, 200]


def test_the_hash_covers_names_and_lengths(tmp_path: Path) -> None:
    clip(tmp_path / "x/a", 3)
    clip(tmp_path / "y/a", 3, "jpg")
    clip(tmp_path / "z/a", 2)
    first, same, shorter = (open_library("videos", tmp_path / name).hash for name in "xyz")
    assert first == same
    assert first != shorter
    (tmp_path / "y/a").rename(tmp_path / "y/b")
    assert open_library("videos", tmp_path / "y").hash != first
    assert re.fullmatch("[0-9a-f]{12}", first)


def test_what_cannot_be_used_is_refused_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such folder; give a folder of images"):
        open_library("images", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"looked for images \(\.jpg, .*\), found nothing; give a folder of images"):
        open_library("images", tmp_path)
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.txt").touch()
    with pytest.raises(DataError, match=r"looked for clips \(folders .*, found \.txt files \(2\); give"):
        open_library("videos", tmp_path)
    with pytest.raises(DataError, match=r"a\.txt: a file; give a folder of videos"):
        open_library("videos", tmp_path / "a.txt")
    clip(tmp_path / "short", 2)
    clip(tmp_path / "shorter", 1)
    with pytest.raises(
        DataError,
        match=r"at least 8 frames .* found fewer than 8 frames \(2\), \.txt files \(2\), the longest clip has 2; give",
    ):
        open_library("videos", tmp_path, least_frames=8)


def test_a_picture_beyond_the_limit_of_pillow_is_an_error_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "a.png")
    library = open_library("images", tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DataError, match=r"a\.png: not a readable image"):
        library.read(0, [0])


@pytest.mark.data
def test_the_given_images_are_all_found(data: Path) -> None:
    library = open_library("images", data / "train/images")
    assert len(library) == 1500
    assert library.skipped == {}
    assert library.name(0).startswith("bsds500/")
    assert library.read(0, [0]).shape[:2] == (1, 3)


@pytest.mark.data
def test_the_given_clips_are_all_found(data: Path) -> None:
    library = open_library("videos", data / "train")
    assert len(library) == 35  # two folders of images count as clips
    library = open_library("videos", data / "train/videos")
    assert len(library) == 33
    assert sum(library.length(item) for item in range(33)) == 2915
    assert library.read(32, [0, 69]).shape[:2] == (2, 3)


@pytest.mark.data
def test_the_given_clips_of_eight_frames_and_more_are_chosen(data: Path) -> None:
    library = open_library("videos", data / "train/videos", least_frames=8)
    assert len(library) == 32
    assert library.skipped == {"fewer than 8 frames": 1}
    assert "mmpose_demo" not in names(library)
