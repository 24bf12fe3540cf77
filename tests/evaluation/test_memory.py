"""Memory of a run against the length of the video."""

import json
import statistics
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from pathlib import Path
import corrbench
frames = int(sys.argv[1])
[record] = corrbench.run(
    "rgb", "davis", dataset="sample?frames=300", sequences=["pillar"], max_frames=frames,
    settings={"size": 120, "context": 7}, output=Path(sys.argv[2]),
)
print(json.dumps(record.throughput["peak_memory_bytes"]))
"""


def peak(frames: int, folder: str) -> int:
    """The most memory, in bytes, that a process of its own needed for that many frames of the sample."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(frames), folder], capture_output=True, text=True, check=True
    )
    return int(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak memory of a process")
def test_memory_grows_by_less_than_five_mebibytes_in_a_hundred_frames(tmp_path: object) -> None:
    peak(3, f"{tmp_path}/warm")  # makes the long sample, in a process of its own
    growths = (peak(300, f"{tmp_path}/long{n}") - peak(30, f"{tmp_path}/short{n}") for n in range(3))
    assert statistics.median(growths) <= 2.7 * 5 * 2**20  # what an allocator keeps varies from process to process
