"""The windowed affinity beside the plain one and two reference programs: same labels first, then the time.

Timed by `pytest tests/benchmarks --benchmark-enable`; the ratios of one run are what can be compared.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from benchmarks_references import crw_affinity, crw_mask, dino_labels, dino_mask
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation.affinity import plain_affinity
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.memory import ContextMemory
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windowed import windowed_affinities
from corrbench.protocols.registry import find_protocol

GRID, CHANNELS, RADIUS = (60, 107), 256, 12
BLOCK = Chunks().queries  # query frames that a run takes at once


@dataclass(frozen=True)
class Case:
    """One query frame before a full context."""

    rule: PropagationRule
    query: Tensor  # (h, w, C)
    memory: ContextMemory
    at: int

    def windowed(self, frames: int = 1) -> Tensor:
        queries, contexts = self.query.expand(frames, *self.query.shape), [self.memory.context(self.at)] * frames
        found = windowed_affinities(queries, self.memory.keys, contexts, self.rule, RADIUS)[-1]
        assert found is not None
        return found.carry(self.memory.labels)  # (N, K)

    def plain(self) -> Tensor:
        found = plain_affinity(self.query, self.memory.keys, self.memory.context(self.at), self.rule, RADIUS)
        return found.carry(self.memory.labels)


def case(rule: PropagationRule, grid: tuple[int, int] = GRID) -> Case:
    """Smooth features with noise, as those of real frames are smooth."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(1, CHANNELS, grid[0] // 4, grid[1] // 4, generator=generator)
    smooth = F.interpolate(coarse, grid, mode="bilinear")[0].permute(1, 2, 0)

    def keys() -> Tensor:
        return F.normalize(smooth + 0.2 * torch.randn(*grid, CHANNELS, generator=generator), dim=-1)

    at = rule.context + 2
    memory = ContextMemory(rule, keys(), torch.rand(2, *grid, generator=generator))
    for frame in range(1, at):
        memory.store_keys(frame, keys())
        memory.store_labels(frame, torch.rand(2, *grid, generator=generator))
    return Case(rule, keys(), memory, at)


def crw(made: Case, mask: Tensor) -> Tensor:
    """The labels (N, K) that videowalk's affinity gives: frame 0 free, then the 20 frames before the query."""
    context = made.memory.context(made.at)
    slots = [0, *(slot for slot, count in enumerate(context.restricted) if count)]
    keys = made.memory.keys[slots].flatten(1, 2).permute(2, 0, 1).contiguous()  # (C, M, N)
    query = made.query.flatten(0, 1).t().contiguous()
    weights, indices = crw_affinity(query, keys, mask, 1, made.rule.temperature, made.rule.topk)
    table = made.memory.labels[slots].flatten(0, 1)  # (M * N, K)
    return (table[indices] * weights[..., None]).sum(0)


def dino(made: Case, mask: Tensor) -> Tensor:
    """The labels (N, K) that dino's label_propagation gives."""
    slots = [slot for slot, count in enumerate(made.memory.context(made.at).restricted) if count]
    keys = made.memory.keys[slots].flatten(1, 2).transpose(1, 2).contiguous()  # (M, C, N)
    query = made.query.flatten(0, 1).t().contiguous()
    labels = made.memory.labels[slots].flatten(0, 1).t()  # (K, M * N)
    return dino_labels(query, keys, labels, mask, made.rule.temperature, made.rule.topk).t()


CRW = find_protocol("crw", "davis").propagation
DINO = find_protocol("dino", "davis").propagation
DINO_LONG = replace(DINO, context=20, topk=10)


def tied(made: Case) -> Tensor:
    """The cells (N,) whose k-th and next similarity differ by less than 1e-6: two right programs may choose apart."""
    rule, context = replace(made.rule, topk=made.rule.topk + 1), made.memory.context(made.at)
    [found] = windowed_affinities(made.query[None], made.memory.keys, [context], rule, RADIUS)
    assert found is not None
    keys = made.memory.keys.flatten(0, 2)[found.indices]  # (N, k + 1, C)
    similarities = (made.query.flatten(0, 1)[:, None] * keys).sum(2).sort(1, descending=True).values
    return similarities[:, -2] - similarities[:, -1] < 1e-6


def fastest(function: Callable[[], Any], repeats: int) -> float:
    """The least seconds of some calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def test_the_restated_programs_and_the_windows_carry_the_same_labels() -> None:
    grid = (24, 30)
    for rule, reference, mask in ((CRW, crw, crw_mask), (DINO, dino, dino_mask)):
        made = case(rule, grid)
        expected = reference(made, mask(*grid, RADIUS))
        assert (made.windowed() - expected).abs().max() <= 2e-5
        assert (made.plain() - expected).abs().max() <= 2e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "reference", "mask", "floor"),
    [
        pytest.param(CRW, crw, crw_mask, 4, id="crw-21x60x107"),
        pytest.param(DINO, dino, dino_mask, 5, id="dino-8x60x107"),
        pytest.param(DINO_LONG, dino, dino_mask, 5, id="dino-21x60x107"),
    ],
)
def test_windows_are_several_times_faster_than_the_reference_on_real_sizes(
    rule: PropagationRule, reference: Any, mask: Any, floor: float, record_property: Any
) -> None:
    made, outside = case(rule), mask(*GRID, RADIUS)
    with torch.inference_mode():
        made.windowed()
        expected = reference(made, outside)
        apart = (made.windowed() - expected).abs().amax(1) > 2e-5  # (N,)
        assert not (apart & ~tied(made)).any()
        fast = fastest(made.windowed, 3)
        block = fastest(lambda: made.windowed(BLOCK), 3) / BLOCK
        slow = fastest(lambda: reference(made, outside), 1)
        plain = fastest(made.plain, 1)
    record_property("ratio to the reference", slow / fast)
    record_property("ratio to the plain path", plain / fast)
    record_property("ratio to the reference, frames in blocks", slow / block)
    print(  # noqa: T201
        f"windowed {fast:.2f} s, in blocks {block:.2f} s a frame; one frame: reference {slow / fast:.1f} x, "
        f"plain {plain / fast:.1f} x; in blocks: {slow / block:.1f} x, {plain / block:.1f} x"
    )
    assert slow / fast >= floor  # far below what an idle machine shows: others may be computing


@pytest.mark.parametrize("name", ["crw", "stt", "dino"])
def test_windowed(benchmark: Any, name: str) -> None:
    made = case(find_protocol(name, "davis").propagation, (30, 54))
    benchmark(made.windowed)


@pytest.mark.parametrize("name", ["crw", "stt", "dino"])
def test_plain(benchmark: Any, name: str) -> None:
    made = case(find_protocol(name, "davis").propagation, (30, 54))
    benchmark(made.plain)
