"""Predicted tracks of a video as one file of arrays, in the coordinates of TAP-Vid's own evaluation.

Source: tapnet c2cbab81 tapnet/tapvid/evaluation_datasets.py, compute_tapvid_metrics: positions (x, y) are pixels of the
raster counted from its outer edge; queries are (t, y, x).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from corrbench.core.files import safe_name, write_whole
from corrbench.errors import PredictionError
from corrbench.tasks.predictions import sequence_folders
from corrbench.tasks.queries import Queries

FILE = "tracks.npz"
POSITIONS, OCCLUDED, ASKED = "pred_tracks", "pred_occluded", "query_points"
CLOSE = 0.01  # pixels by which a query may differ from that of the ground truth


@dataclass(frozen=True)
class PredictedTracks:
    """Where each query is said to be in every frame."""

    queries: Queries  # Q
    positions: Tensor  # (Q, T, 2) float64 (x, y) on the raster
    occluded: Tensor  # (Q, T) bool


def write_tracks(folder: Path, tracks: PredictedTracks) -> None:
    """Write folder/tracks.npz: pred_tracks (Q, T, 2), pred_occluded (Q, T) and query_points (Q, 3)."""
    arrays = {
        POSITIONS: tracks.positions.numpy(),
        OCCLUDED: tracks.occluded.numpy(),
        ASKED: _asked(tracks.queries).numpy(),
    }
    write_whole(folder / FILE, lambda path: _save(path, arrays))


def locate_tracks(root: Path, sequences: Sequence[str]) -> dict[str, Path]:
    """The file of each sequence, root/NAME.npz or root/NAME/tracks.npz; PredictionError that says what is missing."""
    flat = {name: root / f"{safe_name(name)}.npz" for name in sequences}
    there = [name for name, path in flat.items() if path.is_file()]
    if there:
        missing = [name for name in sequences if name not in there]
        if missing:
            raise PredictionError(
                f"--predictions {root}: no file for {len(missing)} of {len(sequences)} sequences, the first is "
                f"{flat[missing[0]].name}; predict these too, or name what there is by --sequences"
            )
        return flat
    files = {name: folder / FILE for name, folder in sequence_folders(root, sequences).items()}
    for path in files.values():
        if not path.is_file():
            raise PredictionError(f"{path}: no such file; write {POSITIONS} and {OCCLUDED} of the video there")
    return files


def read_tracks_file(path: Path, queries: Queries, needed: Tensor) -> PredictedTracks:
    """The tracks in a file as `write_tracks` writes it; query_points may be missing, and arrays may begin with an axis
    of length 1.

    PredictionError where an array is missing or has another shape, positions are no numbers, or not finite where they
    are `needed`, (Q, T) bool, flags are no flags, or other points were asked for.
    """
    arrays = _arrays(path)
    shape = (len(queries.names), needed.shape[1])
    positions = _shaped(path, arrays, POSITIONS, (*shape, 2))
    occluded = _shaped(path, arrays, OCCLUDED, shape)
    if positions.dtype.kind not in "fiu":
        raise PredictionError(f"{path}: {POSITIONS} holds {positions.dtype}, expected numbers, x and y")
    broken = np.argwhere(~np.isfinite(positions).all(2) & needed.numpy())
    if len(broken):
        row, frame = broken[0]
        raise PredictionError(
            f"{path}: {POSITIONS} is not finite for query {row} ({queries.names[row]}), frame {frame}; {len(broken)} "
            f"positions are so: write any position for a hidden point, and say so in {OCCLUDED}"
        )
    if occluded.dtype.kind not in "biu" or not np.isin(occluded, (0, 1)).all():
        raise PredictionError(
            f"{path}: {OCCLUDED} holds {occluded.dtype}, expected true or false for every point and frame; compare "
            "probabilities with a threshold first"
        )
    if ASKED in arrays:
        _check_asked(path, _shaped(path, arrays, ASKED, (shape[0], 3)), queries)
    return PredictedTracks(
        queries, torch.from_numpy(positions.astype(np.float64)), torch.from_numpy(occluded.astype(bool))
    )


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (BadZipFile, EOFError, KeyError, ValueError, OSError, TypeError, AttributeError) as error:
        raise PredictionError(f"{path}: not a readable .npz of plain numbers ({error}); write it again") from error


def _shaped(path: Path, arrays: dict[str, NDArray[Any]], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    if name not in arrays:
        raise PredictionError(f"{path}: no array {name}; found {', '.join(arrays) or 'none'}")
    found = arrays[name]
    if found.shape == (1, *shape):
        found = found[0]
    if found.shape != shape:
        raise PredictionError(
            f"{path}: {name} has the shape {arrays[name].shape}, expected {shape}: {shape[0]} queries in the order of "
            "the data set's reader" + (f", each in {shape[1]} frames" if name != ASKED else ", each (t, y, x)")
        )
    return found


def _asked(queries: Queries) -> Tensor:
    """The queries as (t, y, x), (Q, 3)."""
    return torch.cat([queries.frames[:, None].double(), queries.positions.flip(1)], 1)


def _check_asked(path: Path, asked: NDArray[Any], queries: Queries) -> None:
    expected = _asked(queries).numpy()
    off = np.argwhere(~(np.abs(asked - expected) <= CLOSE))
    if len(off):
        row = int(off[0][0])
        raise PredictionError(
            f"{path}: {ASKED} {row} is {asked[row].tolist()} (t, y, x), but that of the ground truth is "
            f"{[round(float(value), 3) for value in expected[row]]}; ask for its points, in its order"
        )


def _save(path: Path, arrays: dict[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)
