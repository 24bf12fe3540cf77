"""`corrbench explain`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


def files() -> list[Path]:
    return sorted(Path("results").glob("runs/*/*/*/*.json"), key=lambda path: path.stat().st_mtime_ns)


def test_two_methods_of_one_run_may_be_ranked_together(run: Command, corrbench: Command) -> None:
    run("identity,rgb")
    first, second = files()
    done = corrbench("explain", first, second.stem[:6])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "A and B may be ranked together: task, data and protocol are the same." in done.stdout
    assert "identity" in done.stdout
    assert "protocol  " not in done.stdout  # no difference in it


def test_a_changed_rule_is_told_with_its_values_and_sources(run: Command, corrbench: Command) -> None:
    run("identity")
    run("identity", "--set", "radius=3", "--max-frames", 3)
    done = corrbench("explain", *files())
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if "propagation.radius" in line]
    assert line.split()[2:4] == ["12", "3"]
    assert "--radius 12" in line
    assert "changed by --set" in line
    assert "A and B must not be ranked together:" in done.stdout
    assert "the protocols differ: crw 4657f9dbcf55 and crw (radius=3)" in done.stdout
    assert "B was cut by a limit (max_frames 3)" in done.stdout


def test_json_is_all_there_is_on_standard_output(run: Command, corrbench: Command) -> None:
    run("identity,rgb")
    done = corrbench("explain", *files(), "--json")
    found = json.loads(done.stdout)
    assert [one["method"] for one in found["runs"]] == ["identity", "rgb"]
    assert found["rankable"] is True
    assert found["reasons"] == []
    assert {
        "part": "method",
        "field": "name",
        "a": "identity",
        "b": "rgb",
        "source_a": None,
        "source_b": None,
    } in found["differences"]


@pytest.mark.parametrize("name", ["nothing", "../results", "results"])
def test_a_run_that_is_not_there_is_one_line(name: str, run: Command, corrbench: Command) -> None:
    run("identity")
    done = corrbench("explain", files()[0], name)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"corrbench: RecordError: {name}: neither a file nor the id of a run below results/runs (")


def test_without_runs_the_folder_is_named(corrbench: Command) -> None:
    done = corrbench("explain", "a", "b")
    assert done.returncode == 1
    assert "results/runs (there are none)" in done.stderr
