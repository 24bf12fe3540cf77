"""Whole walks, JPEG to PNG: a frame beside a 2048^3 float32 product of the same run, and memory beside the start's.

The bars on time are above what an idle machine shows (others may be computing); the figures are printed.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from corrbench.core.images import read_mask

pytestmark = [
    pytest.mark.slow,
    pytest.mark.data,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak memory of a process"),
]
MIB, GIB = 2**20, 2**30


def walk(shared: Path, sequence: str, frames: int, protocol: str, stride: int, folder: Path) -> dict[str, Any]:
    """What `benchmarks_walk.py` measures."""
    program = Path(__file__).with_name("benchmarks_walk.py")
    arguments = [str(shared), sequence, str(frames), protocol, str(stride), str(folder)]
    done = subprocess.run([sys.executable, str(program), *arguments], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    print(  # noqa: T201
        f"{sequence}, {frames} frames, {protocol}: {found['seconds']:.2f} s a frame, "
        f"{found['seconds'] / found['product']:.1f} products; {found['peak_above'] / MIB:.0f} MiB above the interpreter"
    )
    return found


def test_fourteen_frames_take_a_few_products_each_and_equal_the_golden_masks(
    golden: Path, data: Path, tmp_path: Path
) -> None:
    found = walk(golden.parent, "car-shadow", 14, "crw", 8, tmp_path)
    expected = sorted((golden / "crw" / "car-shadow").glob("*.png"))
    assert [path.name for path in sorted(tmp_path.glob("*.png"))] == [path.name for path in expected]
    for path in expected:
        assert torch.equal(read_mask(tmp_path / path.name), read_mask(path)), path.name
    assert found["seconds"] / found["product"] <= 20
    assert found["peak_above"] <= 0.6 * GIB


def test_a_whole_video_takes_a_few_products_a_frame_and_memory_stays_flat(
    golden: Path, data: Path, tmp_path: Path
) -> None:
    found = walk(golden.parent, "dance-twirl", 90, "crw", 8, tmp_path)
    assert found["seconds"] / found["product"] <= 22
    assert found["peak_above"] <= 0.6 * GIB
    middle, end = sum(found["held"][30:50]) / 20, sum(found["held"][70:90]) / 20
    assert end - middle <= 25 * MIB  # what an allocator keeps varies; tests/evaluation/test_memory.py measures growth


def test_stride_four_runs_in_bounded_memory(golden: Path, data: Path, tmp_path: Path) -> None:
    found = walk(golden.parent, "car-shadow", 10, "stt-d4", 4, tmp_path)
    assert found["peak_above"] <= 3 * GIB
