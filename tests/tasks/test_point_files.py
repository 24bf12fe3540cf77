"""Predicted points written, and read from files of any tool."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import PredictionError
from corrbench.tasks.point_files import read_points, read_video, write_points
from corrbench.tasks.points import as_prediction

NAMES = ("neck", "belly, lower")
POSITIONS = torch.tensor([[1 / 3, 20.25], [-1, -1]], dtype=torch.float64)


def video(annotated: str = "xxx") -> Video[Points]:
    """A video whose frames with an x are annotated."""
    label = Points(NAMES, torch.zeros(2, 2, dtype=torch.float64), torch.ones(2, dtype=torch.bool))
    labels = [label if mark == "x" else None for mark in annotated]
    frames = [torch.zeros(3, 4, 4, dtype=torch.uint8)] * len(labels)
    return Video("walk", frames, labels, tuple(f"{index:05d}" for index in range(1, len(labels) + 1)))


def test_what_was_written_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    for stem in video().stems:
        write_points(tmp_path, stem, as_prediction(NAMES, POSITIONS))
    for points in read_video(tmp_path, video(), 1):
        assert points is not None
        assert points.names == NAMES
        assert torch.equal(points.positions, POSITIONS)
        assert points.visible.tolist() == [True, False]


def test_a_table_is_text_that_other_tools_read(tmp_path: Path) -> None:
    write_points(tmp_path, "00001", as_prediction(NAMES, POSITIONS))
    assert (tmp_path / "00001.csv").read_text() == (
        'point,x,y\nneck,0.3333333333333333,20.25\n"belly, lower",-1.0,-1.0\n'
    )


def test_only_frames_that_are_scored_and_annotated_need_a_prediction(tmp_path: Path) -> None:
    write_points(tmp_path, "00003", as_prediction(NAMES, POSITIONS))
    first, second, third = read_video(tmp_path, video("x-x"), 1)
    assert first is None
    assert second is None
    assert third is not None
    with pytest.raises(PredictionError, match=r"1 of 2 predictions are missing: 00002\.csv; found 00003\.csv"):
        read_video(tmp_path, video(), 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line has to be point,x,y; found nothing"),
        ("joint,x,y\n", "found joint,x,y"),
        ("point,x,y\nneck,1,2\n", "1 points, expected the 2 of the ground truth, in this order: neck"),
        ('point,x,y\n"belly, lower",1,2\nneck,1,2\n', "in this order"),
        ('point,x,y\nneck,1,2\n\n"belly, lower",1,2\n', "3 points, expected the 2"),
        ('point,x,y\nneck,1\n"belly, lower",1,2\n', "line 2: 'neck,1' is not a point"),
        ('point,x,y\nneck,1,2\n"belly, lower",nan,2\n', "line 3: .* write -1,-1 for one that is lost"),
        ('point,x,y\nneck,one,2\n"belly, lower",1,2\n', "line 2"),
        ('point,x,y\nneck,"1,2\n', "not a readable table"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_a_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "00001.csv"
    path.write_text(text)
    with pytest.raises(PredictionError, match=f"{re.escape(str(path))}.*{message}") as caught:
        read_points(path, NAMES)
    assert "\n" not in str(caught.value)


# One array a video


def stored(folder: Path, array: object, key: str = "points") -> Path:
    np.savez(folder / "points.npz", **{key: np.asarray(array)})
    return folder


@pytest.mark.parametrize("transposed", [False, True])
def test_an_array_of_a_video_is_read_in_either_order(transposed: bool, tmp_path: Path) -> None:
    array = np.arange(16, dtype=np.float32).reshape(4, 2, 2)
    array[2, 1] = -1
    found = read_video(stored(tmp_path, array.transpose(2, 1, 0) if transposed else array), video(), 1)
    assert len(found) == 3  # of its four frames, the last is not annotated
    assert all(points is not None and points.positions.dtype == torch.float64 for points in found)
    assert found[1] is not None
    assert found[1].positions.tolist() == [[4, 5], [6, 7]] or transposed


def test_the_order_of_the_published_files_is_read(tmp_path: Path) -> None:
    array = np.zeros((2, 2, 5))
    array[:, 0, 1] = (7, 9)  # x and y of the neck in frame 1
    found = read_video(stored(tmp_path, array), video(), 1)
    assert found[1] is not None
    assert found[1].positions[0].tolist() == [7, 9]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\).* expected numbers \(3, 2, 2\) or \(2, 2, 3\)"),
        (np.zeros((3, 5, 2)), r"shape \(3, 5, 2\)"),
        (np.zeros(6), r"shape \(6,\)"),
        (np.full((3, 2, 2), "x"), "the type <U1"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(array: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=message):
        read_video(stored(tmp_path, array), video(), 1)


def test_an_array_of_another_name_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="no array 'points'; found keypoints"):
        read_video(stored(tmp_path, np.zeros((3, 2, 2)), "keypoints"), video(), 1)


def test_a_pickle_in_an_array_file_is_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "sprung",))

    np.savez(tmp_path / "points.npz", points=np.array([Trap()], dtype=object))
    with pytest.raises(PredictionError, match=r"not a readable \.npz of plain numbers"):
        read_video(tmp_path, video(), 1)
    assert not (tmp_path / "sprung").exists()


def test_a_damaged_array_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "points.npz").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(PredictionError, match=r"points\.npz: not a readable"):
        read_video(tmp_path, video(), 1)
