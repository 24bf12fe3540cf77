"""Predictions made elsewhere scored against the truth of one video: files in, values out, several frames at a time."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import numpy as np
import torch

from corrbench.core.video import Video
from corrbench.errors import SettingError
from corrbench.evaluation.ahead import ahead
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.evaluate import VideoResult
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.task import Task

DEFAULT_WORKERS = 4  # at most: they share one interpreter
FRAMES_A_WORKER = 2  # in flight
KEPT_BYTES = 2**24


def score_video(
    predictions: Sequence[Any],
    video: Video[Any],
    task: Task,
    protocol: Protocol,
    on_frame: Callable[[], None] = lambda: None,
    workers: int | None = None,
) -> VideoResult:
    """The values of predictions that were made elsewhere, one a frame, without a model.

    Frames are read by `workers` threads, by default one a CPU and four at most, and scored by them too where the
    scorer has a true `any_order`. Whatever their number, all comes as from one: `on_frame` is called once a frame in
    this thread, and of several errors the first frame's is raised.

    `seconds` says how the time that passed divides into reading (io) and scoring. One worker's are as measured; those
    of several, which overlap, are scaled down until their sum is the time that passed.
    Raises SettingError if workers is less than 1, PredictionError for a prediction that cannot be scored.
    """
    count = min(DEFAULT_WORKERS, os.cpu_count() or 1) if workers is None else workers
    if count < 1:
        raise SettingError(f"workers={count} does not fit: it has to be at least 1")
    # glibc hands the memory of a frame back after each, to be faulted in anew, until it has seen a larger block freed.
    np.empty(KEPT_BYTES, dtype=np.uint8)
    scorer = task.scorer(video, protocol)
    anywhere = getattr(scorer, "any_order", False)

    def frame(index: int) -> tuple[StageClock, tuple[Any, Any] | None]:
        """The frame's times, and prediction and truth where they are still to be scored."""
        clock = StageClock(torch.device("cpu"))
        if not scorer.wants(index):
            return clock, None
        with clock.stage("io"):
            prediction, truth = predictions[index], video.labels[index]
        if not anywhere:
            return clock, (prediction, truth)
        with clock.stage("scoring"):
            scorer.add(index, prediction, truth)
        return clock, None

    start, seconds = time.perf_counter(), {"io": 0.0, "scoring": 0.0}
    with closing(ahead(frame, range(len(video)), count if count > 1 else 0, FRAMES_A_WORKER * count)) as frames:
        for index, (clock, unscored) in enumerate(frames):
            if unscored is not None:
                with clock.stage("scoring"):
                    scorer.add(index, *unscored)
            for stage, spent in clock.seconds.items():
                seconds[stage] += spent
            on_frame()
    summing = time.perf_counter()
    scores = scorer.scores()
    end = time.perf_counter()
    seconds["scoring"] += end - summing
    overlap = max(1.0, sum(seconds.values()) / (end - start))
    return VideoResult(video.name, len(video), scores, {stage: s / overlap for stage, s in seconds.items()}, {})
