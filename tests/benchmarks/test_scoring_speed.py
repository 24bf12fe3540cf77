"""Scoring from files beside the decoding of the same files, by one worker and by two; packed masks beside plain ones.

Timed by `pytest tests/benchmarks --benchmark-enable`; the ratios of one run are what can be compared.
"""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.images import LazyFiles, read_mask, write_mask
from corrbench.core.video import Video
from corrbench.evaluation.score import score_video
from corrbench.metrics.boundary import boundary_f
from corrbench.metrics.packed import packed_frame_scores
from corrbench.metrics.region import region_similarity
from corrbench.metrics.segmentation import batch_scores
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.davis import davis

PROTOCOL = find_protocol("stt", "davis")
SIZES = [(120, 214, 1), (240, 427, 1), (240, 427, 3)]  # height, width, objects
RADIUS, TOLERANCE = 4, 0.008


@dataclass(frozen=True)
class Files:
    """The truth and the predictions of a video, a file each a frame."""

    truth: list[Path]
    predicted: list[Path]

    def decode(self) -> None:
        """Decode with Pillow what scoring reads: all but the first and the last frame."""
        for path in [*self.truth[1:-1], *self.predicted[1:-1]]:
            with Image.open(path) as image:
                np.array(image)

    def score(self, workers: int) -> Tensor:
        """J and F, (2, O, n)."""
        labels = LazyFiles(self.truth, read_mask)
        video = Video("video", labels, labels, tuple(path.stem for path in self.truth))
        predicted = LazyFiles(self.predicted, read_mask)
        scores = score_video(predicted, video, davis(), PROTOCOL, workers=workers).scores
        return torch.stack([scores.values["J"], scores.values["F"]])


def shift7(truth: list[Tensor], frame: int) -> Tensor:
    """The truth moved 7 px down and 4 px left; zeros enter."""
    moved = torch.zeros_like(truth[frame])
    moved[7:, :-4] = truth[frame][:-7, 4:]
    return moved


def lag3(truth: list[Tensor], frame: int) -> Tensor:
    return truth[max(0, frame - 3)]


def one_object(folder: Path, predict: Callable[[list[Tensor], int], Tensor], written: Path) -> Files:
    """A sequence, and predictions made from its truth."""
    paths = sorted(folder.glob("*.png"))
    truth = [read_mask(path) for path in paths]
    predicted = [written / folder.name / path.name for path in paths]
    predicted[0].parent.mkdir()
    for frame, path in enumerate(predicted):
        write_mask(path, predict(truth, frame))
    return Files(paths, predicted)


def three_objects(folder: Path) -> Files:
    """A sequence; each frame is predicted to be the one before."""
    paths = sorted(folder.glob("*.png"))
    return Files(paths, [paths[0], *paths[:-1]])


def check_speed(videos: list[Files], record_property: Callable[[str, object], None]) -> None:
    """Measure scoring against decoding, with one worker and two, after a look at the values.

    The floors are far from what an idle machine shows, and others may be computing: up to ten rounds to reach them, and
    none for the second worker where its processor is taken.
    """
    assert all(torch.equal(video.score(1), video.score(2)) for video in videos)

    def seconds(work: Callable[[Files], object]) -> float:
        start = time.perf_counter()
        for video in videos:
            work(video)
        return time.perf_counter() - start

    works = (Files.decode, lambda video: video.score(1), lambda video: video.score(2))
    taken = os.getloadavg()[0] - 1  # this process counts as one
    floor = 1.2 if (os.cpu_count() or 1) - taken > 1.5 else 0.0
    decode = one = two = math.inf
    for done in range(10):
        if done >= 5 and one / decode <= 2.5 and one / two >= floor:
            break
        decode, one, two = (min(best, seconds(w)) for best, w in zip((decode, one, two), works, strict=True))
    record_property("ratio of scoring to decoding", one / decode)
    record_property("ratio of one worker to two", one / two)
    print(f"decoding {decode:.2f} s, scoring {one / decode:.2f} x, two workers {one / two:.2f} x faster")  # noqa: T201
    assert one / decode <= 2.5
    assert one / two >= floor


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("predict", [shift7, lag3])
def test_one_object_is_scored_in_little_more_time_than_its_files_take(
    data: Path, predict: Callable[[list[Tensor], int], Tensor], tmp_path: Path, record_property: Any
) -> None:
    folders = sorted((data / "davis16/Annotations/480p").iterdir())
    check_speed([one_object(folder, predict, tmp_path) for folder in folders], record_property)


@pytest.mark.slow
@pytest.mark.data
def test_three_objects_are_scored_in_little_more_time_than_their_files_take(golden: Path, record_property: Any) -> None:
    check_speed([three_objects(golden / "osvos" / name) for name in ("loading", "shooting")] * 3, record_property)


def frames(height: int, width: int, objects: int) -> tuple[Tensor, Tensor]:
    """Ids (H, W) predicted and true: a disc an object, side by side, a little apart from each other."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    ids = torch.zeros(2, height, width, dtype=torch.uint8)
    for number in range(1, objects + 1):
        middle, radius = width * (2 * number - 1) // (2 * objects), min(height, width // objects) // 3
        for frame, moved in zip(ids, (0, 3), strict=True):
            frame[(rows - height // 2 - moved) ** 2 + (columns - middle + moved) ** 2 <= radius**2] = number
    return ids[0], ids[1]


def plain(predicted: Tensor, truth: Tensor, objects: int) -> tuple[list[float], list[float]]:
    """J and F from masks of one byte a pixel, on whole frames."""
    numbers = torch.arange(1, objects + 1, dtype=torch.uint8)[:, None, None]
    masks = predicted == numbers, truth == numbers  # (O, H, W)
    return region_similarity(*masks).tolist(), boundary_f(*masks, RADIUS).tolist()


@pytest.mark.parametrize(("height", "width", "objects"), SIZES)
def test_packed(benchmark: Any, height: int, width: int, objects: int) -> None:
    predicted, truth = frames(height, width, objects)
    scores = benchmark(packed_frame_scores, predicted.numpy(), truth.numpy(), objects, RADIUS)
    assert (scores.region, scores.boundary) == plain(predicted, truth, objects)


@pytest.mark.parametrize(("height", "width", "objects"), SIZES)
def test_plain(benchmark: Any, height: int, width: int, objects: int) -> None:
    predicted, truth = frames(height, width, objects)
    benchmark(plain, predicted, truth, objects)


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda",
            marks=[pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")],
        ),
    ],
)
@pytest.mark.parametrize(("height", "width", "objects"), SIZES)
def test_batch_of_four(benchmark: Any, height: int, width: int, objects: int, device: str) -> None:
    predicted, truth = (ids.expand(4, height, width).to(device) for ids in frames(height, width, objects))
    benchmark(batch_scores, predicted, truth, objects, TOLERANCE)  # its values come to the CPU: no need to synchronise
