"""OTB as users have it on disk, and what is odd about some of its sequences."""

import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image
from torch import Tensor

from corrbench.core.settings import bind
from corrbench.errors import DataError, SettingError
from corrbench_datasets.otb import otb
from corrbench_datasets.otb_sequences import OFFICIAL, RANGES, target

ROW = "5,6,7,8\n"


def write(
    root: Path, name: str, numbers: Iterable[int] = range(1, 4), ending: str = "{:04d}.jpg", **texts: str
) -> Path:
    """A folder of frames of 40 x 30 pixels, and text files of boxes named groundtruth_rectKEY.txt."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30)).save(content, format="JPEG")
    (root / name / "img").mkdir(parents=True)
    for number in numbers:
        (root / name / "img" / ending.format(number)).write_bytes(content.getvalue())
    for key, text in (texts or {"_": ROW * len(list(numbers))}).items():
        (root / name / f"groundtruth_rect{key.replace('_', '.')}txt").write_text(text)
    return root


def first_box(label: Tensor | None) -> list[float]:
    assert label is not None
    values: list[float] = label.tolist()
    return values


def test_the_official_lists_have_their_published_lengths() -> None:
    assert {version: len(set(names)) for version, names in OFFICIAL.items()} == {2013: 51, 2015: 100}
    assert {version: len({target(name).folder for name in names}) for version, names in OFFICIAL.items()} == {
        2013: 50,
        2015: 98,
    }
    assert set(OFFICIAL[2013]) < set(OFFICIAL[2015])


def test_the_sequences_there_are_come_in_the_order_of_the_list(tmp_path: Path) -> None:
    for name in ("Woman", "Biker", "Basketball", "Mine"):
        write(tmp_path, name)
    data = otb(tmp_path)
    assert data.sequences == ("Basketball", "Biker", "Woman")
    assert otb(tmp_path, version=2013).sequences == ("Basketball", "Woman")
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.complete) == ("otb2015", "test", False)
    assert otb(tmp_path, version=2013).identity(("Woman",)).name == "otb2013"


def test_all_sequences_of_the_list_are_complete(tmp_path: Path) -> None:
    for folder in {target(name).folder for name in OFFICIAL[2013]}:
        write(tmp_path, folder, [1], _=ROW, _1_=ROW, _2_=ROW)
    data = otb(tmp_path, version=2013)
    assert data.identity(data.sequences).complete
    assert not data.identity(data.sequences[1:]).complete
    assert not otb(tmp_path).identity(data.sequences).complete


def test_the_version_is_a_setting(tmp_path: Path) -> None:
    assert bind(otb, {"root": str(tmp_path), "version": "2013"}, "data set 'otb'") == {
        "root": tmp_path,
        "version": 2013,
        "init_omit": False,
    }
    with pytest.raises(SettingError, match="OTB has no version 2014; give 2013 or 2015"):
        otb(tmp_path, version=2014)


# Ordinary sequences


def test_boxes_are_counted_from_0(tmp_path: Path) -> None:
    video = otb(write(tmp_path, "Deer", _="1,1,7,8\n2,3,7,8\n3,5,7,8\n")).video("Deer")
    assert [first_box(label) for label in video.labels] == [[0, 0, 7, 8], [1, 2, 7, 8], [2, 4, 7, 8]]
    assert video.frames[0].shape == (3, 30, 40)
    assert video.stems == ("0001", "0002", "0003")


def test_board_has_names_of_five_digits(tmp_path: Path) -> None:
    write(tmp_path, "Board", ending="{:05d}.jpg")
    assert otb(tmp_path).video("Board").stems == ("00001", "00002", "00003")


def test_a_mirror_may_hold_png(tmp_path: Path) -> None:
    write(tmp_path, "KiteSurf", ending="{:04d}.png")
    assert len(otb(tmp_path).video("KiteSurf")) == 3


def test_names_of_folders_may_be_in_lower_case(tmp_path: Path) -> None:
    write(tmp_path, "deer")
    assert otb(tmp_path).sequences == ("Deer",)
    assert len(otb(tmp_path).video("Deer")) == 3


# Ranges


@pytest.mark.parametrize(
    ("name", "there", "first", "last"),
    [
        ("David", (1, 770), 300, 770),
        ("Football1", (1, 81), 1, 74),
        ("Freeman3", (1, 474), 1, 460),
        ("Freeman4", (1, 297), 1, 283),
        ("Diving", (1, 231), 1, 215),
        ("BlurCar1", (1, 988), 247, 988),
        ("BlurCar3", (3, 359), 3, 359),
        ("BlurCar4", (18, 397), 18, 397),
    ],
)
def test_boxes_are_of_the_official_range(
    tmp_path: Path, name: str, there: tuple[int, int], first: int, last: int
) -> None:
    assert RANGES[name] == (first, last)
    count = last - first + 1
    write(tmp_path, name, range(there[0], there[1] + 1), _=ROW * count)
    stems = otb(tmp_path).video(name).stems
    assert (stems[0], stems[-1], len(stems)) == (f"{first:04d}", f"{last:04d}", count)


@pytest.mark.parametrize(("name", "first"), [("David", 300), ("David", 1), ("BlurCar1", 1)])
def test_a_folder_cut_or_renumbered_by_a_mirror_is_taken_whole(tmp_path: Path, name: str, first: int) -> None:
    count = RANGES[name][1] - RANGES[name][0] + 1
    write(tmp_path, name, range(first, first + count))
    assert len(otb(tmp_path).video(name)) == count


def test_tiger1_starts_where_got10k_starts_or_where_the_benchmark_does(tmp_path: Path) -> None:
    write(tmp_path, "Tiger1", range(1, 9), _="".join(f"{number},1,7,8\n" for number in range(1, 9)))
    whole, cut = otb(tmp_path).video("Tiger1"), otb(tmp_path, init_omit=True).video("Tiger1")
    assert (whole.stems[0], first_box(whole.labels[0])) == ("0001", [0, 0, 7, 8])
    assert (cut.stems, first_box(cut.labels[0])) == (("0006", "0007", "0008"), [5, 0, 7, 8])


def test_tiger1_already_cut_is_not_cut_again(tmp_path: Path) -> None:
    write(tmp_path, "Tiger1", range(6, 9))
    assert otb(tmp_path, init_omit=True).video("Tiger1").stems == ("0006", "0007", "0008")


def test_only_tiger1_starts_later(tmp_path: Path) -> None:
    write(tmp_path, "Tiger2")
    assert len(otb(tmp_path, init_omit=True).video("Tiger2")) == 3


# Several targets


def test_two_targets_of_a_folder_are_two_sequences(tmp_path: Path) -> None:
    write(tmp_path, "Jogging", _1_="1,1,7,8\n" * 3, _2_="9,9,7,8\n" * 3)
    data = otb(tmp_path)
    assert data.sequences == ("Jogging.1", "Jogging.2")
    assert [first_box(data.video(name).labels[0])[0] for name in data.sequences] == [0, 8]
    assert data.identity(("Jogging.1",)).hash != data.identity(("Jogging.2",)).hash


@pytest.mark.parametrize("separator", ["-", ".", "_"])
@pytest.mark.parametrize("renamed", [False, True])
def test_a_folder_may_be_copied_for_each_target(tmp_path: Path, separator: str, renamed: bool) -> None:
    for number, row in (("1", "1,1,7,8\n"), ("2", "9,9,7,8\n")):
        texts = {"_": row * 3} if renamed else {"_1_": "1,1,7,8\n" * 3, "_2_": "9,9,7,8\n" * 3}
        write(tmp_path, f"Skating2{separator}{number}", range(1, 4), **texts)
    data = otb(tmp_path)
    assert data.sequences == ("Skating2.1", "Skating2.2")
    assert [first_box(data.video(name).labels[0])[0] for name in data.sequences] == [0, 8]


def test_the_original_folder_is_taken_before_a_copy(tmp_path: Path) -> None:
    write(tmp_path, "Jogging", _1_="1,1,7,8\n" * 3)
    write(tmp_path, "Jogging-1", range(1, 4), _="9,9,7,8\n" * 3)
    assert first_box(otb(tmp_path).video("Jogging.1").labels[0])[0] == 0


def test_one_file_for_two_targets_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "Jogging")
    with pytest.raises(DataError, match=r"Jogging: no groundtruth_rect\.2\.txt, found groundtruth_rect\.txt; copy"):
        otb(tmp_path).video("Jogging.2")


@pytest.mark.parametrize(
    ("folder", "texts"),
    [
        ("Human4", {"_1_": "", "_2_": ROW * 3}),
        ("Human4-2", {"_1_": "", "_2_": ROW * 3}),
        ("Human4_2", {"_": ROW * 3}),
        ("Human4", {"_": ROW * 3}),
        ("Human4", {"_2_": "\n", "_": ROW * 3}),
    ],
)
def test_the_empty_file_of_human4_is_passed_over(tmp_path: Path, folder: str, texts: dict[str, str]) -> None:
    write(tmp_path, folder, range(1, 4), **texts)
    assert otb(tmp_path).sequences == ("Human4",)
    assert first_box(otb(tmp_path).video("Human4").labels[2]) == [4, 5, 7, 8]


def test_the_name_of_another_toolkit_is_answered_with_ours(tmp_path: Path) -> None:
    write(tmp_path, "Jogging", _1_=ROW * 3)
    with pytest.raises(
        DataError, match=r"no sequence 'Jogging-1' in split 'test' of otb2015; did you mean 'Jogging\.1'"
    ):
        otb(tmp_path).video("Jogging-1")


# Broken sequences


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"_": ""}, r"Deer/groundtruth_rect\.txt: no boxes in it"),
        ({"_": ROW * 2}, r"2 rows for 3 frames, 0001\.jpg to 0003\.jpg in \S+Deer/img"),
        ({"_": ROW * 4}, "4 rows for 3 frames"),
        ({"_": ROW * 2 + "nan,5,6,7\n"}, "line 3: 'nan,5,6,7' is not finite"),
        ({"_": "nan,nan,nan,nan\n" + ROW * 2}, r"no box for the first frame, 0001\.jpg"),
        ({"_": "5,6,0,0\n" + ROW * 2}, "a box of 0 x 0 pixels for the first frame"),
        ({"_": "500,6,7,8\n" + ROW * 2}, r"at \(499, 5\), lies outside of"),
        ({"_": "5,6,7\n" * 3}, "line 1: 3 numbers"),
        ({"_1_": ROW * 3}, r"no groundtruth_rect\.txt, found groundtruth_rect\.1\.txt"),
    ],
)
def test_a_broken_sequence_is_refused(tmp_path: Path, texts: dict[str, str], why: str) -> None:
    write(tmp_path, "Deer", range(1, 4), **texts)
    with pytest.raises(DataError, match=why) as caught:
        otb(tmp_path).video("Deer")
    assert "\n" not in str(caught.value)


def test_too_few_frames_for_an_official_range_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "Diving", range(1, 200), _=ROW * 215)
    with pytest.raises(DataError, match="215 rows for 199 frames"):
        otb(tmp_path).video("Diving")


def test_a_missing_frame_is_named(tmp_path: Path) -> None:
    write(tmp_path, "Deer")
    (tmp_path / "Deer/img/0002.jpg").unlink()
    with pytest.raises(DataError, match="Deer/img: missing frames: 2; copy them again"):
        otb(tmp_path).video("Deer")


def test_opening_reads_nothing(tmp_path: Path) -> None:
    write(tmp_path, "Deer", _="")
    write(tmp_path, "Woman")
    (tmp_path / "Woman/img/0002.jpg").write_bytes(b"no image")
    video = otb(tmp_path).video("Woman")
    with pytest.raises(DataError, match=r"Woman/img/0002\.jpg: not a readable image"):
        video.frames[1]


@pytest.mark.parametrize("below", ["", "OTB100", "data/OTB100"])
def test_the_root_is_found_up_to_two_levels_below(tmp_path: Path, below: str) -> None:
    write(tmp_path / below, "Deer")
    (tmp_path / "GOT-10k/val/GOT-10k_Val_000001").mkdir(parents=True)
    (tmp_path / "LaSOT/dog/dog-1/img").mkdir(parents=True)
    assert otb(tmp_path).root == tmp_path / below


def test_several_roots_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", "Deer")
    write(tmp_path / "b", "Deer")
    with pytest.raises(DataError, match=rf"found it in {tmp_path}/a, {tmp_path}/b; give one of them"):
        otb(tmp_path)


def test_a_part_of_the_data_is_answered_with_its_root(tmp_path: Path) -> None:
    write(tmp_path, "Deer")
    with pytest.raises(DataError, match=rf"found a part of the data set {tmp_path}; give that folder"):
        otb(tmp_path / "Deer")


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (
            "empty",
            r"looked for folders of OTB-2015 such as Basketball/img here and two levels below, found nothing; give",
        ),
        ("other", "found notes; give"),
        ("nowhere", r"nowhere: no such folder; \S+ holds empty, other; give the folder that holds folders of OTB-2015"),
        ("file.zip", "a file, not a data set"),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other/notes").mkdir(parents=True)
    (tmp_path / "file.zip").touch()
    with pytest.raises(DataError, match=why):
        otb(tmp_path / place)
