"""Predictions made elsewhere scored against the truth of one video."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from corrbench.core.video import Video
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.evaluate import VideoResult
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.task import Task


def score_video(
    predictions: Sequence[Any],
    video: Video[Any],
    task: Task,
    protocol: Protocol,
    on_frame: Callable[[], None] = lambda: None,
) -> VideoResult:
    """The values of predictions that were made elsewhere, one a frame, without a model."""
    clock = StageClock(torch.device("cpu"))
    scorer = task.scorer(video, protocol)
    for index in range(len(video)):
        if scorer.wants(index):
            with clock.stage("io"):
                prediction, truth = predictions[index], video.labels[index]
            with clock.stage("scoring"):
                scorer.add(index, prediction, truth)
        on_frame()
    return VideoResult(video.name, len(video), scorer.scores(), dict(clock.seconds), {})
