"""LaSOT in its own layout and without the level of categories."""

from pathlib import Path

import pytest
from PIL import Image

from corrbench.errors import DataError
from corrbench_datasets.lasot import lasot
from corrbench_datasets.lasot_sequences import TEST


def write(
    folder: Path,
    frames: int = 4,
    rows: str = "5,6,7,8\n" * 4,
    full_occlusion: str = "0,0,0,0",
    out_of_view: str = "0,0,0,0",
) -> Path:
    (folder / "img").mkdir(parents=True)
    for number in range(1, frames + 1):
        Image.new("RGB", (40, 30)).save(folder / f"img/{number:08d}.jpg")
    (folder / "groundtruth.txt").write_text(rows)
    (folder / "full_occlusion.txt").write_text(full_occlusion)
    (folder / "out_of_view.txt").write_text(out_of_view)
    (folder / "nlp.txt").write_text("a plane in the sky\n")
    return folder


def annotated(root: Path) -> list[bool]:
    return [label is not None for label in lasot(root).video("airplane-1").labels]


# Sequences


def test_the_official_list_has_four_sequences_of_each_of_70_categories() -> None:
    categories = [name.rpartition("-")[0] for name in TEST]
    assert len(set(TEST)) == 280
    assert {categories.count(category) for category in categories} == {4}
    assert len(set(categories)) == 70
    assert TEST[:4] == ("airplane-1", "airplane-9", "airplane-13", "airplane-15")


@pytest.mark.parametrize("below", ["", "LaSOTBenchmark", "data/LaSOTTesting"])
@pytest.mark.parametrize("folder", ["airplane/airplane-1", "airplane-1"])
def test_categories_may_be_a_level_of_folders_or_not(tmp_path: Path, below: str, folder: str) -> None:
    write(tmp_path / below / folder)
    data = lasot(tmp_path)
    assert (data.root, data.sequences) == (tmp_path / below, ("airplane-1",))
    assert len(data.video("airplane-1")) == 4


def test_sequences_of_training_are_left_out(tmp_path: Path) -> None:
    for name in ("zebra/zebra-17", "airplane/airplane-2", "airplane/airplane-13", "airplane/airplane-9"):
        write(tmp_path / name)
    data = lasot(tmp_path)
    assert data.sequences == ("airplane-9", "airplane-13", "zebra-17")
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.complete) == ("lasot", "test", False)


def test_all_test_sequences_are_complete(tmp_path: Path) -> None:
    for name in TEST:
        write(tmp_path / name.rpartition("-")[0] / name, 1, "5,6,7,8\n", "0", "0")
    data = lasot(tmp_path)
    assert data.sequences == TEST
    assert data.identity(TEST).complete


def test_another_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="LaSOT: split 'train' is not read here; ask for test, its 280 sequences"):
        lasot(tmp_path, split="train")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "airplane/airplane-1").mkdir(parents=True)
    with pytest.raises(DataError, match=r"folders of LaSOT such as airplane/airplane-1/img or airplane-1/img here and"):
        lasot(tmp_path)


# Boxes


def test_boxes_are_counted_from_0(tmp_path: Path) -> None:
    write(tmp_path / "airplane-1", rows="1,1,7,8\n2,3,7,8\n" + "1,1,7,8\n" * 2)
    labels = lasot(tmp_path).video("airplane-1").labels
    assert [label.tolist() for label in labels[:2] if label is not None] == [[0, 0, 7, 8], [1, 2, 7, 8]]


def test_an_occluded_target_and_one_out_of_view_have_no_box(tmp_path: Path) -> None:
    write(tmp_path / "airplane-1", full_occlusion="0,1,0,0", out_of_view="0,0,0,1\n")
    assert annotated(tmp_path) == [True, False, True, False]


def test_flags_may_stand_on_lines(tmp_path: Path) -> None:
    write(tmp_path / "airplane-1", full_occlusion="0\n1\n0\n0\n")
    assert annotated(tmp_path) == [True, False, True, True]


def test_the_first_frame_has_a_box_whatever_its_flags(tmp_path: Path) -> None:
    write(tmp_path / "airplane-1", out_of_view="1,1,1,1")
    assert annotated(tmp_path) == [True, False, False, False]


def test_a_wrong_box_in_the_original_stands_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "tiger-6", rows="5,6,7,8\n613,731,247,-11\n" + "5,6,7,8\n" * 2)
    label = lasot(tmp_path).video("tiger-6").labels[1]
    assert label is not None
    assert label.tolist() == [612, 730, 247, -11]


@pytest.mark.parametrize("rows", [2260, 2262])
def test_monkey_17_ends_where_the_official_evaluation_ends(tmp_path: Path, rows: int) -> None:
    folder = write(tmp_path / "monkey-17", 1, "5,6,7,8\n" * rows, ",".join("0" * rows), ",".join("0" * rows))
    for number in range(2, 2263):
        (folder / f"img/{number:08d}.jpg").touch()
    video = lasot(tmp_path).video("monkey-17")
    assert (len(video), len(video.labels), video.stems[-1]) == (2260, 2260, "00002260")


# Broken sequences


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"rows": "5,6,7,8\n" * 3},
            r"groundtruth\.txt: 3 rows for 4 frames, 00000001\.jpg to 00000004\.jpg in \S+img; ",
        ),
        ({"rows": "5,6,7,8\n" * 5}, "5 rows for 4 frames.*: copy the sequence again from its source"),
        ({"full_occlusion": "0,0,0"}, r"full_occlusion\.txt: 3 rows for 4 frames"),
        ({"out_of_view": "0,0,0,0,0"}, r"out_of_view\.txt: 5 rows for 4 frames"),
        ({"out_of_view": "0,no,0,0"}, r"out_of_view\.txt: 'no' is no whole number"),
        ({"rows": "5,6,0,0\n" * 4}, "a box of 0 x 0 pixels for the first frame"),
    ],
)
def test_a_broken_sequence_is_refused(tmp_path: Path, files: dict[str, str], why: str) -> None:
    write(tmp_path / "airplane-1", **files)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=why) as caught:
        lasot(tmp_path).video("airplane-1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["groundtruth.txt", "full_occlusion.txt", "out_of_view.txt"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path / "airplane-1") / name).unlink()
    with pytest.raises(DataError, match=rf"airplane-1/{name}: no such file; copy the sequence again"):
        lasot(tmp_path).video("airplane-1")
