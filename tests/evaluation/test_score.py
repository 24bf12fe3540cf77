"""Scoring from files: the same for any number of workers, and clean when it ends early."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError, SettingError
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.score import score_video
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.davis import MaskTask, davis
from corrbench.tasks.task import SequenceScores

PROTOCOL = find_protocol("stt", "davis")
FRAMES = 24
WORKERS = [1, 2, 5]


def mask(index: int) -> Tensor:
    """A frame (8, 30) of one object that moves a column a frame."""
    frame = torch.zeros(8, 30, dtype=torch.uint8)
    frame[2:6, index : index + 4] = 1
    return frame


class Masks(Sequence[Tensor]):
    """Masks made when they are indexed; `during` is called with the index before."""

    def __init__(self, make: Callable[[int], Tensor], during: Callable[[int], None] = lambda index: None) -> None:
        self.make, self.during = make, during

    def __len__(self) -> int:
        return FRAMES

    def __getitem__(self, index: Any) -> Any:
        self.during(index)
        return self.make(index)


VIDEO = Video("walk", Masks(mask), Masks(mask), tuple(f"{index:05d}" for index in range(FRAMES)))


def late(index: int) -> None:
    """Earlier frames take longer."""
    time.sleep(0.002 * (index % 4 == 0))


def scored(predictions: Masks, workers: int, on_frame: Callable[[], None] = lambda: None) -> VideoResult:
    return score_video(predictions, VIDEO, davis(), PROTOCOL, on_frame, workers)


@pytest.mark.parametrize("workers", WORKERS)
def test_values_come_in_the_order_of_the_frames(workers: int) -> None:
    scores = scored(Masks(lambda index: mask(index // 8 + index), late), workers).scores
    assert scores.stems == VIDEO.stems[1:-1]
    assert scores.values["J"].tolist() == [[1.0] * 7 + [0.6] * 8 + [1 / 3] * 7]


@pytest.mark.parametrize("workers", WORKERS)
def test_each_frame_is_announced_once_in_the_calling_thread(workers: int) -> None:
    threads: list[str] = []
    scored(Masks(mask, late), workers, lambda: threads.append(threading.current_thread().name))
    assert threads == [threading.current_thread().name] * FRAMES


@pytest.mark.parametrize("workers", WORKERS)
def test_the_error_of_the_first_frame_is_raised_and_no_thread_is_left(workers: int) -> None:
    announced: list[int] = []
    threads = threading.enumerate()

    def broken(index: int) -> None:
        time.sleep(0.02 * (index == 9))
        if index == 10:
            raise DataError("frame 10 cannot be read")

    predictions = Masks(lambda index: mask(index) * (2 if index == 9 else 1), broken)
    with pytest.raises(PredictionError, match=r"frame 00009: .*holds id 2"):
        scored(predictions, workers, lambda: announced.append(1))
    assert len(announced) == 9
    assert threading.enumerate() == threads


@pytest.mark.parametrize("workers", WORKERS)
def test_an_interrupt_ends_all_threads_and_reads_nothing_more(workers: int) -> None:
    read: list[int] = []
    threads = threading.enumerate()

    def interrupt() -> None:
        if len(read) > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scored(Masks(mask, read.append), workers, interrupt)
    assert threading.enumerate() == threads
    assert len(read) <= 6 + 2 * workers


@pytest.mark.parametrize("workers", WORKERS)
def test_no_more_than_two_frames_a_worker_are_ahead(workers: int) -> None:
    read: list[int] = []
    done: list[int] = []
    ahead: list[int] = []

    def during(index: int) -> None:
        read.append(index)
        ahead.append(len(read) - len(done))

    scored(Masks(mask, during), workers, lambda: done.append(1))
    assert max(ahead) <= 2 * workers


@pytest.mark.parametrize("workers", WORKERS)
def test_reading_and_scoring_take_no_longer_than_the_whole(workers: int) -> None:
    start = time.perf_counter()
    seconds = scored(Masks(mask, lambda index: time.sleep(0.004)), workers).seconds
    passed = time.perf_counter() - start
    assert set(seconds) == {"io", "scoring"}
    assert 0 < seconds["scoring"] < seconds["io"]
    assert sum(seconds.values()) <= passed


class InOrder:
    """A scorer that needs the frames one after the other."""

    def __init__(self) -> None:
        self.added: list[tuple[int, str]] = []

    def wants(self, index: int) -> bool:
        return index % 3 == 0

    def add(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        self.added.append((index, threading.current_thread().name))

    def scores(self) -> SequenceScores:
        return SequenceScores((), (), {})


class TaskInOrder(MaskTask):
    """The task `davis` with that scorer."""

    def __init__(self) -> None:
        self.last = InOrder()

    def scorer(self, video: Any, protocol: Any) -> Any:
        return self.last


@pytest.mark.parametrize("workers", WORKERS)
def test_a_scorer_that_does_not_allow_any_order_is_given_the_frames_in_order(workers: int) -> None:
    task = TaskInOrder()
    score_video(Masks(mask, late), VIDEO, task, PROTOCOL, workers=workers)
    assert task.last.added == [(index, threading.current_thread().name) for index in range(0, FRAMES, 3)]


def test_no_workers_are_refused() -> None:
    with pytest.raises(SettingError, match=r"workers=0 .* at least 1"):
        scored(Masks(mask), 0)
