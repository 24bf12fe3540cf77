"""Data sets that `corrbench run` refuses: one line with what, where, found and fix, status 1, nothing half-written."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Command = Callable[..., subprocess.CompletedProcess[str]]
Refusal = Callable[..., str]


def frame(davis: Path, name: str) -> Path:
    return davis / "JPEGImages" / "480p" / name


def mask(davis: Path, name: str) -> Path:
    return davis / "Annotations" / "480p" / name


def test_a_missing_folder(refused: Refusal, tmp_path: Path) -> None:
    line = refused(root=tmp_path / "nowhere")
    assert f"--data-root {tmp_path}/nowhere: no such folder; correct the path" in line


def test_a_wrong_nesting(refused: Refusal, davis: Path) -> None:
    line = refused(root=davis / "JPEGImages" / "480p" / "ball")
    assert f"found a part of the data set {davis}; give that folder" in line


def test_a_folder_of_something_else(refused: Refusal, tmp_path: Path) -> None:
    (tmp_path / "other" / "photos").mkdir(parents=True)
    line = refused(root=tmp_path / "other")
    assert "looked for JPEGImages and Annotations here and two levels below, found photos; give the folder" in line


def test_frames_without_masks(refused: Refusal, davis: Path) -> None:
    shutil.rmtree(davis / "Annotations")
    assert "found JPEGImages without Annotations" in refused()


def test_a_missing_frame(refused: Refusal, davis: Path) -> None:
    frame(davis, "pair/00002.jpg").unlink()
    line = refused()
    assert f"{davis}/JPEGImages/480p/pair: missing frames between 00000 and 00003: 00002; copy them again" in line


def test_a_missing_last_frame(refused: Refusal, davis: Path) -> None:
    frame(davis, "pair/00003.jpg").unlink()
    assert f"{davis}/Annotations/480p/pair: masks without a frame: 00003.png; the 3 frames are" in refused()


def test_a_missing_annotation(refused: Refusal, davis: Path) -> None:
    mask(davis, "pair/00002.png").unlink()
    line = refused()
    assert f"{davis}/Annotations/480p/pair: 1 of 4 frames have no mask: 00002; add the missing masks" in line


def test_a_missing_first_annotation(refused: Refusal, davis: Path) -> None:
    mask(davis, "pair/00000.png").unlink()
    assert f"{davis}/Annotations/480p/pair: no mask of the first frame, 00000; found 3 masks" in refused()


def test_an_empty_folder_of_masks(refused: Refusal, davis: Path) -> None:
    for path in mask(davis, "pair").iterdir():
        path.unlink()
    assert f"{davis}/Annotations/480p/pair: no masks; looked for PNG files, found nothing; add" in refused()


def test_a_listed_sequence_without_folder(refused: Refusal, davis: Path) -> None:
    shutil.rmtree(mask(davis, "pair"))
    assert "val.txt: 1 of 2 listed sequences have no folder in " in refused()


@pytest.mark.parametrize("index", [0, 2])
def test_a_mask_in_colours(index: int, refused: Refusal, davis: Path) -> None:
    path = mask(davis, f"pair/0000{index}.png")
    Image.new("RGB", (64, 48)).save(path)
    line = refused()
    assert f"{path}: a mask has to be an indexed (palette) or grey PNG" in line
    assert "found a colour image (mode RGB); convert it to ids first" in line


@pytest.mark.parametrize("index", [0, 2])
def test_a_mask_of_another_size_than_the_frame(index: int, refused: Refusal, davis: Path) -> None:
    path = mask(davis, f"pair/0000{index}.png")
    Image.new("P", (32, 24)).save(path)
    line = refused()
    assert f"{path}: 24 x 32 pixels (height x width), but the first frame" in line
    assert "is 48 x 64; use frames and masks of one resolution" in line


def test_a_frame_of_another_size_than_the_first(refused: Refusal, davis: Path) -> None:
    Image.new("RGB", (32, 24)).save(frame(davis, "pair/00002.jpg"))
    assert "pair/00002.jpg: 24 x 32 pixels (height x width), but the first frame" in refused()


@pytest.mark.parametrize("index", [0, 2])
@pytest.mark.parametrize("content", [b"", b"not a picture", None])
def test_a_corrupt_jpeg(index: int, content: bytes | None, refused: Refusal, davis: Path) -> None:
    path = frame(davis, f"pair/0000{index}.jpg")
    path.write_bytes(path.read_bytes()[:700] if content is None else content)
    line = refused()
    assert f"{path}: not a readable image (" in line
    assert "copy the file again from its source" in line


def test_a_corrupt_mask(refused: Refusal, davis: Path) -> None:
    path = mask(davis, "pair/00002.png")
    path.write_bytes(path.read_bytes()[:60])
    assert f"{path}: not a readable image (" in refused()


def test_an_unknown_split_year_or_resolution(refused: Refusal, davis: Path) -> None:
    assert f"{davis}: no list of split 'train'; there are 2017: val; ask for one" in refused("--split", "train")
    assert f"{davis}: no list of split 'val' of 2016; there are 2017: val" in refused("--year", 2016)
    assert f"{davis}: no resolution '1080p' of both" in refused("--resolution", "1080p")


def test_unknown_sequences(refused: Refusal) -> None:
    line = refused("--sequences", "ball,pairs")
    assert "--sequences: no sequence 'pairs' in this data set; did you mean 'pair'?" in line
    assert "no sequence 'zzz' in this data set; it has ball, pair" in refused("--sequences", "zzz")
    assert "--sequences names none" in refused("--sequences", ",")
