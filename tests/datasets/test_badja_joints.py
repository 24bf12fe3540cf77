"""The JSON files of BADJA: what is marked in which frame, and files that are no such thing."""

import json
from pathlib import Path
from typing import Any

import pytest

from corrbench.errors import DataError
from corrbench_datasets.badja_joints import JOINTS, Annotation, read_annotation


def entry(stem: str, visible: tuple[int, ...] = (8,), sequence: str = "dog") -> dict[str, Any]:
    """An entry whose visible joints j are at row j and column 100 + j."""
    return {
        "segmentation_path": f"DAVIS/Annotations/Full-Resolution/{sequence}/{stem}.png",
        "image_path": f"DAVIS/JPEGImages/Full-Resolution/{sequence}/{stem}.jpg",
        "visibility": [number in visible for number in range(37)],
        "joints": [[number, 100 + number] if number in visible else [0, 0] for number in range(37)],
    }


def read(folder: Path, *entries: Any) -> Annotation:
    (folder / "dog.json").write_text(json.dumps(entries))
    return read_annotation(folder / "dog.json")


def refusal(folder: Path, *entries: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, *entries)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_frames_play_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    annotation = read(tmp_path, entry("00010"), entry("00002", (8, 34)), entry("9"))
    assert [marked.stem for marked in annotation.frames] == ["00002", "9", "00010"]
    assert annotation.sequence == "dog"
    assert annotation.frames[0].positions[34].tolist() == [134, 34]
    assert annotation.frames[0].visible.nonzero().flatten().tolist() == [8, 34]


def test_all_joints_of_smal_have_a_name() -> None:
    assert len(JOINTS) == 37
    assert [JOINTS[number] for number in (0, 8, 14, 15, 20, 24, 25, 31, 32, 33, 34, 35, 36)] == [
        "body_0", "upper_right_1", "upper_left_3", "neck_lower", "lower_right_3", "lower_left_3", "tail_0", "tail_6",
        "jaw", "nose", "chin", "right_ear", "left_ear",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"joints": [[0, 0]] * 36}, "joints: "),
        ({"joints": [[0, 0, 0]] * 37}, "joints, entry 0"),
        ({"joints": [[0, float("nan")]] * 37}, "joints, entry 0, entry 1: "),
        ({"joints": None}, "joints: "),
        ({"visibility": [True]}, "visibility: "),
        ({"image_path": 7}, "image_path: "),
    ],
)
def test_an_entry_that_does_not_fit_is_named(change: dict[str, Any], place: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, entry("00000"), {**entry("00001"), **change})
    assert f"{tmp_path}/dog.json, entry 1, {place}" in message
    assert "expected a list of frames with image_path, 37 joints (row, column) and their visibility" in message


@pytest.mark.parametrize("text", ["", "[{]", "{}", "7"])
def test_a_file_that_is_no_list_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "dog.json").write_text(text)
    with pytest.raises(DataError, match=r"dog.json: .* expected a list of frames with image_path"):
        read_annotation(tmp_path / "dog.json")


@pytest.mark.parametrize("path", ["/etc/00000.jpg", "DAVIS/../../etc/00000.jpg", "dog\\00000.jpg", "dog//00000.jpg"])
def test_an_image_path_never_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    assert "is not a plain folder name" in refusal(tmp_path, {**entry("00000"), "image_path": path})


@pytest.mark.parametrize("path", ["00000.jpg", "dog/first.jpg"])
def test_an_image_path_ends_with_a_sequence_and_a_number(path: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, {**entry("00000"), "image_path": path})
    assert f"dog.json: image_path '{path}' names no frame; expected …/SEQUENCE/00000.jpg" in message


@pytest.mark.parametrize("second", [entry("00000"), entry("0"), entry("00001", sequence="cows")])
def test_two_entries_for_a_frame_and_two_sequences_in_a_file_are_refused(second: Any, tmp_path: Path) -> None:
    message = refusal(tmp_path, entry("00000"), second)
    assert "are of two sequences or of one time; keep one entry a frame, and one sequence a file" in message


def test_a_file_without_visible_joints_is_refused(tmp_path: Path) -> None:
    why = "dog.json: no joint is visible in any frame; copy"
    assert why in refusal(tmp_path, entry("00000", ()))
    assert why in refusal(tmp_path)
