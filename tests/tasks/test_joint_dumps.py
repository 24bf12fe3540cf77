"""Joints as videowalk dumps them: pickles that are read as data, where they are asked for."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import PredictionError
from corrbench.evaluation.score import score_video
from corrbench.protocols.jhmdb import CROPMAE, CRW
from corrbench.tasks.jhmdb import jhmdb
from corrbench.tasks.joint_dumps import JointDumps

NAMES = ("neck", "belly", "face")
BODY = torch.tensor([[31.0, 23.0], [159.0, 119.0], [79.0, 47.0]], dtype=torch.float64)
DUMPS = JointDumps()


def video(frames: int = 3) -> Video[Points]:
    label = Points(NAMES, BODY, torch.ones(3, dtype=torch.bool), size=(240, 320))
    stems = tuple(f"{index:05d}" for index in range(1, frames + 1))
    return Video("walk", [torch.zeros(3, 4, 4, dtype=torch.uint8)] * frames, [label] * frames, stems)


def dumped(folder: Path, array: Any, number: int = 0) -> Path:
    """The file that `array.dump` makes."""
    folder.mkdir(exist_ok=True)
    np.asarray(array).dump(folder / f"{number}.dat")
    return folder / f"{number}.dat"


def cells(frames: int = 3) -> Any:
    """The true joints in cells of a grid of 40 x 40, (2, 3, T)."""
    return (BODY * torch.tensor([40 / 320, 40 / 240], dtype=torch.float64)).t()[:, :, None].repeat(1, 1, frames).numpy()


def test_cells_become_pixels_and_the_truth_scores_1(tmp_path: Path) -> None:
    read = DUMPS.read(dumped(tmp_path, cells()), video(), CRW)
    assert (read[2].positions - BODY).abs().max() < 1e-9
    scores = score_video(read, video(), jhmdb(), CRW).scores
    assert jhmdb().summarise({"walk": scores}, CRW).metrics["PCK@0.1"] == 1


def test_the_grid_is_that_of_the_protocol(tmp_path: Path) -> None:
    read = DUMPS.read(dumped(tmp_path, cells() / 2), video(), CROPMAE)  # 20 x 20 cells
    assert (read[0].positions - BODY).abs().max() < 1e-9


def test_a_joint_at_minus_1_is_lost(tmp_path: Path) -> None:
    array = cells()
    array[:, 1, 2] = -1
    read = DUMPS.read(dumped(tmp_path, array), video(), CRW)
    assert read[2].visible.tolist() == [True, False, True]
    assert read[2].positions[1].tolist() == [-1, -1]


def test_frames_beyond_the_annotated_ones_are_left_out(tmp_path: Path) -> None:
    assert len(DUMPS.read(dumped(tmp_path, cells(5)), video(), CRW)) == 3


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (cells(2), r"holds float64 \(2, 3, 2\), expected numbers \(2, 3, 3\) for walk"),
        (cells()[:, :2], r"\(2, 2, 3\), expected"),
        (cells().transpose(2, 1, 0)[:2], r"\(2, 3, 2\), expected"),
        (np.full((2, 3, 3), "x"), "not plain data, it asks for an array of 'U1'"),
    ],
)
def test_an_array_of_another_video_is_refused(array: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=message):
        DUMPS.read(dumped(tmp_path, array), video(), CRW)


def test_a_pickle_that_would_run_something_is_refused_and_nothing_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "0.dat").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(PredictionError, match=r"not plain data, it asks for .*; nothing of it was run"):
        DUMPS.read(tmp_path / "0.dat", video(), CRW)
    assert not (tmp_path / "sprung").exists()
    (tmp_path / "0.dat").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(PredictionError, match="it holds a list, expected one array"):
        DUMPS.read(tmp_path / "0.dat", video(), CRW)


def test_files_are_numbered_by_the_whole_list_whatever_is_chosen(tmp_path: Path) -> None:
    for number in range(3):
        dumped(tmp_path, cells(), number)
    assert DUMPS.locate(tmp_path, ["run"], ["jump", "walk", "run"]) == {"run": tmp_path / "2.dat"}
    with pytest.raises(PredictionError, match=r"3 files \.dat for 4 sequences, 1 of those asked for are missing"):
        DUMPS.locate(tmp_path, ["sit"], ["jump", "walk", "run", "sit"])
    with pytest.raises(PredictionError, match=r"3 files \.dat for 2 sequences; they have to be numbered from 0"):
        DUMPS.locate(tmp_path, ["jump"], ["jump", "walk"])
    with pytest.raises(PredictionError, match="no such folder"):
        DUMPS.locate(tmp_path / "none", ["jump"], ["jump"])


def test_without_the_flag_a_folder_of_dumps_says_how_to_read_it(tmp_path: Path) -> None:
    dumped(tmp_path, cells())
    with pytest.raises(PredictionError, match=r"found 0\.dat, joints as videowalk .* add --allow-pickle"):
        jhmdb().locate(tmp_path, ["walk"])
