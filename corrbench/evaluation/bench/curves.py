"""How the affinity and the propagation scale, on synthetic features, the engine's path beside the plain one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from typing import TypeVar

import torch
from torch import Tensor

from corrbench.evaluation.bench.scenes import scene
from corrbench.evaluation.bench.timing import Laps, Plan, Stage, timed
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.memory import held_bytes, peak_bytes, reset_peak
from corrbench.propagation.affinity import Affinity, plain_affinity
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.memory import Context, ContextMemory
from corrbench.propagation.propagate import find_affinities, propagate
from corrbench.propagation.rule import PropagationRule

Grid = tuple[int, int]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Ranges:
    """What is varied, one thing at a time; the others stay at the values of the rule and at the first ones here."""

    grid: Grid
    channels: int
    repeats: int
    contexts: tuple[int, ...]
    grids: tuple[Grid, ...]
    radii: tuple[int, ...]
    labels: tuple[int, ...]
    lengths: tuple[int, ...]  # frames of a video
    video_grid: Grid
    video_context: int


FULL = Ranges(
    grid=(60, 107),
    channels=256,
    repeats=3,
    contexts=(1, 5, 10, 20, 40),
    grids=((30, 54), (60, 107), (90, 160), (120, 214)),
    radii=(6, 12, 18, 24),
    labels=(2, 4, 8, 16, 32),
    lengths=(16, 32, 64, 104),
    video_grid=(30, 54),
    video_context=7,
)
QUICK = Ranges(
    grid=(8, 10),
    channels=16,
    repeats=1,
    contexts=(1, 2),
    grids=((6, 8), (8, 10)),
    radii=(2, 3),
    labels=(2, 3),
    lengths=(12, 16),
    video_grid=(6, 8),
    video_context=2,
)
AFFORDABLE = {"cpu": 5e9, "cuda": 1e11}  # similarities the plain path may compute, in half a minute at most
CARRIES = 20  # at once, since one takes no time


@dataclass(frozen=True)
class CurvePoint:
    """One measured value of one path."""

    curve: str  # context, grid, radius, labels, length
    x: int  # context frames, cells, radius in cells, label channels, video frames
    setting: str  # x in words
    path: str  # engine: what a run uses; plain: the same by the plain formula, in the same run
    milliseconds: float  # of one query frame, the median
    ratio: float | None  # the plain path's time over this one's; None where plain was not affordable
    peak_bytes: int | None  # above what was held before
    difference: float | None  # of the engine's results from the plain ones, the largest


@dataclass(frozen=True)
class Cost:
    """Time and memory of a piece of work."""

    stage: Stage
    peak: int | None


@dataclass(frozen=True)
class Pair:
    """The engine and, where it was affordable, the plain path on the same input."""

    engine: Cost
    plain: Cost | None
    difference: float | None

    def points(self, curve: str, x: int, setting: str) -> Iterator[CurvePoint]:
        """A point for each path."""
        plain = self.plain.stage.milliseconds if self.plain else None
        for path, cost in (("engine", self.engine), ("plain", self.plain)):
            if cost is not None:
                time = cost.stage.milliseconds
                yield CurvePoint(
                    curve, x, setting, path, time, plain / time if plain else None, cost.peak, self.difference
                )


def measure_curves(
    ranges: Ranges,
    rule: PropagationRule,
    device: torch.device,
    on_point: Callable[[CurvePoint], None] = lambda _: None,
) -> list[CurvePoint]:
    """All points of the curves under a rule; `on_point` gets each as soon as it is there."""
    points = []
    with arithmetic("fp32"):
        for point in _points(ranges, rule, device):
            points.append(point)
            on_point(point)
    return points


def _points(ranges: Ranges, rule: PropagationRule, device: torch.device) -> Iterator[CurvePoint]:
    @cache  # the curves cross where nothing is varied
    def affinity(grid: Grid, context: int, radius: int) -> Pair:
        return affinity_pair(ranges, replace(rule, context=context, radius=radius), grid, device)

    for context in ranges.contexts:
        yield from affinity(ranges.grid, context, rule.radius).points("context", context, f"{context} + 1 frames")
    for grid in ranges.grids:
        pair = affinity(grid, rule.context, rule.radius)
        yield from pair.points("grid", grid[0] * grid[1], f"{grid[0]}x{grid[1]} cells")
    for radius in ranges.radii:
        yield from affinity(ranges.grid, rule.context, radius).points("radius", radius, f"radius of {radius} cells")
    query, memory = full_memory(ranges.grid, ranges.channels, rule, device)
    found = engine(query, memory.keys, memory.context(rule.context + 1), rule, rule.radius)
    for count in ranges.labels:
        yield from carry_pair(ranges, found, memory, count).points("labels", count, f"{count} label channels")
    short = replace(rule, context=ranges.video_context)
    video_cost(ranges, short, ranges.lengths[0], device)  # warms up
    for length in ranges.lengths:
        cost = video_cost(ranges, short, length, device)
        yield from Pair(cost, None, None).points("length", length, f"{length} frames")


def engine(query: Tensor, keys: Tensor, context: Context, rule: PropagationRule, radius: int) -> Affinity:
    """The affinity of a single frame by the path that a run takes."""
    return find_affinities(query[None], keys, [context], rule, radius)[0]


def affinity_pair(ranges: Ranges, rule: PropagationRule, grid: Grid, device: torch.device) -> Pair:
    """The affinity of one frame to a full context."""
    query, memory = full_memory(grid, ranges.channels, rule, device)
    context = memory.context(rule.context + 1)

    def search(path: Callable[..., Affinity]) -> Affinity:
        return path(query, memory.keys, context, rule, rule.radius)

    fast, found = _cost(lambda: search(engine), device, Plan(1, ranges.repeats, warmup=1))
    if (rule.context + 1) * (grid[0] * grid[1]) ** 2 > AFFORDABLE.get(device.type, AFFORDABLE["cpu"]):
        return Pair(fast, None, None)
    once = Plan(1, 1, warmup=0) if device.type == "cpu" else Plan(1, ranges.repeats, warmup=1)
    plain, expected = _cost(lambda: search(plain_affinity), device, once)
    return Pair(fast, plain, _difference(found.weights, expected.weights))


def carry_pair(ranges: Ranges, affinity: Affinity, memory: ContextMemory, count: int) -> Pair:
    """The carry of `count` label channels to one frame, beside a gather followed by a weighted sum."""
    device = memory.keys.device
    generator = torch.Generator().manual_seed(0)
    labels = torch.rand((*memory.labels.shape[:2], count), generator=generator).to(device)  # (slots, N, K)

    def plain() -> Tensor:
        return (labels.flatten(0, 1)[affinity.indices] * affinity.weights[..., None]).sum(1)  # (N, K)

    plan = Plan(CARRIES, ranges.repeats, warmup=1)
    engine, found = _cost(lambda: [affinity.carry(labels) for _ in range(CARRIES)][-1], device, plan)
    beside, expected = _cost(lambda: [plain() for _ in range(CARRIES)][-1], device, plan)
    return Pair(engine, beside, float((found - expected).abs().max()))


def video_cost(ranges: Ranges, rule: PropagationRule, length: int, device: torch.device) -> Cost:
    """The propagation through a video of `length` frames: the time of a frame behind a full context."""
    full = rule.context + 1
    distinct = list(islice(scene(ranges.video_grid, ranges.channels, device), full + 1))
    maps = (keys.permute(2, 0, 1) for keys in islice(cycle(distinct), length))
    first = torch.zeros(2, *ranges.video_grid, device=device)
    first[0] = 1
    laps = Laps(device, Plan(1, length, warmup=0).in_blocks(Chunks().queries), skip=full)
    reset_peak(device)
    before = held_bytes(device)
    for _ in propagate(maps, first, rule):
        laps()
    return Cost(laps.stage(), _above(before, device))


def full_memory(grid: Grid, channels: int, rule: PropagationRule, device: torch.device) -> tuple[Tensor, ContextMemory]:
    """A query frame (h, w, C), and a memory that is full of the distinct frames before it."""
    frames = scene(grid, channels, device)
    label = torch.zeros(1, *grid, device=device)
    memory = ContextMemory(rule, next(frames), label)
    for index in range(1, rule.context + 1):
        memory.store_keys(index, next(frames))
    return next(frames), memory


def _cost(work: Callable[[], Result], device: torch.device, plan: Plan) -> tuple[Cost, Result]:
    """What the work costs, and what it returns."""
    results: list[Result] = []

    def kept() -> None:
        results[:] = [work()]

    reset_peak(device)
    before = held_bytes(device)
    stage = timed(kept, device, plan)
    return Cost(stage, _above(before, device)), results[0]


def _above(before: int | None, device: torch.device) -> int | None:
    peak = peak_bytes(device)
    return None if before is None or peak is None else max(0, peak - before)


def _difference(weights: Tensor, expected: Tensor) -> float:
    """The largest difference between weights (N, k), whatever the order of equal candidates."""
    columns = min(weights.shape[1], expected.shape[1])  # the rest has weight 0
    ours, plain = (found.sort(dim=1, descending=True).values[:, :columns] for found in (weights, expected))
    return float((ours - plain).abs().max())
