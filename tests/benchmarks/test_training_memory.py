"""The temporal loss in windows beside the released one over all pairs: same loss and gradients, then memory and time.

What both need beside the trunk is measured on maps that are given: what autograd keeps for the backward pass, and, in
a process of its own, by how much the greatest memory grows. Timed with `pytest -m slow -s`.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from benchmarks_dense_temporal import dense_temporal_loss
from torch import Tensor

from corrbench_methods.ours.temporal import Temporal
from corrbench_methods.ours.temporal_loss import temporal_loss
from corrbench_methods.ours.temporal_settings import TemporalSettings

Loss = Callable[[TemporalSettings, Any, Any, Any], Tensor]

PAIRS = 2
PUBLISHED = TemporalSettings(size=256)
RELEASED = replace(PUBLISHED, select="repo_literal", pseudo_norm="avg", teacher_l2norm=False, scale_weights=False)


def windowed(settings: TemporalSettings, maps: Any, colours: Any, teacher: Any) -> Tensor:
    return temporal_loss(settings, maps, colours, teacher).loss


LOSSES: dict[str, Loss] = {"windowed": windowed, "dense": dense_temporal_loss}


def inputs(size: int, batch: int = PAIRS) -> tuple[list[Any], Any, Any]:
    """Maps that need gradients, colours and the teacher's maps, as ResNet-18 has them for frames of `size`."""
    generator = torch.Generator().manual_seed(0)

    def pair(channels: int, side: int, gradients: bool = True) -> tuple[Tensor, Tensor]:
        query, reference = (torch.rand(batch, channels, side, side, generator=generator) for _ in range(2))
        return query.requires_grad_(gradients), reference.requires_grad_(gradients)

    maps = [pair(128, size // 4), pair(256, size // 8), pair(512, size // 32)]
    return maps, pair(1, size, gradients=False), pair(512, size // 32, gradients=False)


@pytest.mark.parametrize("settings", [pytest.param(PUBLISHED, id="default"), pytest.param(RELEASED, id="released")])
def test_loss_and_gradients_are_those_over_all_pairs(settings: TemporalSettings) -> None:
    small = replace(settings, size=96, window=96)  # radii 10 and 5, on 24 and 12 cells a side
    maps, colours, teacher = inputs(96)
    leaves = [one for pair in maps for one in pair]
    losses = [function(small, maps, colours, teacher) for function in LOSSES.values()]
    torch.testing.assert_close(losses[0], losses[1], rtol=1e-5, atol=0)
    for ours, theirs in zip(*(torch.autograd.grad(loss, leaves) for loss in losses), strict=True):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


def kept_bytes(function: Loss, settings: TemporalSettings) -> int:
    """What autograd keeps for the backward pass beyond the maps and colours themselves, each memory once."""
    maps, colours, teacher = inputs(settings.size)
    given = {one.untyped_storage().data_ptr() for pair in (*maps, colours, teacher) for one in pair}
    kept: dict[int, Tensor] = {}  # the tensors, so that no memory is given out twice

    def keep(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = function(settings, maps, colours, teacher)
    total = sum(tensor.untyped_storage().nbytes() for start, tensor in kept.items() if start not in given)
    loss.backward()
    return total


@pytest.mark.slow
def test_at_256_what_is_kept_is_at_least_four_times_less(record_property: Any) -> None:
    ours, theirs = (kept_bytes(LOSSES[name], PUBLISHED) / PAIRS for name in ("windowed", "dense"))
    record_property("MB kept for a pair, windowed", ours / 1e6)
    record_property("MB kept for a pair, dense", theirs / 1e6)
    print(f"kept for a pair: windowed {ours / 1e6:.1f} MB, dense {theirs / 1e6:.1f} MB: {theirs / ours:.1f} x")  # noqa: T201
    assert theirs >= 4 * ours


def peak_growth(name: str) -> int:
    """By how many bytes a process's greatest memory grows over one loss and its gradients."""
    program = (
        "import test_training_memory as here, torch\n"
        "from corrbench.evaluation.memory import held_bytes, peak_bytes, reset_peak\n"
        "torch.set_num_threads(1)\n"
        "maps, colours, teacher = here.inputs(32)\n"
        "small = here.replace(here.PUBLISHED, size=32)\n"
        f"here.LOSSES[{name!r}](small, maps, colours, teacher).backward()\n"  # what is loaded at the first call
        "maps, colours, teacher = here.inputs(256)\n"
        "for pair in maps:\n"
        "    for one in pair: one.grad = torch.zeros_like(one)\n"
        "cpu = torch.device('cpu')\n"
        "reset_peak(cpu)\n"
        "before = held_bytes(cpu)\n"
        f"here.LOSSES[{name!r}](here.PUBLISHED, maps, colours, teacher).backward()\n"
        "print(peak_bytes(cpu) - before)\n"
    )
    folder = Path(__file__).parent
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    return int(found.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux resets the peak")
def test_at_256_the_peak_above_the_trunk_is_at_least_four_times_lower(record_property: Any) -> None:
    ours, theirs = (peak_growth(name) / PAIRS for name in ("windowed", "dense"))
    record_property("MB at the peak for a pair, windowed", ours / 1e6)
    record_property("MB at the peak for a pair, dense", theirs / 1e6)
    print(f"peak for a pair: windowed {ours / 1e6:.0f} MB, dense {theirs / 1e6:.0f} MB: {theirs / ours:.1f} x")  # noqa: T201
    assert theirs >= 4 * ours


@pytest.mark.slow
def test_at_256_clips_are_seen_faster(record_property: Any) -> None:
    maps, colours, teacher = inputs(256)
    rates = {}
    for name, function in LOSSES.items():
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            function(PUBLISHED, maps, colours, teacher).backward()
            seconds.append(time.perf_counter() - start)
        rates[name] = PAIRS / min(seconds)
    recipe = Temporal(replace(PUBLISHED, global_weight=0), None, 0)
    frames = {"frames": torch.rand(PAIRS, 2, 3, 256, 256, generator=torch.Generator().manual_seed(0))}
    start = time.perf_counter()
    recipe([frames], torch.Generator().manual_seed(0)).loss.backward()
    rates["windowed with its trunk"] = PAIRS / (time.perf_counter() - start)
    for name, rate in rates.items():
        record_property(f"clips a second, {name}", rate)
    print(", ".join(f"{name} {rate:.2f} clips/s" for name, rate in rates.items()))  # noqa: T201
    assert rates["windowed"] > rates["dense"]
