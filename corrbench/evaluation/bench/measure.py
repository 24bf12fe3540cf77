"""What methods cost: their stages apart, in frames per second, and their size, under one protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.methods import Method, parse_method
from corrbench.core.plugins import find
from corrbench.core.resample import bilinear
from corrbench.core.video import Video
from corrbench.errors import SettingError
from corrbench.evaluation.batches import batches_for
from corrbench.evaluation.bench.clip import clip
from corrbench.evaluation.bench.network import gflop, parameter_count
from corrbench.evaluation.bench.stages import Stages
from corrbench.evaluation.bench.timing import Laps, Plan, Stage, timed
from corrbench.evaluation.device import arithmetic, choose_device, machine_name
from corrbench.evaluation.evaluate import evaluate_video
from corrbench.evaluation.memory import peak_bytes, reset_peak
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.task import Task

STAGES = ("io", "features", "affinity", "propagation", "scoring")


@dataclass(frozen=True)
class MethodThroughput:
    """What one method costs."""

    method: str  # as the user wrote it
    stages: Mapping[str, Stage]  # by the names in STAGES
    end_to_end: Stage  # the walk of evaluate_video, from files to values
    parameters: int
    gflop: float  # of the features of one frame
    peak_memory_bytes: int | None  # of the walk: of tensors on CUDA, else resident with the interpreter
    network: tuple[int, int]  # (H, W) of the frames that the method sees
    grid: tuple[int, int]  # (h, w)
    channels: int  # C
    labels: int  # K


@dataclass(frozen=True)
class Throughput:
    """What methods cost on one machine, on frames of one size, under one protocol."""

    task: str
    protocol: Protocol
    size: tuple[int, int]  # (H, W) of the frames on disk
    device: torch.device
    machine: str
    plan: Plan
    methods: tuple[MethodThroughput, ...]


def bench(
    methods: str | Sequence[str],
    task: str = "davis",
    *,
    protocol: str | None = None,
    settings: Mapping[str, Any] | None = None,
    weights: Path | None = None,
    size: str | tuple[int, int] | None = None,
    plan: Plan | None = None,
    device: str | None = None,
    on_method: Callable[[str], None] = lambda _: None,
) -> Throughput:
    """The cost of methods on frames of the embedded sample, as they are or resized to `size`, (H, W) or `HxW`.

    Every stage sees a context that is full of distinct frames, and so does each frame of the walk that counts. All
    names and settings are checked before the first method is built; they are built one after the other, so that
    none counts towards the memory of another. A repeat is made of whole blocks of the frames that are searched at once.
    """
    plan = plan or Plan()
    names = methods.split(",") if isinstance(methods, str) else list(methods)
    if weights is not None and len(names) > 1:
        raise SettingError(f"--weights {weights} is for one method; write NAME?weights=FILE for each of {names}")
    chosen: Task = find("tasks", task).load()()
    rule = find_protocol(protocol or chosen.default_protocol, task).with_settings(settings or {})
    parsed = [parse_method(name.strip(), weights, rule.propagation.stride) for name in names]
    place = choose_device(device)
    plan = plan.in_blocks(batches_for(place).chunks.queries)
    skipped = 1 + rule.propagation.context
    with clip(_as_size(size), skipped + plan.total + 1) as video:  # protocols may not score the last frame
        height, width = video.frames[0].shape[1:]
        costs = []
        for method in parsed:
            on_method(method.name)
            costs.append(_measure(method, video, chosen, rule, place, plan))
    return Throughput(task, rule, (height, width), place, machine_name(place), plan, tuple(costs))


def _as_size(size: str | tuple[int, int] | None) -> tuple[int, int] | None:
    if not isinstance(size, str):
        return size
    height, _, width = size.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise SettingError(f"--size {size} does not fit: write height x width in pixels, such as 480x854")
    return int(height), int(width)


def _measure(
    method: Method, video: Video[Any], task: Task, protocol: Protocol, device: torch.device, plan: Plan
) -> MethodThroughput:
    extractor = method.build(device)
    laps = Laps(device, plan, skip=1 + protocol.propagation.context)
    reset_peak(device)
    evaluate_video(extractor, video, task, protocol, device, on_frame=laps)
    peak = peak_bytes(device)
    with arithmetic(protocol.propagation.precision):
        stages = Stages(extractor, video, task, protocol, device, plan.frames)
        return MethodThroughput(
            method=method.name,
            stages={name: timed(getattr(stages, name), device, plan) for name in STAGES},
            end_to_end=laps.stage(),
            parameters=parameter_count(extractor),
            gflop=_gflop_of_a_frame(extractor, video, stages.network, device),
            peak_memory_bytes=peak,
            network=stages.network,
            grid=stages.grid,
            channels=stages.channels,
            labels=stages.labels,
        )


def _gflop_of_a_frame(
    extractor: FeatureExtractor, video: Video[Any], network: tuple[int, int], device: torch.device
) -> float:
    frame = video.frames[0].to(device)
    return gflop(extractor, bilinear(frame.to(torch.float32) / 255, network, "cv2")[None])
