"""`corrbench run` on a tiny data set: what it prints, what it keeps, and what it never computes twice."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corrbench.records.record import read_record

Command = Callable[..., subprocess.CompletedProcess[str]]
METRICS = ["J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay"]

COUNTED = """
from pathlib import Path
import corrbench

folder = Path({folder!r})


class Counted:
    stride = 8

    def __call__(self, frames):
        calls = folder / "calls"
        calls.write_text(str(count() + 1))
        if (folder / "crash").exists() and count() > 5:
            raise RuntimeError("the power went out")
        return frames[:, :, ::8, ::8] + 0.1


def count():
    calls = folder / "calls"
    return int(calls.read_text()) if calls.exists() else 0


@corrbench.register_method("counted")
def counted(scale: int = 1):
    return Counted()
"""


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """A plugin file whose method `counted` writes how often it was called."""
    file = tmp_path / "counted.py"
    file.write_text(COUNTED.format(folder=str(tmp_path)))
    return file


def calls(tmp_path: Path) -> int:
    return int((tmp_path / "calls").read_text())


def only_record(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)
    assert isinstance(record, dict)
    return record


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# What is kept


def test_a_run_is_kept_as_record_values_and_official_tables(run: Command) -> None:
    record = only_record(run("identity", "--json"))
    folder = Path("results/runs/davis/DAVIS/identity")
    assert files(folder) == [
        f"{record['id']}.json",
        f"{record['id']}.npz",
        f"{record['id']}/global_results-val.csv",
        f"{record['id']}/per-sequence_results-val.csv",
    ]
    assert json.loads((folder / f"{record['id']}.json").read_text()) == record
    with np.load(folder / f"{record['id']}.npz") as values:
        assert values["pair/J"].shape == (2, 2)
        assert values["pair/frames"].tolist() == ["00001", "00002"]
        mean = (values["ball/J"].mean() + values["pair/J"].mean(1).sum()) / 3
    assert mean == pytest.approx(record["metrics"]["J-Mean"], abs=1e-12)


def test_the_official_tables_have_the_official_columns(run: Command) -> None:
    record = only_record(run("identity", "--json"))
    folder = Path("results/runs/davis/DAVIS/identity") / record["id"]
    header, row = (folder / "global_results-val.csv").read_text().splitlines()
    assert header == "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay"
    assert row.split(",")[1] == f"{record['metrics']['J-Mean']:.3f}"
    lines = (folder / "per-sequence_results-val.csv").read_text().splitlines()
    assert lines[0] == "Sequence,J-Mean,F-Mean"
    assert [line.split(",")[0] for line in lines[1:]] == ["ball_1", "pair_1", "pair_2"]


def test_a_finished_run_is_shown_and_not_computed(run: Command, counted: Path, tmp_path: Path) -> None:
    first = only_record(run("counted", "--plugin", counted, "--json"))
    assert calls(tmp_path) == 8
    again = run("counted", "--plugin", counted, "--json")
    assert calls(tmp_path) == 8
    assert only_record(again) == first
    assert again.stderr.startswith("counted: finished before, results/runs/davis/DAVIS/counted/")


def test_overwrite_always_computes_again(run: Command, counted: Path, tmp_path: Path) -> None:
    first = only_record(run("counted", "--plugin", counted, "--json"))
    again = only_record(run("counted", "--plugin", counted, "--overwrite", "always", "--json"))
    assert calls(tmp_path) == 16
    assert again["metrics"] == first["metrics"]
    assert again["id"] == first["id"]


@pytest.mark.parametrize(
    "change",
    [
        ("--set", "radius=3"),
        ("--set", "temperature=0.07"),
        ("--max-frames", 3),
        ("--limit", 1),
        ("--sequences", "pair"),
        ("--year", 2016),
    ],
)
def test_a_change_of_rule_or_data_is_another_run(
    change: tuple[object, ...], run: Command, counted: Path, tmp_path: Path
) -> None:
    first = only_record(run("counted", "--plugin", counted, "--json"))
    (tmp_path / "DAVIS/ImageSets/2016").mkdir()
    (tmp_path / "DAVIS/ImageSets/2016/val.txt").write_text("ball\npair\n")
    changed = only_record(run("counted", "--plugin", counted, *change, "--json"))
    assert calls(tmp_path) > 8
    assert changed["id"] != first["id"]


def test_a_change_of_settings_weights_or_source_is_another_run(run: Command, counted: Path, tmp_path: Path) -> None:
    ids = [only_record(run("counted", "--plugin", counted, "--json"))["id"]]
    ids.append(only_record(run("counted?scale=2", "--plugin", counted, "--json"))["id"])
    assert len(set(ids)) == 2
    assert calls(tmp_path) == 16


def test_the_same_rule_said_in_another_way_is_the_same_run(run: Command, counted: Path, tmp_path: Path) -> None:
    first = only_record(run("counted", "--plugin", counted, "--json"))
    same = only_record(run("counted", "--plugin", counted, "--set", "radius=12", "--max-frames", 100, "--json"))
    assert same == first
    assert calls(tmp_path) == 8


def test_a_change_of_a_mask_is_other_data(run: Command, davis: Path) -> None:
    first = only_record(run("identity", "--json"))
    mask = davis / "Annotations/480p/pair/00003.png"
    mask.write_bytes((davis / "Annotations/480p/pair/00002.png").read_bytes())
    second = only_record(run("identity", "--json"))
    assert second["dataset"]["hash"] != first["dataset"]["hash"]
    assert second["id"] != first["id"]


# What is cut short


def test_a_run_that_crashed_goes_on_and_ends_with_the_same_record(run: Command, counted: Path, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    with pytest.raises(RuntimeError, match="the power went out"):
        run("counted", "--plugin", counted, "--output", "cut")
    left = files(tmp_path / "cut")
    assert len(left) == 1
    assert left[0].endswith(".parts/ball.npz")

    (tmp_path / "crash").unlink()
    (tmp_path / "calls").unlink()
    second = run("counted", "--plugin", counted, "--output", "cut")
    assert second.returncode == 0
    assert "counted: ball was done before (1 of 2)" in second.stderr.splitlines()
    assert calls(tmp_path) == 4

    assert run("counted", "--plugin", counted, "--output", "whole").returncode == 0
    records = []
    for output in ("cut", "whole"):
        (path,) = (tmp_path / output).glob("runs/davis/DAVIS/counted/*.json")
        records.append(read_record(path))
        with np.load(path.with_suffix(".npz")) as values:
            assert sorted({name.split("/")[0] for name in values.files}) == ["ball", "pair"]
    assert records[0].comparable() == records[1].comparable()
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_an_interrupted_run_says_that_it_goes_on(run: Command, counted: Path, tmp_path: Path) -> None:
    counted.write_text(counted.read_text().replace('RuntimeError("the power went out")', "KeyboardInterrupt"))
    (tmp_path / "crash").touch()
    done = run("counted", "--plugin", counted)
    assert done.returncode == 130
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        "corrbench: interrupted; what was finished is kept, and the same command goes on from there"
    )
    assert files(tmp_path / "results")[0].endswith(".parts/ball.npz")


def test_parts_of_other_settings_are_not_used(run: Command, counted: Path, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    with pytest.raises(RuntimeError):
        run("counted", "--plugin", counted)
    (tmp_path / "crash").unlink()
    (tmp_path / "calls").unlink()
    done = run("counted", "--plugin", counted, "--set", "radius=3")
    assert "was done before" not in done.stderr
    assert calls(tmp_path) == 8


def test_a_part_that_was_damaged_is_computed_again(run: Command, counted: Path, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    with pytest.raises(RuntimeError):
        run("counted", "--plugin", counted)
    (part,) = tmp_path.glob("results/runs/davis/DAVIS/counted/*.parts/ball.npz")
    part.write_bytes(b"not what was written")
    (tmp_path / "crash").unlink()
    (tmp_path / "calls").unlink()
    assert run("counted", "--plugin", counted).returncode == 0
    assert calls(tmp_path) == 8


def test_overwrite_always_uses_no_parts(run: Command, counted: Path, tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    with pytest.raises(RuntimeError):
        run("counted", "--plugin", counted)
    (tmp_path / "crash").unlink()
    (tmp_path / "calls").unlink()
    assert run("counted", "--plugin", counted, "--overwrite", "always").returncode == 0
    assert calls(tmp_path) == 8


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        (("--limit", 1), {"sequences": "1 of 2"}),
        (("--sequences", "pair"), {"sequences": "1 of 2"}),
        (("--max-frames", 3), {"max_frames": 3}),
        (("--limit", 1, "--max-frames", 3), {"sequences": "1 of 2", "max_frames": 3}),
    ],
)
def test_a_limited_run_is_marked(options: tuple[object, ...], limits: dict[str, Any], run: Command) -> None:
    record = only_record(run("identity", *options, "--json"))
    assert record["limited"] is True
    assert record["limits"] == limits
    shown = run("identity", *options).stdout
    assert "not ranked" in shown


@pytest.mark.parametrize("options", [("--limit", 2), ("--sequences", "pair,ball"), ("--max-frames", 4)])
def test_a_limit_that_cuts_nothing_is_none(options: tuple[object, ...], run: Command) -> None:
    record = only_record(run("identity", *options, "--json"))
    assert record["limited"] is False
    assert record["dataset"]["sequences"] == ["ball", "pair"]
