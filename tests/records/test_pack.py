"""Archives for servers: what is in them, and what is never packed."""

import hashlib
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.core.images import write_mask
from corrbench.errors import PredictionError, SettingError
from corrbench.records.pack import pack
from corrbench.records.pack_boxes import box_members
from corrbench.records.pack_members import Wanted

WALK = "1,2,3,4\n5.12345,6,7,8\n"


def masks(folder: Path, sequences: tuple[str, ...] = ("bear", "ant"), frames: int = 2) -> Path:
    """Predictions of one method, 3 x 4 pixels each."""
    for name in sequences:
        for index in range(frames):
            write_mask(folder / name / f"{index:05d}.png", torch.full((3, 4), index, dtype=torch.uint8))
    return folder


def boxes(folder: Path, name: str = "GOT-10k_Test_000001", text: str = WALK, times: str | None = "0.1\n0.25\n") -> Path:
    """Predictions of one tracker for one sequence, as the toolkit writes them."""
    (folder / name).mkdir(parents=True)
    (folder / name / f"{name}_001.txt").write_text(text)
    if times is not None:
        (folder / name / f"{name}_time.txt").write_text(times)
    return folder


def content(archive: Path) -> dict[str, bytes]:
    with ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert all(entry.compress_type == ZIP_STORED for entry in opened.infolist())
        return {name: opened.read(name) for name in opened.namelist()}


def refusal(predictions: Path, layout: str = "davis", sequences: list[str] | None = None) -> str:
    archive = predictions.with_name("refused.zip")
    with pytest.raises(PredictionError) as caught:
        pack(predictions, archive, layout, sequences=sequences)
    assert not archive.exists()
    assert not list(archive.parent.glob(".refused*"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Masks


def test_davis_has_the_sequences_at_the_root_in_order(tmp_path: Path) -> None:
    written = pack(masks(tmp_path / "rgb"), tmp_path / "davis.zip")
    assert (written.sequences, written.files, written.checked) == (2, 4, False)
    packed = content(tmp_path / "davis.zip")
    assert list(packed) == ["ant/00000.png", "ant/00001.png", "bear/00000.png", "bear/00001.png"]
    assert packed["bear/00001.png"] == (tmp_path / "rgb/bear/00001.png").read_bytes()


def test_youtube_vos_has_them_in_annotations(tmp_path: Path) -> None:
    pack(masks(tmp_path / "rgb", ("0a7a2514aa",)), tmp_path / "out/yt.zip", "youtube-vos")
    assert list(content(tmp_path / "out/yt.zip")) == [
        "Annotations/0a7a2514aa/00000.png",
        "Annotations/0a7a2514aa/00001.png",
    ]


def test_equal_predictions_give_equal_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        pack(masks(tmp_path / folder / "rgb"), tmp_path / f"{folder}.zip")
    first, second = (hashlib.sha256((tmp_path / f"{name}.zip").read_bytes()).digest() for name in ("one", "two"))
    assert first == second


def test_the_folder_of_the_only_method_is_found(tmp_path: Path) -> None:
    masks(tmp_path / "out/rgb")
    (tmp_path / "out/rgb.json").write_text("{}")
    assert pack(tmp_path / "out", tmp_path / "davis.zip").sequences == 2
    masks(tmp_path / "out/dino")
    assert "predictions of 2 methods, dino, rgb; give one" in refusal(tmp_path / "out")


def test_hidden_files_stay_out(tmp_path: Path) -> None:
    masks(tmp_path / "rgb")
    (tmp_path / "rgb/.DS_Store").write_bytes(b"x")
    (tmp_path / "rgb/bear/._00000.png").write_bytes(b"x")
    assert pack(tmp_path / "rgb", tmp_path / "davis.zip").files == 4


def test_named_sequences_alone_are_packed(tmp_path: Path) -> None:
    pack(masks(tmp_path / "rgb"), tmp_path / "davis.zip", sequences=["ant"])
    assert list(content(tmp_path / "davis.zip")) == ["ant/00000.png", "ant/00001.png"]
    assert "1 of 2 sequences are missing: cat; found ant, bear" in refusal(tmp_path / "rgb", sequences=["ant", "cat"])


def test_an_empty_sequence_is_refused(tmp_path: Path) -> None:
    (masks(tmp_path / "rgb") / "cat").mkdir()
    assert "cat: an empty folder" in refusal(tmp_path / "rgb")


def test_a_file_that_is_no_mask_is_refused(tmp_path: Path) -> None:
    (masks(tmp_path / "rgb") / "bear/scores.npz").write_bytes(b"x")
    assert "bear: scores.npz: only masks" in refusal(tmp_path / "rgb")


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_a_mask_without_palette_is_refused(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (4, 3)).save(masks(tmp_path / "rgb") / "bear/00001.png")
    assert f"bear/00001.png: found PNG of mode {mode}; the server takes indexed PNG" in refusal(tmp_path / "rgb")


def test_a_jpeg_in_disguise_a_broken_file_and_void_are_refused(tmp_path: Path) -> None:
    place = masks(tmp_path / "rgb") / "bear/00001.png"
    Image.new("L", (4, 3)).save(place, format="JPEG")
    assert "found JPEG of mode L" in refusal(tmp_path / "rgb")
    place.write_bytes((tmp_path / "rgb/bear/00000.png").read_bytes()[:-30])
    assert "bear/00001.png: not a readable image" in refusal(tmp_path / "rgb")
    write_mask(place, torch.tensor([[0, 255, 1, 1]] * 3, dtype=torch.uint8))
    assert "bear/00001.png: the prediction holds 255 (void)" in refusal(tmp_path / "rgb")


def test_masks_of_several_sizes_are_refused(tmp_path: Path) -> None:
    write_mask(masks(tmp_path / "rgb") / "bear/00001.png", torch.zeros(3, 5, dtype=torch.uint8))
    assert "bear/00001.png: (3, 5) pixels (rows, columns), but the sequence has (3, 4)" in refusal(tmp_path / "rgb")


def test_a_folder_at_the_wrong_level_is_named(tmp_path: Path) -> None:
    masks(tmp_path / "rgb")
    assert f"folder of one sequence; give the folder above it, {tmp_path / 'rgb'}" in refusal(tmp_path / "rgb/bear")
    (tmp_path / "nothing").mkdir()
    assert "no predictions, found an empty folder" in refusal(tmp_path / "nothing")
    assert "no such folder" in refusal(tmp_path / "nowhere")


def test_the_request_is_checked_first(tmp_path: Path) -> None:
    masks(tmp_path / "rgb")
    with pytest.raises(SettingError, match="no such format; there are davis, youtube-vos, got10k"):
        pack(tmp_path / "rgb", tmp_path / "a.zip", "vot")
    with pytest.raises(SettingError, match=r"ends in \.zip"):
        pack(tmp_path / "rgb", tmp_path / "a.tar")


def test_an_archive_that_was_there_stays_when_the_next_one_is_refused(tmp_path: Path) -> None:
    pack(masks(tmp_path / "rgb"), tmp_path / "refused.zip")
    before = (tmp_path / "refused.zip").read_bytes()
    (tmp_path / "rgb/cat").mkdir()
    with pytest.raises(PredictionError):
        pack(tmp_path / "rgb", tmp_path / "refused.zip")
    assert (tmp_path / "refused.zip").read_bytes() == before


# Boxes


def test_got10k_has_a_folder_a_sequence_with_boxes_and_times(tmp_path: Path) -> None:
    written = pack(boxes(tmp_path / "ours"), tmp_path / "got.zip", "got10k")
    assert (written.sequences, written.files) == (1, 2)
    assert content(tmp_path / "got.zip") == {
        "GOT-10k_Test_000001/GOT-10k_Test_000001_001.txt": b"1.000,2.000,3.000,4.000\n5.123,6.000,7.000,8.000\n",
        "GOT-10k_Test_000001/GOT-10k_Test_000001_time.txt": b"0.10000000\n0.25000000\n",
    }


@pytest.mark.parametrize("times", ["walk_time.txt", "times/walk_time.txt"])
def test_a_file_a_sequence_will_do_with_any_separator(times: str, tmp_path: Path) -> None:
    (tmp_path / "ours/times").mkdir(parents=True)
    (tmp_path / "ours/walk.txt").write_text("1\t2 3,4\n\n")
    (tmp_path / "ours" / times).write_text("0.5\n")
    pack(tmp_path / "ours", tmp_path / "got.zip", "got10k")
    assert content(tmp_path / "got.zip") == {
        "walk/walk_001.txt": b"1.000,2.000,3.000,4.000\n",
        "walk/walk_time.txt": b"0.50000000\n",
    }


def test_repetitions_are_packed_too(tmp_path: Path) -> None:
    place = boxes(tmp_path / "ours", "walk", times="0.1,0.2\n0.3,0.4\n") / "walk"
    (place / "walk_002.txt").write_text(WALK)
    pack(tmp_path / "ours", tmp_path / "got.zip", "got10k")
    assert list(content(tmp_path / "got.zip")) == [
        "walk/walk_001.txt",
        "walk/walk_002.txt",
        "walk/walk_time.txt",
    ]


@pytest.mark.parametrize(
    ("text", "times", "message"),
    [
        (WALK, None, "walk_time.txt: no such file; the server takes the seconds"),
        (WALK, "0.1\n", "walk_time.txt: 1 lines, but the sequence has 2 frames"),
        ("1,2,3\n", "0.1\n", "walk_001.txt, line 1: '1,2,3' is not 4 finite numbers"),
        ("1,2,3,nan\n", "0.1\n", "line 1: '1,2,3,nan' is not 4 finite numbers"),
        ("1,2,3,x\n", "0.1\n", "line 1: '1,2,3,x' is not 4 finite numbers"),
        ("\n", "0.1\n", "walk_001.txt: an empty file"),
    ],
)
def test_boxes_that_the_server_would_refuse_are_refused(
    text: str, times: str | None, message: str, tmp_path: Path
) -> None:
    assert message in refusal(boxes(tmp_path / "ours", "walk", text, times), "got10k")


def test_a_folder_without_boxes_of_its_sequence_is_refused(tmp_path: Path) -> None:
    (boxes(tmp_path / "ours", "walk") / "jump").mkdir()
    assert "jump: no jump_001.txt in it" in refusal(tmp_path / "ours", "got10k")


def test_every_frame_of_the_data_set_needs_a_box(tmp_path: Path) -> None:
    folder = boxes(tmp_path / "ours", "walk")
    assert len(box_members(folder, "walk", "walk", Wanted(("1", "2"), None))) == 2
    with pytest.raises(PredictionError, match="2 lines, but the sequence has 3 frames"):
        box_members(folder, "walk", "walk", Wanted(("1", "2", "3"), None))


def test_what_is_packed_are_the_ids_that_were_predicted(tmp_path: Path) -> None:
    pack(masks(tmp_path / "rgb", ("bear",)), tmp_path / "davis.zip")
    with ZipFile(tmp_path / "davis.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    with Image.open(tmp_path / "unpacked/bear/00001.png") as image:
        assert (image.mode, np.array(image).tolist()) == ("P", [[1] * 4] * 3)
