"""Files of boxes: written as the toolkits write them, found and read in all their layouts."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.tasks.box_files import Track, as_written, read_track, track_files, write_track


def boxes(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_a_track_is_written_from_1_with_three_decimals(tmp_path: Path) -> None:
    write_track(tmp_path, "Deer", Track(boxes([10, 20, 40, 60], [10.12345, -3.5, 40.0006, 60]), (0.5, 0.25)))
    assert (tmp_path / "Deer_001.txt").read_bytes() == b"11.000,21.000,40.000,60.000\n11.123,-2.500,40.001,60.000\n"
    assert (tmp_path / "Deer_time.txt").read_text() == "0.50000000\n0.25000000\n"


def test_without_times_there_is_no_file_of_them(tmp_path: Path) -> None:
    write_track(tmp_path, "Deer", Track(boxes([1, 2, 3, 4])))
    assert [path.name for path in tmp_path.iterdir()] == ["Deer_001.txt"]


def test_a_name_with_path_parts_stays_in_the_folder(tmp_path: Path) -> None:
    write_track(tmp_path / "inside", "../up", Track(boxes([1, 2, 3, 4])))
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    box = boxes([10.12345, -3.5, 40.0006, 1 / 3])[0]
    write_track(tmp_path, "Deer", Track(box[None]))
    assert read_track(tmp_path / "Deer_001.txt")[0].equal(as_written(box))
    assert as_written(as_written(box)).equal(as_written(box))


@pytest.mark.parametrize(
    "row", ["11,21,40,60", "11\t21\t40\t60", "11 21  40 60", " 11, 21, 40, 60 ", "1.1e1,21,40,60,"]
)
def test_columns_are_separated_in_any_way(tmp_path: Path, row: str) -> None:
    (tmp_path / "Deer.txt").write_text(f"{row}\r\n\n{row}\n")
    assert torch.stack(read_track(tmp_path / "Deer.txt")).tolist() == [[10, 20, 40, 60]] * 2


def test_a_row_of_nan_is_a_lost_frame(tmp_path: Path) -> None:
    (tmp_path / "Deer.txt").write_text("11,21,40,60\nnan,nan,nan,nan\n11,inf,40,60\n")
    assert [bool(box.isnan().all()) for box in read_track(tmp_path / "Deer.txt")] == [False, True, True]


@pytest.mark.parametrize("row", ["11,21,40", "11,21,40,60,5", "11,21,forty,60", "<html>"])
def test_a_row_that_is_no_box_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "Deer.txt").write_text(f"11,21,40,60\n{row}\n")
    with pytest.raises(PredictionError, match=r"Deer.txt, line 2: .* is not a box; write four numbers x,y,w,h"):
        read_track(tmp_path / "Deer.txt")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Deer.txt").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(PredictionError, match="not a readable text"):
        read_track(tmp_path / "Deer.txt")


def filled(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("11,21,40,60\n")
    return root


@pytest.mark.parametrize("layout", ["{}.txt", "{0}/{0}_001.txt"])
@pytest.mark.parametrize("jogging", ["Jogging.1", "Jogging-1", "Jogging_1"])
@pytest.mark.parametrize("human", ["Human4", "Human4-2", "Human4_2", "Human4.2"])
def test_sequences_are_found_in_each_layout_and_style(tmp_path: Path, layout: str, jogging: str, human: str) -> None:
    names = [layout.format(name) for name in ("Deer", jogging, human)]
    filled(tmp_path, *names, "Deer_time.txt", "times/Deer_time.txt")
    assert track_files(tmp_path, ["Deer", "Jogging.1", "Human4"]) == {
        "Deer": tmp_path / names[0],
        "Jogging.1": tmp_path / names[1],
        "Human4": tmp_path / names[2],
    }


def test_two_files_with_numbers_are_not_guessed_among(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="no file for 1 of 1 sequences: Human4"):
        track_files(filled(tmp_path, "Human4-1.txt", "Human4-2.txt"), ["Human4"])


def test_a_missing_sequence_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(
        PredictionError,
        match=r"no file for 1 of 2 sequences: Diving; looked for Diving.txt and Diving/Diving_001.txt, found Deer.txt",
    ):
        track_files(filled(tmp_path, "Deer.txt"), ["Deer", "Diving"])


def test_a_folder_one_level_too_high_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"the files lie one level below, in SiamFC; give .*SiamFC"):
        track_files(filled(tmp_path, "SiamFC/Deer.txt"), ["Deer", "Diving"])


def test_a_folder_one_level_too_low_is_recognised(tmp_path: Path) -> None:
    filled(tmp_path, "Deer/Deer_001.txt")
    with pytest.raises(PredictionError, match=r"the folder of one sequence; give the folder above it"):
        track_files(tmp_path / "Deer", ["Deer", "Diving"])


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="no such folder"):
        track_files(tmp_path / "none", ["Deer"])
    with pytest.raises(PredictionError, match="this is a file"):
        track_files(filled(tmp_path, "Deer.txt") / "Deer.txt", ["Deer"])
