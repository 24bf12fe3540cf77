"""Joints as videowalk and UVC dump them: one pickled numpy array a video, read as data and never unpickled.

Sources: videowalk 047f3f40 code/test.py (np.stack(keypts, axis=-1).dump) and code/eval/eval_pck.py; UVC f1b6fd92.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from corrbench.core.plain_pickle import read_plain
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.point_labels import LOST
from corrbench.tasks.points import as_prediction

ENDING = ".dat"


class JointDumps:
    """Where such files are, and what is in them."""

    def locate(self, root: Path, chosen: Sequence[str], sequences: Sequence[str]) -> dict[str, Path]:
        """The file of each chosen sequence: root/NUMBER.dat, its place from 0 on in the list of all `sequences`.

        PredictionError where one is missing, or there are more files than sequences: then the list was another one.
        """
        if not root.is_dir():
            raise PredictionError(
                f"--predictions {root}: no such folder; give the folder that holds 0{ENDING}, 1{ENDING} …"
            )
        found = {path.stem for path in root.glob(f"*{ENDING}")}
        files = {name: root / f"{sequences.index(name)}{ENDING}" for name in chosen}
        missing = [path.name for path in files.values() if path.stem not in found]
        if missing or len(found) > len(sequences):
            raise PredictionError(
                f"--predictions {root}: {len(found)} files {ENDING} for {len(sequences)} sequences"
                + (f", {len(missing)} of those asked for are missing, the first is {missing[0]}" if missing else "")
                + "; they have to be numbered from 0 in the order of the data set's list"
            )
        return files

    def read(self, path: Path, video: Video[Points], protocol: Protocol) -> list[Points]:
        """The joints in a dump (2, J, T), x and y in cells of the protocol's grid, one item a frame of the video.

        A joint whose coordinates are both negative is lost. PredictionError where the file is anything but such an
        array, or has fewer frames than the video.
        """
        label = video.labels[0]
        if label is None or label.size is None:
            raise DataError(f"{video.name}: frame {video.stems[0]} has no joints with the size of the frame")
        array = self._array(path)
        shape = (2, len(label.names), len(video))
        if (
            array.dtype.kind not in "fiu"
            or array.ndim != 3
            or array.shape[:2] != shape[:2]
            or array.shape[2] < shape[2]
        ):
            raise PredictionError(
                f"{path}: it holds {array.dtype} {array.shape}, expected numbers {shape} for {video.name}, x and y of "
                "every joint in every frame; check that the list of videos was the same"
            )
        grid = protocol.frames.size / protocol.propagation.stride
        cells = torch.from_numpy(array[..., : shape[2]].astype(np.float64)).permute(2, 1, 0)  # (T, J, 2)
        height, width = label.size
        pixels = cells * torch.tensor([width, height], dtype=torch.float64) / grid
        lost = (cells < 0).all(2, keepdim=True)
        return [as_prediction(label.names, frame) for frame in pixels.where(~lost, LOST)]

    def _array(self, path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
        try:
            found = read_plain(path)
        except DataError as error:
            raise PredictionError(str(error)) from error
        if not isinstance(found, np.ndarray):
            raise PredictionError(f"{path}: it holds a {type(found).__name__}, expected one array (2, joints, frames)")
        return found
