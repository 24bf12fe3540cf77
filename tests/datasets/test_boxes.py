"""Text files of boxes, frames named by numbers, and what all data sets of boxes have in common."""

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from corrbench.errors import DataError
from corrbench_datasets.boxes import BoxDataset, BoxSequence, check_rows, without
from corrbench_datasets.boxes_frames import numbered_frames
from corrbench_datasets.boxes_text import FIRST_PIXEL, read_boxes, read_flags


def written(folder: Path, content: str) -> Path:
    path = folder / "groundtruth.txt"
    path.write_bytes(content.encode())
    return path


def values(boxes: tuple[Tensor | None, ...]) -> list[list[float] | None]:
    return [None if box is None else box.tolist() for box in boxes]


def make(root: Path, *boxes: Tensor | None, size: tuple[int, int] = (20, 10)) -> BoxDataset:
    """A data set of one sequence, `car`, with a frame for every box, of `size` (width, height)."""
    for index in range(len(boxes)):
        Image.new("RGB", size, (10 * index, 0, 0)).save(root / f"{index + 1:04d}.png")
    frames = tuple(sorted(root.glob("*.png")))
    read = {"car": BoxSequence(frames, root / "groundtruth.txt", boxes)}
    return BoxDataset("cars", "test", root, read, ["car", "bus"], read.__getitem__)


# Boxes


@pytest.mark.parametrize(
    "content",
    [
        "1,2,3,4\n5,6,7,8\n",
        "1,2,3,4\r\n5,6,7,8\r\n",
        "1\t2\t3\t4\n5\t6\t7\t8",
        "  1 2  3 4\n\n5 6 7 8 \n\n",
        "1, 2, 3, 4\n5,\t6 7 8\n",
        "\ufeff1,2,3,4\n5.0,6.000,7e0,8\n",
        "1,2,3,4,\n5,6,7,8,\n",
    ],
    ids=["commas", "Windows", "tabs", "blanks", "a mixture", "a mark of Unicode", "commas at the end"],
)
def test_boxes_are_read_however_they_are_separated_and_counted_from_0(tmp_path: Path, content: str) -> None:
    boxes = read_boxes(written(tmp_path, content))
    assert values(boxes) == [[0, 1, 3, 4], [4, 5, 7, 8]]
    assert boxes[0] is not None
    assert boxes[0].dtype == torch.float64


def test_fractions_are_kept(tmp_path: Path) -> None:
    assert values(read_boxes(written(tmp_path, "347.2500,443.5000,429.1250,272.0000\n"))) == [
        [346.25, 442.5, 429.125, 272.0]
    ]


def test_a_line_of_nan_is_no_annotation(tmp_path: Path) -> None:
    assert values(read_boxes(written(tmp_path, "1,1,2,2\nNaN,NaN,NaN,NaN\n3,3,2,2\n"))) == [
        [0, 0, 2, 2],
        None,
        [2, 2, 2, 2],
    ]


def test_later_boxes_without_area_stand_as_they_are(tmp_path: Path) -> None:
    content = "1,1,2,2\n-1,-1,-1,-1\n613,731,247,-11\n0,0,0,0\n"
    assert values(read_boxes(written(tmp_path, content)))[1:] == [
        [-2, -2, -1, -1],
        [612, 730, 247, -11],
        [-1, -1, 0, 0],
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no boxes in it; write a line x,y,w,h for every frame"),
        (" \r\n\n", "no boxes in it"),
        ("1,2,3,4\n1,2,3\n", r"line 2: 3 numbers, '1,2,3'; a box has four: x,y,w,h"),
        ("1,2,3,4,5,6,7,8\n", "line 1: 8 numbers"),
        ("1,2,3,4\n\nNaN,2,3,4\n", r"line 3: 'NaN,2,3,4' is not finite; write a box, or NaN four times"),
        ("1,2,inf,4\n", "line 1: '1,2,inf,4' is not finite"),
        ("1,2,1e400,4\n", "is not finite"),
        ("x,y,w,h\n1,2,3,4\n", "line 1: 'x,y,w,h' is not a box; write four numbers x,y,w,h"),
        ("1;2;3;4\n", "line 1: '1;2;3;4' is not a box"),
    ],
)
def test_a_broken_file_of_boxes_is_refused(tmp_path: Path, content: str, why: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=why) as caught:
        read_boxes(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_of_boxes_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"boxes\.txt: no such file; copy the sequence again"):
        read_boxes(tmp_path / "boxes.txt")
    (tmp_path / "boxes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"boxes\.txt: not a readable text"):
        read_boxes(tmp_path / "boxes.txt")


@given(st.lists(st.tuples(*[st.integers(-5, 500)] * 2, *[st.integers(1, 500)] * 2), min_size=1, max_size=5))
def test_what_is_written_counted_from_1_is_read_back(rows: list[tuple[int, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{x + FIRST_PIXEL},{y + FIRST_PIXEL},{w},{h}\n" for x, y, w, h in rows]
        assert values(read_boxes(written(Path(folder), "".join(lines)))) == [list(row) for row in rows]


# Flags


@pytest.mark.parametrize("content", ["0,1,0", "0,1,0\n", "0\n1\n0\n", "0 1 0\r\n"])
def test_flags_are_read_from_one_line_or_many(tmp_path: Path, content: str) -> None:
    assert read_flags(written(tmp_path, content)) == (0, 1, 0)


def test_flags_that_are_no_whole_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'0\.5' is no whole number; write one for every frame"):
        read_flags(written(tmp_path, "0\n0.5\n"))


def test_flags_hide_boxes_but_for_the_first() -> None:
    box = torch.ones(4)
    assert without([box, box, box, None], [1, 0, 1, 0]) == (box, box, None, None)


def test_rows_have_to_be_as_many_as_frames(tmp_path: Path) -> None:
    frames = [tmp_path / "00000001.jpg", tmp_path / "00000002.jpg"]
    check_rows(tmp_path / "boxes.txt", [0, 0], frames)
    with pytest.raises(DataError) as caught:
        check_rows(tmp_path / "boxes.txt", [0], frames)
    assert str(caught.value) == (
        f"{tmp_path}/boxes.txt: 1 rows for 2 frames, 00000001.jpg to 00000002.jpg in {tmp_path}; "
        "there has to be one for every frame: copy the sequence again from its source"
    )


# Frames


def test_frames_play_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10.jpg", "9.png", "00011.JPG", "._9.png", "notes.txt"):
        (tmp_path / name).touch()
    assert {number: path.name for number, path in numbered_frames(tmp_path).items()} == {
        9: "9.png",
        10: "10.jpg",
        11: "00011.JPG",
    }


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "no frames; looked for JPEG or PNG files, found nothing; add the frames"),
        (["1.bmp"], r"no frames; looked for JPEG or PNG files, found 1\.bmp"),
        (["0001.jpg", "0001.png"], r"2 frames for one time, 0001\.jpg, 0001\.png; remove all but one"),
        (["0001.jpg", "1.jpg"], "2 frames for one time"),
        (["0001.jpg", "thumb.jpg"], r"thumb\.jpg: frames have to be named by their numbers"),
        (["1.jpg", "3.jpg", "4.jpg", "8.jpg"], "missing frames: 2, 5 to 7; copy them again"),
    ],
)
def test_broken_frames_are_refused(tmp_path: Path, names: list[str], why: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=why) as caught:
        numbered_frames(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: ")


def test_a_missing_folder_of_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="img: no frames"):
        numbered_frames(tmp_path / "img")


# Data sets


def test_a_video_has_frames_and_boxes(tmp_path: Path) -> None:
    box = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    video = make(tmp_path, box, None, box).video("car")
    assert (len(video), video.stems) == (3, ("0001", "0002", "0003"))
    assert video.frames[2].shape == (3, 10, 20)
    assert video.frames[2][:, 0, 0].tolist() == [20, 0, 0]
    assert video.labels == (box, None, box)
    assert video.first(2).labels == (box, None)


@pytest.mark.parametrize(
    ("box", "why"),
    [
        (None, r"no box for the first frame, 0001\.png, in which tracking starts; add it"),
        ([1, 2, 0, 4], r"a box of 0 x 4 pixels for the first frame, 0001\.png"),
        ([1, 2, 3, -4], "a box of 3 x -4 pixels for the first frame"),
        (
            [20, 2, 3, 4],
            r"3 x 4 pixels at \(20, 2\), lies outside of \S+0001\.png, 20 x 10 pixels; use boxes and frames",
        ),
        ([2, 10, 3, 4], "lies outside of"),
        ([-3, 2, 3, 4], "lies outside of"),
        ([2, -4, 3, 4], "lies outside of"),
    ],
)
def test_a_first_frame_without_a_box_in_it_is_refused(tmp_path: Path, box: list[float] | None, why: str) -> None:
    label = None if box is None else torch.tensor(box, dtype=torch.float64)
    with pytest.raises(DataError, match=why) as caught:
        make(tmp_path, label).video("car")
    assert str(caught.value).startswith(f"{tmp_path}/groundtruth.txt: ")


def test_a_first_box_that_reaches_over_the_border_is_a_box(tmp_path: Path) -> None:
    assert make(tmp_path, torch.tensor([-2.0, 9, 3, 4])).video("car").labels[0] is not None


def test_an_unknown_sequence_is_refused_with_the_nearest(tmp_path: Path) -> None:
    data = make(tmp_path, torch.ones(4))
    with pytest.raises(DataError, match="no sequence 'cart' in split 'test' of cars; did you mean 'car'"):
        data.video("cart")
    with pytest.raises(DataError, match="no sequence 'zebra' in split 'test' of cars; there are car"):
        data.identity(("zebra",))


def test_the_identity_follows_frames_and_boxes(tmp_path: Path) -> None:
    def identity(folder: str, *boxes: Tensor | None, size: tuple[int, int] = (20, 10)) -> str:
        (tmp_path / folder).mkdir()
        return make(tmp_path / folder, *boxes, size=size).identity(("car",)).hash

    box = torch.tensor([1.0, 2.0, 3.0, 4.0])
    first = identity("a", box, box)
    assert len(first) == 12
    assert identity("b", box, box) == first
    assert identity("c", box, None) != first
    assert identity("d", box, box + 0.125) != first
    assert identity("e", box, box, size=(20, 11)) != first


def test_a_part_of_the_official_sequences_is_not_complete(tmp_path: Path) -> None:
    data = make(tmp_path, torch.ones(4))
    assert not data.identity(("car",)).complete
    data.official = frozenset({"car"})
    assert data.identity(("car",)).complete
