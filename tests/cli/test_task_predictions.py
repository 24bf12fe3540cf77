"""Predictions of every task, written by `corrbench run`, score what the run scored."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
CLIP = ("--dataset", "sample?frames=3", "--sequences", "walker")
RULES = {
    "jhmdb": "crw",
    "vip": "crw",
    "badja": "stt",
    "tracking": "dcf",
    "tapvid": "correlation-strided",
}


def numbers(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """All numbers of the only record."""
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)
    (sequence,) = record["sequences"].values()
    return {"metrics": record["metrics"], "objects": sequence["objects"], "frames": sequence["scored_frames"]}


def run(corrbench: Command, task: str, size: int = 128) -> dict[str, Any]:
    rule = ("--protocol", RULES[task], "--set", f"size={size}")
    return numbers(corrbench("run", "--method", "rgb", "--task", task, *CLIP, *rule, "--predictions", "out", "--json"))


def score(corrbench: Command, task: str, folder: str, *options: str) -> dict[str, Any]:
    rule = ("--protocol", RULES[task])
    return numbers(corrbench("score", "--task", task, *CLIP, *rule, "--predictions", folder, "--json", *options))


@pytest.mark.parametrize("task", RULES)
def test_the_score_of_the_files_is_that_of_the_run(task: str, corrbench: Command) -> None:
    ran = run(corrbench, task)
    assert score(corrbench, task, "out/rgb") == ran
    assert all(value is not None for value in ran["metrics"].values())


def test_boxes_score_alike_in_the_layouts_of_both_toolkits(corrbench: Command) -> None:
    ran = run(corrbench, "tracking")
    written = Path("out/rgb/walker/walker_001.txt")  # as the got-10k toolkit has it
    rows = written.read_text().splitlines()
    assert len(rows) == 3
    assert all(len(row.split(",")) == 4 for row in rows)
    assert len(Path("out/rgb/walker/walker_time.txt").read_text().split()) == 3
    pysot = Path("results/OTB100/rgb")  # and pysot: a file a sequence, all in one folder
    pysot.mkdir(parents=True)
    (pysot / "walker.txt").write_text(written.read_text())
    assert score(corrbench, "tracking", str(pysot)) == ran


def test_joints_dumped_by_videowalk_are_read_where_that_is_asked_for(corrbench: Command) -> None:
    ran = run(corrbench, "jhmdb", size=320)
    cells = np.stack([_cells(Path(f"out/rgb/walker/0000{index}.csv")) for index in range(3)], -1)  # (2, 15, 3)
    Path("dumps").mkdir()
    cells.dump("dumps/0.dat")
    refused = corrbench("score", "--task", "jhmdb", *CLIP, "--predictions", "dumps")
    assert refused.returncode == 1
    assert "add --allow-pickle" in refused.stderr
    found = score(corrbench, "jhmdb", "dumps", "--allow-pickle")
    assert found["metrics"] == pytest.approx(ran["metrics"], abs=1e-9)


def _cells(table: Path) -> Any:
    """The joints (2, 15) of a table, in cells of 16 x 12 pixels of the sample's frames, 40 x 40 of them."""
    rows = [line.split(",")[-2:] for line in table.read_text().splitlines()[1:]]
    return np.array(rows, dtype=np.float64).T / np.array([[16.0], [12.0]])


def test_pickles_of_other_tasks_are_refused(corrbench: Command) -> None:
    Path("dumps").mkdir()
    done = corrbench("score", "--task", "vip", *CLIP, "--predictions", "dumps", "--allow-pickle")
    assert done.returncode == 1
    assert "--allow-pickle: no predictions for vip are pickles; leave it out" in done.stderr
