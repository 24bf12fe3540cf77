"""GOT-10k in its own layout: which frames have a box, which sequences a split has."""

from pathlib import Path

import pytest
from PIL import Image

from corrbench.errors import DataError
from corrbench_datasets.got10k import got10k

FIRST = "GOT-10k_Val_000001"
ROWS = "5.0000,6.0000,7.0000,8.0000\n" * 4


def write(folder: Path, frames: int = 4, rows: str = ROWS, **labels: str) -> Path:
    """A sequence of frames of 40 x 30 pixels; labels are files of flags, cover.label by default."""
    folder.mkdir(parents=True)
    for number in range(1, frames + 1):
        Image.new("RGB", (40, 30)).save(folder / f"{number:08d}.jpg")
    (folder / "groundtruth.txt").write_text(rows)
    for name, text in (labels or {"cover": "8\n" * frames}).items():
        (folder / f"{name}.label").write_text(text)
    (folder / "meta_info.ini").write_text("[METAINFO]\nresolution: (40, 30)\n")
    return folder


def annotated(root: Path, name: str = FIRST, split: str = "val") -> list[bool]:
    return [label is not None for label in got10k(root, split=split).video(name).labels]


# Boxes


def test_boxes_are_counted_from_0(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST, rows="1,1,7,8\n2.5,3,7,8\n" + "1,1,7,8\n" * 2)
    video = got10k(tmp_path).video(FIRST)
    assert [label.tolist() for label in video.labels[:2] if label is not None] == [[0, 0, 7, 8], [1.5, 2, 7, 8]]
    assert video.stems == ("00000001", "00000002", "00000003", "00000004")
    assert video.frames[3].shape == (3, 30, 40)


def test_a_frame_without_cover_has_no_box(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST, cover="8\n0\n1\n0\n", absence="0\n0\n0\n1\n")
    assert annotated(tmp_path) == [True, False, True, False]


def test_without_covers_an_absent_target_has_no_box(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST, absence="0\n1\n0\n1\n")
    assert annotated(tmp_path) == [True, False, True, False]


def test_the_first_frame_has_a_box_whatever_its_cover(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST, cover="0\n" * 4)
    assert annotated(tmp_path) == [True, False, False, False]


def test_the_box_of_a_target_that_has_left_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST, rows=ROWS[: len(ROWS) // 2] + "-1,-1,-1,-1\n0,0,0,0\n", cover="8\n8\n0\n0\n")
    assert annotated(tmp_path) == [True, True, False, False]


def test_of_the_test_split_the_first_frame_alone_has_a_box(tmp_path: Path) -> None:
    write(tmp_path / "test/GOT-10k_Test_000001", rows="5,6,7,8\n", absence="")
    assert annotated(tmp_path, "GOT-10k_Test_000001", "test") == [True, False, False, False]


# Sequences


def test_the_list_gives_the_order(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path / f"val/GOT-10k_Val_{number:06d}")
    (tmp_path / "val/list.txt").write_text("GOT-10k_Val_000003\nGOT-10k_Val_000001")
    assert got10k(tmp_path).sequences == ("GOT-10k_Val_000003", "GOT-10k_Val_000001")


def test_without_a_list_every_sequence_counts(tmp_path: Path) -> None:
    for number in (2, 1):
        write(tmp_path / f"val/GOT-10k_Val_{number:06d}")
    identity = got10k(tmp_path).identity(got10k(tmp_path).sequences)
    assert identity.sequences == ("GOT-10k_Val_000001", "GOT-10k_Val_000002")
    assert (identity.name, identity.split, identity.complete) == ("got10k", "val", False)


def test_all_180_sequences_of_val_are_complete(tmp_path: Path) -> None:
    for number in range(1, 181):
        write(tmp_path / f"val/GOT-10k_Val_{number:06d}", frames=1, rows="5,6,7,8\n")
    data = got10k(tmp_path)
    assert data.identity(data.sequences).complete
    assert not data.identity(data.sequences[:-1]).complete


@pytest.mark.parametrize("given", ["", "full_data", "full_data/val"])
def test_the_split_is_found_from_above_or_given_itself(tmp_path: Path, given: str) -> None:
    write(tmp_path / "full_data/val" / FIRST)
    write(tmp_path / "full_data/train/GOT-10k_Train_000001")
    assert got10k(tmp_path / given).root == tmp_path / "full_data/val"


def test_a_listed_sequence_that_is_missing_is_named(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST)
    (tmp_path / "val/list.txt").write_text(f"{FIRST}\nGOT-10k_Val_000002\n")
    with pytest.raises(DataError, match=r"1 of 2 listed sequences have no folder in \S+val: GOT-10k_Val_000002; copy"):
        got10k(tmp_path)


def test_a_list_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST)
    (tmp_path / "val/list.txt").write_text("../val/GOT-10k_Val_000001\n")
    with pytest.raises(DataError, match="is not a plain folder name"):
        got10k(tmp_path)


def test_an_unknown_split_or_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "val" / FIRST)
    with pytest.raises(DataError, match="GOT-10k has no split 'dev'; ask for train, val, test"):
        got10k(tmp_path, split="dev")
    with pytest.raises(DataError, match=r"looked for folders of GOT-10k such as train/GOT-10k_Train_000001 here"):
        got10k(tmp_path, split="train")


# Broken sequences


@pytest.mark.parametrize(
    ("rows", "labels", "why"),
    [
        (
            "5,6,7,8\n" * 3,
            {"cover": "8\n" * 4},
            r"groundtruth\.txt: 3 rows for 4 frames, 00000001\.jpg to 00000004\.jpg",
        ),
        ("5,6,7,8\n", {"cover": "8\n" * 4}, "1 rows for 4 frames"),
        (ROWS, {"cover": "8\n" * 5}, r"cover\.label: 5 rows for 4 frames"),
        (ROWS, {"cover": "8\n8\nx\n8\n"}, r"cover\.label: 'x' is no whole number"),
        (
            ROWS,
            {"cut_by_image": "0\n" * 4},
            r"000001: no cover\.label or absence\.label, found cut_by_image\.label, gro",
        ),
        ("", {"cover": "8\n" * 4}, r"groundtruth\.txt: no boxes in it"),
        ("5,6,0,8\n" * 4, {"cover": "8\n" * 4}, "a box of 0 x 8 pixels for the first frame"),
    ],
)
def test_a_broken_sequence_is_refused(tmp_path: Path, rows: str, labels: dict[str, str], why: str) -> None:
    write(tmp_path / "val" / FIRST, rows=rows, **labels)
    with pytest.raises(DataError, match=why) as caught:
        got10k(tmp_path).video(FIRST)
    assert "\n" not in str(caught.value)


def test_a_sequence_without_boxes_is_refused(tmp_path: Path) -> None:
    (write(tmp_path / "val" / FIRST) / "groundtruth.txt").unlink()
    with pytest.raises(DataError, match=r"000001/groundtruth\.txt: no such file; copy the sequence again"):
        got10k(tmp_path).video(FIRST)
