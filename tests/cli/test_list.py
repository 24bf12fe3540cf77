"""`corrbench list`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "methods",
            [
                "crw",
                "identity",
                "imagenet",
                "lab",
                "mast",
                "ours",
                "ours-spatial",
                "random",
                "resnet18",
                "resnet50",
                "rgb",
                "timm",
                "uvc",
                "vfs",
            ],
        ),
        ("datasets", ["badja", "davis", "got10k", "jhmdb", "lasot", "otb", "sample", "tapvid", "vip"]),
        ("tasks", ["badja", "davis", "jhmdb", "tapvid", "tracking", "vip"]),
    ],
)
def test_plugins_are_listed_with_their_distribution(kind: str, names: list[str], corrbench: Command) -> None:
    done = corrbench("list", kind)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == names
    assert all(line.split()[1] == "corrbench" for line in done.stdout.splitlines())


def test_protocols_are_listed_with_task_and_hash(corrbench: Command) -> None:
    lines = corrbench("list", "protocols").stdout.splitlines()
    found = {tuple(line.split()[:2]) for line in lines}
    assert {("stt", "davis"), ("crw", "jhmdb"), ("uvc", "vip"), ("mask", "tracking"), ("stt", "badja")} <= found
    assert all(len(line.split()[2]) == 12 for line in lines)


def test_all_built_in_plugins_pass_the_check(corrbench: Command) -> None:
    for kind in ("methods", "datasets", "tasks"):
        assert corrbench("list", kind, "--check").returncode == 0


def test_methods_of_a_plugin_file_are_listed(corrbench: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import corrbench\n\n@corrbench.register_method('mine')\ndef mine(): ...\n")
    done = corrbench("list", "methods", "--plugin", file)
    assert f"mine          {file}" in done.stdout.splitlines()
    assert done.stderr == ""


def test_a_clash_of_names_is_shown_and_fails(corrbench: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import corrbench\n\n@corrbench.register_method('rgb')\ndef mine(): ...\n")
    done = corrbench("list", "methods", "--plugin", file)
    assert done.returncode == 1
    twice = [line for line in done.stdout.splitlines() if line.endswith("error: the name is defined twice")]
    assert [line.split()[0] for line in twice] == ["rgb", "rgb"]
    assert "identity" in done.stdout


def test_an_unknown_kind_is_refused(corrbench: Command) -> None:
    done = corrbench("list", "metrics")
    assert done.returncode == 2
    assert "'metrics' is not one of 'methods', 'datasets', 'tasks', 'courses', 'protocols'" in done.stderr
