"""VIP in its own layout: videos of the list, labels of class ids."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.core.part_classes import CLASSES
from corrbench.errors import DataError
from corrbench_datasets.vip import Vip, vip

CATEGORIES = "Annotations/Category_ids"


def image(path: Path, row: list[int], mode: str = "P") -> None:
    """An image of 4 x 3 pixels whose rows are `row`; a palette's colours are not the ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    indexed = Image.fromarray(np.array([row] * 3, dtype=np.uint8))
    if mode == "P":
        indexed.putpalette([255 - index for index in range(256) for _ in range(3)])
    indexed.save(path)


def write(
    root: Path,
    videos: Iterable[str] = ("videos1",),
    row: list[int] | None = None,
    mode: str = "P",
    labels: str = CATEGORIES,
    numbers: Iterable[int] = (1, 26, 51),
    lines: str | None = None,
) -> Path:
    """A data set with frames numbered by 25, labels with the classes of `row`, and a list of val."""
    videos, numbers = list(videos), list(numbers)
    for video in videos:
        for number in numbers:
            frame = root / "Images" / video / f"{number:012d}.jpg"
            frame.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (4, 3)).save(frame)
            image(root / labels / video / f"{number:012d}.png", row or [0, 5, 13, 255], mode)
    (root / "lists").mkdir()
    text = "".join(f"VIP_Fine/Images/{video}\n" for video in videos) if lines is None else lines
    (root / "lists/val_videos.txt").write_text(text)
    return root


def refusal(data: Vip, name: str = "videos1") -> str:
    with pytest.raises(DataError) as caught:
        list(data.video(name).labels)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Labels


def test_the_classes_are_in_the_official_order() -> None:
    assert len(set(CLASSES)) == 20
    assert [CLASSES.index(name) for name in ("background", "gloves", "face", "left-arm", "right-shoe")] == [
        0,
        3,
        13,
        14,
        19,
    ]


@pytest.mark.parametrize("mode", ["P", "L"])
def test_labels_are_class_ids_and_void(tmp_path: Path, mode: str) -> None:
    video = vip(write(tmp_path, mode=mode)).video("videos1")
    assert (len(video), video.stems) == (3, ("000000000001", "000000000026", "000000000051"))
    assert video.frames[2].shape == (3, 3, 4)
    label = video.labels[1]
    assert label is not None
    assert label.dtype == torch.uint8
    assert label.tolist() == [[0, 5, 13, 255]] * 3


@pytest.mark.parametrize("mode", ["P", "L"])
def test_void_beside_background_alone_stays_void(tmp_path: Path, mode: str) -> None:
    label = vip(write(tmp_path, row=[0, 255, 255, 0], mode=mode)).video("videos1").labels[0]
    assert label is not None
    assert label[0].tolist() == [0, 255, 255, 0]


@pytest.mark.parametrize(("row", "found"), [([0, 19, 20, 255], "20"), ([0, 254, 21, 1], "21, 254")])
def test_a_class_that_vip_has_not_is_refused(tmp_path: Path, row: list[int], found: str) -> None:
    message = refusal(vip(write(tmp_path, row=row)))
    assert message == (
        f"{tmp_path}/{CATEGORIES}/videos1/000000000001.png: class ids {found}, but the classes of VIP are 0 to 19 "
        "and 255 for void; take the annotations from Category_ids"
    )


def test_a_label_in_colours_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    Image.new("RGB", (4, 3)).save(tmp_path / CATEGORIES / "videos1/000000000026.png")
    assert "000000000026.png: found an image of mode RGB; ids have to be" in refusal(vip(tmp_path))


def test_a_label_that_is_no_image_is_refused_when_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / CATEGORIES / "videos1/000000000026.png").write_bytes(b"no image")
    assert vip(tmp_path).video("videos1").labels[0] is not None
    assert "000000000026.png: not a readable image" in refusal(vip(tmp_path))


@pytest.mark.parametrize("index", [0, 1])
def test_a_label_of_another_size_is_refused(tmp_path: Path, index: int) -> None:
    write(tmp_path)
    image(tmp_path / CATEGORIES / f"videos1/{1 + 25 * index:012d}.png", [0, 1])
    assert "3 x 2 pixels (height x width), but the first frame" in refusal(vip(tmp_path))


@pytest.mark.parametrize("missing", [[26], [26, 51]])
def test_every_frame_has_to_have_a_label(tmp_path: Path, missing: list[int]) -> None:
    write(tmp_path)
    for number in missing:
        (tmp_path / CATEGORIES / f"videos1/{number:012d}.png").unlink()
    message = refusal(vip(tmp_path))
    assert f"{tmp_path}/{CATEGORIES}/videos1: {len(missing)} of 3 frames have no " in message
    assert "000000000026" in message


def test_a_label_without_frame_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "Images/videos1/000000000051.jpg").unlink()
    assert "without a frame: 000000000051.png" in refusal(vip(tmp_path))


# Places


@pytest.mark.parametrize("labels", ["Annotations/Category_ids", "Annotations", "Category_ids"])
def test_labels_are_found_where_users_have_them(tmp_path: Path, labels: str) -> None:
    label = vip(write(tmp_path, labels=labels)).video("videos1").labels[0]
    assert label is not None
    assert label[0].tolist() == [0, 5, 13, 255]


@pytest.mark.parametrize("given", ["", "VIP", "VIP/VIP_Fine"])
def test_the_root_is_found_from_above(tmp_path: Path, given: str) -> None:
    write(tmp_path / "VIP/VIP_Fine")
    (tmp_path / "VIP/adjacent_frames").mkdir()
    assert vip(tmp_path / given).sequences == ("videos1",)


def test_a_part_of_the_data_is_answered_with_its_root(tmp_path: Path) -> None:
    write(tmp_path / "VIP_Fine")
    with pytest.raises(DataError, match=rf"found a part of the data set {tmp_path}/VIP_Fine; give that folder"):
        vip(tmp_path / "VIP_Fine/Images")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Images").mkdir()
    with pytest.raises(
        DataError, match="looked for Images and Annotations/Category_ids of VIP_Fine here and two levels"
    ):
        vip(tmp_path)


# Lists


@pytest.mark.parametrize(
    "lines",
    [
        "videos2\nvideos1\n",
        "VIP_Fine/Images/videos2\r\nVIP_Fine/Images/videos1",
        "/data/VIP/Images/videos2/\n\n/data/VIP/Images/videos1/\n/other/videos2\n",
    ],
)
def test_the_list_gives_the_last_parts_of_its_paths(tmp_path: Path, lines: str) -> None:
    write(tmp_path, ["videos1", "videos2", "videos10"], lines=lines)
    assert vip(tmp_path).sequences == ("videos2", "videos1")


def test_the_list_may_lie_at_the_root(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "lists/val_videos.txt").rename(tmp_path / "test_videos.txt")
    assert vip(tmp_path, split="test").sequences == ("videos1",)


@pytest.mark.parametrize("line", ["..", "VIP/..", ".", "a\\..\\b", "/"])
def test_a_list_never_leads_out_of_the_folder(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError, match=r"val_videos\.txt, line 1: .* is not a plain folder name"):
        vip(write(tmp_path, lines=line))


def test_a_missing_or_empty_list_is_refused(tmp_path: Path) -> None:
    write(tmp_path, lines="\n")
    with pytest.raises(DataError, match=r"val_videos\.txt: an empty list"):
        vip(tmp_path)
    with pytest.raises(DataError, match=r"train_videos\.txt: no list of split 'train', found val_videos\.txt; copy it"):
        vip(tmp_path, split="train")
    with pytest.raises(DataError, match=r"split: '\.\./val' is not a plain folder name"):
        vip(tmp_path, split="../val")


@pytest.mark.parametrize("folder", ["Images", CATEGORIES])
def test_a_listed_video_without_folder_is_named(tmp_path: Path, folder: str) -> None:
    write(tmp_path, ["videos1", "videos2"])
    (tmp_path / folder / "videos2").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=rf"1 of 2 listed videos have no folder in \S+{folder}: videos2; copy them"):
        vip(tmp_path)


def test_an_unknown_video_is_refused(tmp_path: Path) -> None:
    assert "no sequence 'videos2' in split 'val' of vip; did you mean 'videos1'?" in refusal(
        vip(write(tmp_path)), "videos2"
    )


# Identity


@pytest.mark.parametrize(("count", "complete"), [(50, True), (49, False)])
def test_50_videos_of_val_are_complete(tmp_path: Path, count: int, complete: bool) -> None:
    data = vip(write(tmp_path, [f"videos{number}" for number in range(count)], numbers=[1]))
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.complete) == ("vip", "val", complete)
    assert not data.identity(data.sequences[1:]).complete


def test_the_identity_follows_labels_and_not_the_layout(tmp_path: Path) -> None:
    def identity(folder: str, labels: str, row: list[int]) -> str:
        return vip(write(tmp_path / folder, row=row, labels=labels)).identity(("videos1",)).hash

    first = identity("a", CATEGORIES, [0, 1, 2, 3])
    assert identity("b", "Category_ids", [0, 1, 2, 3]) == first
    assert identity("c", CATEGORIES, [0, 1, 2, 4]) != first
