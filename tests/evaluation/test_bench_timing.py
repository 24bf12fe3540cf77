"""Repeats, laps, names of machines and peaks of memory."""

import sys
import time

import pytest
import torch

from corrbench.core.files import file_part
from corrbench.evaluation.bench.timing import Laps, Plan, Stage, timed
from corrbench.evaluation.device import machine_name
from corrbench.evaluation.memory import held_bytes, peak_bytes, reset_peak

CPU = torch.device("cpu")


def test_the_median_repeat_counts() -> None:
    stage = Stage((0.5, 0.01, 0.02))
    assert stage.milliseconds == 20
    assert stage.frames_per_second == 50


def test_the_warm_up_is_done_and_not_counted() -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(len(calls))
        time.sleep(0.2 if len(calls) <= 2 else 0.02)

    stage = timed(work, CPU, Plan(frames=2, repeats=3, warmup=2))
    assert len(calls) == 5
    assert len(stage.seconds) == 3
    assert all(0.01 <= seconds < 0.1 for seconds in stage.seconds)  # a call of 0.02 s is two frames


def test_laps_begin_behind_what_is_skipped_and_leave_the_rest_out() -> None:
    plan = Plan(frames=2, repeats=2, warmup=1)
    laps = Laps(CPU, plan, skip=3)
    for frame in range(12):
        time.sleep(0.2 if frame < 5 or frame >= 9 else 0.01)
        laps()
    assert len(laps.stage().seconds) == 2
    assert all(0.01 <= seconds < 0.1 for seconds in laps.stage().seconds)


def test_the_plan_says_how_many_frames_a_walk_needs() -> None:
    assert Plan(frames=4, repeats=5, warmup=1).total == 24


def test_repeats_are_made_of_whole_blocks() -> None:
    assert [Plan(frames=frames).in_blocks(4).frames for frames in (1, 4, 5)] == [4, 4, 8]


def test_a_machine_is_named_with_its_threads() -> None:
    threads = torch.get_num_threads()
    assert machine_name(CPU).endswith(f", {threads} thread{'s' if threads > 1 else ''}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NVIDIA H200", "NVIDIA-H200"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz, 2 threads", "Intel-R-Xeon-R-CPU-2.20GHz-2-threads"),
        ("2.14.1+cu130", "2.14.1-cu130"),
        ("../x", "x"),
    ],
)
def test_names_become_parts_of_file_names(text: str, expected: str) -> None:
    assert file_part(text) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets the peak of a process begin anew")
def test_a_peak_is_seen_once_and_forgotten() -> None:
    reset_peak(CPU)
    before, size = held_bytes(CPU), 64 * 2**20
    torch.ones(size // 4)
    peak = peak_bytes(CPU)
    assert before is not None
    assert peak is not None
    assert 0.9 * size < peak - before < 1.5 * size
    reset_peak(CPU)
    later = peak_bytes(CPU)
    assert later is not None
    assert later < peak - size // 2
