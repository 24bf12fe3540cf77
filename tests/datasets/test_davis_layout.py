"""The DAVIS reader finds the layouts people have on disk, and says what is wrong with the others."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from corrbench.errors import DataError
from corrbench_datasets.davis import davis


def fill(folder: Path, names: Sequence[str]) -> None:
    """Grey images of 6 x 4 pixels."""
    folder.mkdir(parents=True)
    for name in names:
        Image.new("L", (6, 4)).save(folder / name)


def make(root: Path, *sequences: str, resolution: str = "480p") -> Path:
    """A data set with two frames a sequence and no list."""
    for sequence in sequences:
        fill(root / "JPEGImages" / resolution / sequence, ["00000.jpg", "00001.jpg"])
        fill(root / "Annotations" / resolution / sequence, ["00000.png", "00001.png"])
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")


def refusal(root: Path, **settings: object) -> str:
    with pytest.raises(DataError) as caught:
        davis(root, **settings)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


# Where the folders are


def test_the_layout_of_the_release_is_read(tmp_path: Path) -> None:
    make(tmp_path, "dog", "goat", "camel")
    write(tmp_path / "ImageSets/2017/val.txt", "goat\ndog\n")
    data = davis(tmp_path)
    assert data.sequences == ("goat", "dog")
    assert data.video("dog").stems == ("00000", "00001")


def test_the_level_of_resolutions_may_lack(tmp_path: Path) -> None:
    make(tmp_path, "dog", resolution=".")
    assert len(davis(tmp_path).video("dog")) == 2


def test_the_level_of_resolutions_may_lack_in_the_masks_alone(tmp_path: Path) -> None:
    fill(tmp_path / "JPEGImages/480p/dog", ["00000.jpg"])
    fill(tmp_path / "Annotations/dog", ["00000.png"])
    assert len(davis(tmp_path).video("dog")) == 1


@pytest.mark.parametrize("level", ["DAVIS", "DAVIS-2017-trainval/DAVIS", "davis16", "anything"])
def test_an_extra_level_is_found(tmp_path: Path, level: str) -> None:
    make(tmp_path / level, "dog")
    assert davis(tmp_path).sequences == ("dog",)


def test_beside_another_data_set_the_one_named_davis_is_found(tmp_path: Path) -> None:
    make(tmp_path / "segtrack2", "bird")
    make(tmp_path / "DAVIS", "dog")
    assert davis(tmp_path).sequences == ("dog",)


@pytest.mark.parametrize("half", ["JPEGImages", "Annotations"])
def test_the_path_of_either_half_is_enough(tmp_path: Path, half: str) -> None:
    make(tmp_path, "dog")
    assert davis(tmp_path / half).sequences == ("dog",)


def test_480p_is_read_before_full_resolution(tmp_path: Path) -> None:
    make(tmp_path, "dog", resolution="480p")
    make(tmp_path, "dog", resolution="Full-Resolution")
    assert davis(tmp_path).layout.frames == tmp_path / "JPEGImages/480p"


def test_the_only_resolution_is_read(tmp_path: Path) -> None:
    make(tmp_path, "dog", resolution="240p")
    assert davis(tmp_path).layout.masks == tmp_path / "Annotations/240p"


def test_a_resolution_without_masks_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "dog", resolution="1080p")
    fill(tmp_path / "JPEGImages/480p/dog", ["00000.jpg"])
    assert davis(tmp_path).layout.frames == tmp_path / "JPEGImages/1080p"


def test_a_resolution_is_read_when_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "dog", resolution="480p")
    make(tmp_path, "dog", resolution="1080p")
    assert davis(tmp_path, resolution="1080p").layout.frames == tmp_path / "JPEGImages/1080p"


def test_a_resolution_that_is_not_there_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "dog")
    message = refusal(tmp_path, resolution="1080p")
    assert str(tmp_path) in message
    assert "no resolution '1080p'" in message
    assert "found 480p" in message


def test_halves_without_a_resolution_in_common_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "JPEGImages/480p/dog", ["00000.jpg"])
    fill(tmp_path / "Annotations/1080p/dog", ["00000.png"])
    assert "JPEGImages has 480p, Annotations has 1080p" in refusal(tmp_path)


# No data set


def test_a_missing_root_is_refused_with_what_is_nearest(tmp_path: Path) -> None:
    (tmp_path / "davis2017").mkdir()
    message = refusal(tmp_path / "DAVIS/480p")
    assert f"{tmp_path}/DAVIS/480p: no such folder" in message
    assert f"{tmp_path} holds davis2017" in message


def test_a_file_as_root_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "DAVIS.zip", "")
    assert "DAVIS.zip: a file, not a data set; give the folder" in refusal(tmp_path / "DAVIS.zip")


def test_sequences_directly_in_the_root_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "judo", ["00000.png"])
    fill(tmp_path / "loading", ["00000.png"])
    message = refusal(tmp_path)
    assert "looked for JPEGImages and Annotations, found folders of images (judo, loading)" in message
    assert "JPEGImages/judo" in message


def test_a_folder_inside_a_data_set_is_refused_with_the_right_path(tmp_path: Path) -> None:
    make(tmp_path / "DAVIS", "dog")
    message = refusal(tmp_path / "DAVIS/JPEGImages/480p")
    assert f"a part of the data set {tmp_path}/DAVIS; give that folder" in message


def test_a_root_with_several_data_sets_is_refused_with_their_paths(tmp_path: Path) -> None:
    make(tmp_path / "one", "dog")
    make(tmp_path / "two", "dog")
    assert f"several data sets: {tmp_path}/one, {tmp_path}/two; give one of them" in refusal(tmp_path)


def test_a_root_far_too_high_is_refused_with_what_is_there(tmp_path: Path) -> None:
    for name in "abcdefg":
        (tmp_path / name).mkdir()
    message = refusal(tmp_path)
    assert "here and two levels below, found a, b, c, d, e and 2 more; give the folder that holds both" in message


def test_frames_without_annotations_are_refused(tmp_path: Path) -> None:
    fill(tmp_path / "JPEGImages/480p/dog", ["00000.jpg"])
    (tmp_path / "Annotations_unsupervised").mkdir()
    message = refusal(tmp_path)
    assert "found JPEGImages without Annotations (there are Annotations_unsupervised, JPEGImages)" in message


# Lists


@pytest.mark.parametrize("place", ["ImageSets/2016", "ImageSets/480p", "ImageSets/1080p"])
def test_lists_of_2016_are_found(tmp_path: Path, place: str) -> None:
    make(tmp_path, "dog", "goat")
    write(tmp_path / place / "val.txt", "dog\n")
    assert davis(tmp_path).identity(("dog",)).name == "davis2016"


def test_2017_is_read_where_listed_and_2016_when_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "dog", "goat", "india")
    write(tmp_path / "ImageSets/2016/val.txt", "dog\n")
    write(tmp_path / "ImageSets/2017/val.txt", "dog\nindia\n")
    assert davis(tmp_path).sequences == ("dog", "india")
    assert davis(tmp_path, year=2016).sequences == ("dog",)


def test_a_list_of_the_first_release_names_frames(tmp_path: Path) -> None:
    make(tmp_path, "dog", "camel")
    lines = [
        f"/JPEGImages/480p/{name}/{frame}.jpg /Annotations/480p/{name}/{frame}.png"
        for name in ("dog", "camel")
        for frame in ("00000", "00001")
    ]
    write(tmp_path / "ImageSets/480p/val.txt", "\n".join(lines))
    assert davis(tmp_path).sequences == ("dog", "camel")


@pytest.mark.parametrize("place", ["val.txt", "ImageSets/val.txt"])
def test_a_list_may_have_no_year(tmp_path: Path, place: str) -> None:
    make(tmp_path, "b", "a", "c")
    write(tmp_path / place, "b\na\n")
    assert davis(tmp_path).sequences == ("b", "a")


def test_without_a_list_every_folder_with_frames_and_masks_is_read(tmp_path: Path) -> None:
    make(tmp_path, "b", "a")
    fill(tmp_path / "JPEGImages/480p/frames-only", ["00000.jpg"])
    fill(tmp_path / "JPEGImages/480p/.hidden", ["00000.jpg"])
    fill(tmp_path / "Annotations/480p/.hidden", ["00000.png"])
    assert davis(tmp_path).sequences == ("a", "b")


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb\r\n", "\ufeffa\n\n  b  \n\n", "a\nb\na\n"])
def test_a_list_is_read_whatever_its_line_ends(tmp_path: Path, text: str) -> None:
    make(tmp_path, "a", "b")
    write(tmp_path / "val.txt", text)
    assert davis(tmp_path).sequences == ("a", "b")


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "a")
    write(tmp_path / "val.txt", "\n \n")
    assert "val.txt: an empty list; write one sequence name a line" in refusal(tmp_path)


@pytest.mark.parametrize("line", ["../../etc", "/etc", "..", "a/b"])
def test_a_name_with_a_path_in_it_is_refused(tmp_path: Path, line: str) -> None:
    make(tmp_path, "a")
    write(tmp_path / "val.txt", f"a\n{line}\n")
    message = refusal(tmp_path)
    assert f"val.txt, line 2: '{line}' is not a plain folder name" in message


def test_a_split_or_year_that_is_not_there_is_refused_with_those_there_are(tmp_path: Path) -> None:
    make(tmp_path, "dog")
    write(tmp_path / "ImageSets/2016/val.txt", "dog\n")
    write(tmp_path / "ImageSets/2017/val.txt", "dog\n")
    write(tmp_path / "ImageSets/2017/train.txt", "dog\n")
    there = "there are 2016: val; 2017: train, val; ask for one of these"
    assert f"no list of split 'test-dev'; {there}" in refusal(tmp_path, split="test-dev")
    assert f"no list of split 'train' of 2016; {there}" in refusal(tmp_path, split="train", year=2016)
    assert f"no list of split 'val' of 2018; {there}" in refusal(tmp_path, year=2018)
    assert "'../val' is not a plain folder name" in refusal(tmp_path, split="../val")


def test_without_a_list_only_val_may_be_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "dog")
    message = refusal(tmp_path, split="train")
    assert "no list of split 'train', nor any other; write its sequence names to train.txt" in message


@pytest.mark.parametrize("half", ["JPEGImages", "Annotations"])
def test_listed_sequences_without_folder_are_named(tmp_path: Path, half: str) -> None:
    make(tmp_path, *"abcdefg")
    write(tmp_path / "val.txt", "\n".join("abcdefgh"))
    fill(tmp_path / ("Annotations" if half == "JPEGImages" else "JPEGImages") / "480p/h", ["00000.png"])
    for name in "bcdefg":
        (tmp_path / half / "480p" / name).rename(tmp_path / name)
    message = refusal(tmp_path)
    assert f"val.txt: 7 of 8 listed sequences have no folder in {tmp_path}/{half}/480p: " in message
    assert "b, c, d, e, f and 2 more; add them, or write a list" in message


def test_a_data_set_whose_halves_name_sequences_differently_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "JPEGImages/480p/dog", ["00000.jpg"])
    fill(tmp_path / "Annotations/480p/Dog", ["00000.png"])
    message = refusal(tmp_path)
    assert "no sequence has both frames and masks" in message
    assert "480p holds dog" in message
    assert "480p holds Dog" in message
