"""Tracks in files: written for TAP-Vid's own evaluation, and read from any tool."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corrbench.errors import PredictionError
from corrbench.tasks.queries import Queries
from corrbench.tasks.track_files import PredictedTracks, locate_tracks, read_tracks_file, write_tracks

QUERIES = Queries(
    ("nose@0", "tail@1"),
    torch.tensor([0, 1]),
    torch.tensor([0, 1]),
    torch.tensor([[40.0, 60.0], [90.5, 20.0]], dtype=torch.float64),
)
POSITIONS = torch.arange(12, dtype=torch.float64).reshape(2, 3, 2) / 3
OCCLUDED = torch.tensor([[False, True, False], [False, False, True]])
NEEDED = torch.tensor([[False, True, True], [False, False, True]])


def stored(folder: Path, **arrays: Any) -> Path:
    """A file whose arrays are right but for those given; None leaves one out."""
    right: dict[str, Any] = {"pred_tracks": POSITIONS.numpy(), "pred_occluded": OCCLUDED.numpy()}
    np.savez(folder / "dog.npz", **{name: one for name, one in (right | arrays).items() if one is not None})
    return folder / "dog.npz"


def refusal(path: Path) -> str:
    with pytest.raises(PredictionError) as caught:
        read_tracks_file(path, QUERIES, NEEDED)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_written_is_read_back_to_the_last_bit(tmp_path: Path) -> None:
    write_tracks(tmp_path, PredictedTracks(QUERIES, POSITIONS, OCCLUDED))
    read = read_tracks_file(tmp_path / "tracks.npz", QUERIES, NEEDED)
    assert read.positions.equal(POSITIONS)
    assert read.occluded.equal(OCCLUDED)


def test_a_file_holds_what_the_official_evaluation_takes(tmp_path: Path) -> None:
    write_tracks(tmp_path, PredictedTracks(QUERIES, POSITIONS, OCCLUDED))
    with np.load(tmp_path / "tracks.npz") as arrays:
        assert arrays["pred_tracks"].shape == (2, 3, 2)
        assert arrays["pred_occluded"].dtype == bool
        assert arrays["query_points"].tolist() == [[0, 60, 40], [1, 20, 90.5]]  # (t, y, x)


def test_a_batch_of_one_and_flags_as_numbers_are_read(tmp_path: Path) -> None:
    path = stored(tmp_path, pred_tracks=POSITIONS.numpy()[None], pred_occluded=OCCLUDED.numpy().astype(np.uint8)[None])
    read = read_tracks_file(path, QUERIES, NEEDED)
    assert read.positions.equal(POSITIONS)
    assert read.occluded.equal(OCCLUDED)


def test_a_position_that_no_number_is_asked_of_may_be_none(tmp_path: Path) -> None:
    positions = POSITIONS.numpy().copy()
    positions[1, 0] = np.nan
    assert read_tracks_file(stored(tmp_path, pred_tracks=positions), QUERIES, NEEDED).positions[0].equal(POSITIONS[0])
    positions[1, 2, 1] = np.inf
    message = refusal(stored(tmp_path, pred_tracks=positions))
    assert "pred_tracks is not finite for query 1 (tail@1), frame 2; 1 positions are so" in message


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pred_tracks": None}, "no array pred_tracks; found pred_occluded"),
        ({"pred_occluded": None}, "no array pred_occluded; found pred_tracks"),
        ({"pred_tracks": np.zeros((2, 2, 2))}, r"pred_tracks has the shape (2, 2, 2), expected (2, 3, 2): 2 queries"),
        ({"pred_tracks": np.zeros((3, 2, 2))}, "shape (3, 2, 2), expected (2, 3, 2)"),
        ({"pred_tracks": np.full((2, 3, 2), "x")}, "pred_tracks holds <U1, expected numbers"),
        ({"pred_occluded": np.zeros((3, 3), bool)}, "pred_occluded has the shape (3, 3), expected (2, 3)"),
        ({"pred_occluded": np.full((2, 3), 0.5)}, "pred_occluded holds float64, expected true or false"),
        ({"pred_occluded": np.full((2, 3), 2)}, "expected true or false"),
        ({"query_points": np.zeros((2, 2))}, "query_points has the shape (2, 2), expected (2, 3)"),
        (
            {"query_points": np.array([[0, 60, 40], [1, 90.5, 20]])},
            "query_points 1 is [1.0, 90.5, 20.0] (t, y, x), but that of the ground truth is [1.0, 20.0, 90.5]; ask for",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = stored(tmp_path, **arrays)
    found = refusal(path)
    assert found.startswith(f"{path}: ")
    assert message in found


def test_a_pickle_or_a_damaged_file_is_refused(tmp_path: Path) -> None:
    assert "not a readable .npz" in refusal(stored(tmp_path, pred_tracks=np.array([None], dtype=object)))
    (tmp_path / "dog.npz").write_bytes(b"PK\x03\x04 no")
    assert "not a readable .npz" in refusal(tmp_path / "dog.npz")


def test_files_are_found_in_folders_or_flat(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_tracks(tmp_path / "folders" / name, PredictedTracks(QUERIES, POSITIONS, OCCLUDED))
        stored(tmp_path).rename(tmp_path / f"{name}.npz")
    assert locate_tracks(tmp_path / "folders", ["dog", "cat"])["cat"] == tmp_path / "folders" / "cat" / "tracks.npz"
    assert locate_tracks(tmp_path, ["dog", "cat"]) == {"dog": tmp_path / "dog.npz", "cat": tmp_path / "cat.npz"}


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    stored(tmp_path)
    with pytest.raises(
        PredictionError, match=r"no file for 1 of 2 sequences, the first is cat\.npz; predict these too"
    ):
        locate_tracks(tmp_path, ["dog", "cat"])
    (tmp_path / "empty" / "dog").mkdir(parents=True)
    with pytest.raises(PredictionError, match=r"empty/dog/tracks\.npz: no such file; write pred_tracks"):
        locate_tracks(tmp_path / "empty", ["dog"])
    with pytest.raises(PredictionError, match="no folder for 1 of 1 sequences: bear"):
        locate_tracks(tmp_path / "empty", ["bear"])
