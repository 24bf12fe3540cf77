"""The videos of the DAVIS reader, and its messages about broken sequences."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.core.plugins import find
from corrbench.errors import DataError
from corrbench_datasets.davis import Davis, davis

ROW = [0, 1, 2, 255]


def stems(count: int) -> list[str]:
    return [f"{index:05d}" for index in range(count)]


def write_frames(root: Path, names: Iterable[str]) -> None:
    folder = root / "JPEGImages/480p/dog"
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(names):
        Image.new("RGB", (4, 3), (10 * index, 0, 0)).save(folder / (name if "." in name else f"{name}.png"))


def write_masks(root: Path, names: Iterable[str], row: list[int] = ROW, mode: str = "P") -> None:
    folder = root / "Annotations/480p/dog"
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.array([row] * 3, dtype=np.uint8))
    if mode == "P":
        image.putpalette([value for index in range(256) for value in (index, index, index)])
    for name in names:
        image.save(folder / (name if "." in name else f"{name}.png"))


def make(root: Path, frames: Iterable[str], masks: Iterable[str]) -> Davis:
    write_frames(root, frames)
    write_masks(root, masks)
    return davis(root)


def refusal(data: Davis, name: str = "dog") -> str:
    with pytest.raises(DataError) as caught:
        data.video(name)
    message = str(caught.value)
    assert "\n" not in message
    return message


# Videos


def test_frames_and_masks_are_tensors_of_one_size(tmp_path: Path) -> None:
    video = make(tmp_path, stems(3), stems(3)).video("dog")
    assert len(video) == 3
    assert video.frames[2].shape == (3, 3, 4)
    assert video.frames[2][:, 0, 0].tolist() == [20, 0, 0]
    assert video.labels[1] is not None
    assert video.labels[1].dtype == torch.uint8
    assert video.labels[1].tolist() == [ROW] * 3


def test_grey_masks_of_0_and_255_have_one_object(tmp_path: Path) -> None:
    write_frames(tmp_path, stems(1))
    write_masks(tmp_path, stems(1), [0, 255, 255, 0], mode="L")
    label = davis(tmp_path).video("dog").labels[0]
    assert label is not None
    assert label[0].tolist() == [0, 1, 1, 0]


def test_in_2016_all_ids_are_one_object_and_void_stays_void(tmp_path: Path) -> None:
    make(tmp_path, stems(1), stems(1))
    label = davis(tmp_path, year=2016).video("dog").labels[0]
    assert label is not None
    assert label[0].tolist() == [0, 1, 1, 255]


def test_the_first_frames_of_a_video_are_a_video(tmp_path: Path) -> None:
    video = make(tmp_path, stems(4), ["00000", "00002"]).video("dog").first(2)
    assert (len(video.frames), len(video.labels), video.stems) == (2, 2, ("00000", "00001"))
    assert video.labels[0] is not None
    assert video.labels[1] is None


def test_opening_reads_no_pixels(tmp_path: Path) -> None:
    data = make(tmp_path, stems(2), stems(2))
    for name in ("JPEGImages/480p/dog/00001.png", "Annotations/480p/dog/00001.png"):
        (tmp_path / name).write_bytes(b"no image")
    video = data.video("dog")
    with pytest.raises(DataError, match=r"JPEGImages/480p/dog/00001.png: not a readable image"):
        video.frames[1]
    with pytest.raises(DataError, match=r"Annotations/480p/dog/00001.png: not a readable image"):
        video.labels[1]


def test_stray_files_are_no_frames(tmp_path: Path) -> None:
    make(tmp_path, ["00000.jpg", "00001.JPG", "00002.jpeg", "00003.png"], stems(4))
    for half in ("JPEGImages", "Annotations"):
        for stray in ("._00000.jpg", "._00000.png", ".DS_Store", "Thumbs.db", "features.npy"):
            (tmp_path / half / "480p/dog" / stray).write_bytes(b"stray")
    assert davis(tmp_path).video("dog").stems == ("00000", "00001", "00002", "00003")


def test_numbers_without_leading_zeros_play_in_their_order(tmp_path: Path) -> None:
    names = [str(number) for number in range(8, 12)]
    assert make(tmp_path, names, names).video("dog").stems == ("8", "9", "10", "11")


@pytest.mark.parametrize(
    "masked",
    [[0], [0, 3, 6], [0, 2, 4, 6], [0, 1, 6]],
    ids=["the first", "every third", "every second", "a few"],
)
def test_sparse_masks_are_none_in_between(tmp_path: Path, masked: list[int]) -> None:
    video = make(tmp_path, stems(7), [f"{index:05d}" for index in masked]).video("dog")
    assert [index for index, label in enumerate(video.labels) if label is not None] == masked


@pytest.mark.parametrize("names", [["00000", "00005", "00010"], ["00002", "00009", "00030"], ["a", "c"]])
def test_frames_that_are_not_numbered_one_by_one_have_no_gaps(tmp_path: Path, names: list[str]) -> None:
    assert make(tmp_path, names, names).video("dog").stems == tuple(names)


# Broken sequences


def test_a_missing_frame_number_is_named(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, ["00000", "00001", "00003"], ["00000", "00001", "00003"]))
    assert f"{tmp_path}/JPEGImages/480p/dog: missing frames between 00000 and 00003: 00002; copy them" in message


def test_a_run_of_missing_frame_numbers_is_named_by_its_ends(tmp_path: Path) -> None:
    names = ["00000", "00001", "00002", "00900", "00901"]
    assert "missing frames between 00000 and 00901: 00003 to 00899;" in refusal(make(tmp_path, names, names))


def test_a_mask_without_frame_is_named(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, stems(3), stems(4)))
    assert "masks without a frame: 00003.png; the 3 frames are 00000 to 00002; add the missing frames" in message


def test_a_missing_mask_is_named(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, stems(5), ["00000", "00001", "00002", "00004"]))
    assert "1 of 5 frames have no mask: 00003; add the missing masks" in message


def test_a_first_frame_without_mask_is_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, stems(3), ["00001", "00002"]))
    assert "no mask of the first frame, 00000; found 2 masks, the first is 00001; add 00000.png" in message


def test_an_empty_mask_folder_is_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, stems(2), []))
    assert f"{tmp_path}/Annotations/480p/dog: no masks; looked for PNG files, found nothing" in message


def test_an_empty_frame_folder_is_refused(tmp_path: Path) -> None:
    assert "JPEGImages/480p/dog: no frames; looked for JPEG or PNG" in refusal(make(tmp_path, [], stems(2)))


def test_jpeg_masks_are_refused(tmp_path: Path) -> None:
    write_frames(tmp_path, stems(1))
    write_masks(tmp_path, ["00000.jpg"], mode="L")
    assert "no masks; looked for PNG files, found 00000.jpg" in refusal(davis(tmp_path))


def test_two_frames_of_one_name_are_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, ["00000.jpg", "00000.png"], stems(1)))
    assert "2 frames for one time, 00000.jpg, 00000.png; remove all but one" in message


def test_a_mask_of_another_size_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    data = make(tmp_path, stems(1), [])
    write_masks(tmp_path, stems(1), [0, 0, 0, 0, 0, 1])
    message = refusal(data)
    assert f"{tmp_path}/Annotations/480p/dog/00000.png: 3 x 6 pixels (height x width)" in message
    assert "is 3 x 4; use frames and masks of one resolution" in message


def test_a_later_image_of_another_size_is_refused_when_read(tmp_path: Path) -> None:
    data = make(tmp_path, stems(2), ["00000"])
    write_masks(tmp_path, ["00001"], [0, 1])
    Image.new("RGB", (5, 5)).save(tmp_path / "JPEGImages/480p/dog/00001.png")
    video = data.video("dog")
    with pytest.raises(DataError, match=r"00001.png: 3 x 2 pixels .* is 3 x 4; use"):
        video.labels[1]
    with pytest.raises(DataError, match=r"00001.png: 5 x 5 pixels .* is 3 x 4; use"):
        video.frames[1]


def test_a_colour_mask_is_refused_when_read(tmp_path: Path) -> None:
    data = make(tmp_path, stems(1), stems(1))
    Image.new("RGB", (4, 3)).save(tmp_path / "Annotations/480p/dog/00000.png")
    with pytest.raises(DataError, match="found a colour image"):
        data.video("dog").labels[0]


def test_an_unknown_sequence_is_refused_with_the_nearest(tmp_path: Path) -> None:
    data = make(tmp_path, stems(1), stems(1))
    assert "no sequence 'dogs' in split 'val'" in refusal(data, "dogs")
    assert "did you mean 'dog'?" in refusal(data, "dogs")
    assert "there are dog" in refusal(data, "zebra")


def test_the_reader_is_a_plugin() -> None:
    assert find("datasets", "davis").load() is davis


# Real videos


@pytest.mark.data
def test_eight_real_sequences_of_davis_2016_are_read(data: Path) -> None:
    reader = davis(data / "davis16")
    identity = reader.identity(reader.sequences)
    assert (identity.name, identity.split, identity.complete) == ("davis2016", "val", False)
    assert [len(reader.video(name)) for name in reader.sequences] == [50, 80, 90, 40, 90, 50, 40, 43]
    video = reader.video("blackswan")
    assert video.frames[49].shape == (3, 480, 854)
    label = video.labels[0]
    assert label is not None
    assert sorted(set(label.flatten().tolist())) == [0, 1]


@pytest.mark.data
def test_real_sequences_with_two_objects_keep_them(data: Path) -> None:
    reader = davis(data / "segtrack2")
    assert reader.sequences == ("bmx", "monkeydog", "girl", "parachute", "monkey")
    identity = reader.identity(reader.sequences)
    assert (identity.name, identity.complete) == ("segtrack2", False)
    label = reader.video("monkeydog").labels[0]
    assert label is not None
    assert sorted(set(label.flatten().tolist())) == [0, 1, 2]


@pytest.mark.data
def test_a_folder_of_predictions_is_no_data_set(golden: Path) -> None:
    with pytest.raises(DataError, match=r"osvos: looked for JPEGImages and Annotations, found folders of images"):
        davis(golden / "osvos")
