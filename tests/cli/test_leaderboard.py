"""`corrbench leaderboard`: rows made from records, ranked only where they were measured alike."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(corrbench: Command, davis: Path) -> Command:
    def command(method: str, *options: object) -> subprocess.CompletedProcess[str]:
        done = corrbench("run", "--method", method, "--protocol", "crw", "--data-root", davis, *options)
        assert done.returncode == 0, done.stderr
        return done

    return command


def rows(corrbench: Command) -> pd.DataFrame:
    done = corrbench("leaderboard")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["results/leaderboard.csv", "results/leaderboard.md"]
    return pd.read_csv("results/leaderboard.csv")


def test_runs_of_one_rule_on_one_data_set_are_ranked(run: Command, corrbench: Command) -> None:
    run("identity,rgb")
    table = rows(corrbench)
    assert table["method"].tolist() == ["rgb", "identity"]
    assert table["rank"].tolist() == [1, 2]
    assert table["J&F"].is_monotonic_decreasing
    columns = {"task", "dataset", "split", "protocol", "protocol_hash", "method", "method_hash", "weights_sha256"}
    columns |= {"J-Mean", "F-Decay", "features_fps", "total_fps", "peak_memory_bytes", "data_hash", "commit", "id"}
    assert columns <= set(table.columns)


def test_the_page_has_a_table_in_percent(run: Command, corrbench: Command) -> None:
    run("identity")
    best = rows(corrbench)["J&F"][0]
    page = Path("results/leaderboard.md").read_text()
    assert "## davis: DAVIS val, 2 sequences (complete); protocol crw, " in page
    assert "| rank | method | J&F | J-Mean |" in page
    assert f"| 1 | `identity` | {100 * best:.1f} |" in page


def test_rules_and_data_are_ranked_apart(run: Command, corrbench: Command, davis: Path) -> None:
    run("identity,rgb")
    run("identity,rgb", "--set", "radius=3")
    (davis / "ImageSets/2017/val.txt").write_text("pair\n")
    run("identity")
    table = rows(corrbench)
    groups = table.groupby(["data_hash", "protocol_hash"])["rank"].apply(sorted).tolist()
    assert sorted(groups, key=len) == [[1], [1, 2], [1, 2]]
    assert Path("results/leaderboard.md").read_text().count("\n## ") == 3


@pytest.mark.parametrize("limit", [("--limit", 1), ("--sequences", "pair"), ("--max-frames", 3)])
def test_a_limited_run_is_listed_without_a_rank(limit: tuple[object, ...], run: Command, corrbench: Command) -> None:
    run("identity", *limit)
    run("rgb")
    table = rows(corrbench).set_index("method")
    assert table["rank"].to_dict()["rgb"] == 1
    assert pd.isna(table["rank"].to_dict()["identity"])
    page = Path("results/leaderboard.md").read_text()
    assert "cut by a limit, not ranked" in page
    assert "| – | `identity` |" in page


def test_predictions_are_ranked_apart_from_runs(run: Command, corrbench: Command, davis: Path) -> None:
    run("identity", "--predictions", "out")
    assert corrbench("score", "--predictions", "out/identity", "--data-root", davis).returncode == 0
    table = rows(corrbench)
    assert table["rank"].tolist() == [1, 1]
    assert sorted(table["protocol"]) == ["crw", "scoring"]


def test_the_same_records_make_the_same_files(run: Command, corrbench: Command) -> None:
    run("identity,rgb")
    rows(corrbench)
    first = Path("results/leaderboard.csv").read_bytes()
    rows(corrbench)
    assert Path("results/leaderboard.csv").read_bytes() == first


def test_no_runs_make_a_page_that_says_so(corrbench: Command) -> None:
    assert corrbench("leaderboard").returncode == 0
    assert "No finished runs." in Path("results/leaderboard.md").read_text()


def test_a_file_that_is_no_record_is_named(run: Command, corrbench: Command) -> None:
    run("identity")
    broken = Path("results/runs/davis/DAVIS/identity/broken.json")
    broken.write_text("{}")
    done = corrbench("leaderboard")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"corrbench: RecordError: {broken}: not a run record of schema 1")
    assert line.endswith("remove the file")


def test_runs_of_two_tasks_stand_in_tables_of_their_own_metrics(corrbench: Command) -> None:
    done = corrbench("run", "--method", "identity", "--task", "davis,jhmdb", "--max-frames", 3, "--set", "size=120")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines() if " on sample " in line] == ["davis", "jhmdb"]
    assert rows(corrbench).set_index("task")["PCK@0.1"].isna().to_dict() == {"davis": True, "jhmdb": False}
    page = Path("results/leaderboard.md").read_text()
    assert "| rank | method | PCK@0.1 |" in page
    assert "| rank | method | J&F |" in page


def test_predictions_of_two_tasks_need_two_folders(corrbench: Command) -> None:
    done = corrbench("run", "--method", "identity", "--task", "davis,vip", "--predictions", "out")
    assert done.returncode == 1
    assert "--predictions out is for one task" in done.stderr
