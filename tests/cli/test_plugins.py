"""Methods of strangers: an installed package, and a file."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.2"

[project.entry-points."corrbench.methods"]
{method} = "{module}:{method}"

[tool.setuptools]
py-modules = ["{module}"]
"""

BRIGHTNESS = """
class Brightness:
    def __init__(self, stride):
        self.stride = stride

    def __call__(self, frames):
        return frames[:, :, ::self.stride, ::self.stride] + 0.1


def {method}(stride: int = 8):
    return Brightness(stride)
"""

OWN_METHOD = """
import torch
import corrbench


class Edges:
    stride = 8

    def __call__(self, frames):
        grey = frames.mean(1, keepdim=True)
        steps = torch.cat([grey.diff(dim=2, append=grey[:, :, -1:]), grey.diff(dim=3, append=grey[..., -1:])], 1)
        return torch.nn.functional.avg_pool2d(steps.abs(), self.stride) + 0.01


@corrbench.register_method("edges")
def edges():
    return Edges()
"""


def project(folder: Path, name: str, method: str, text: str) -> Path:
    """A project with one module and one method."""
    module = name.replace("-", "_")
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT.format(name=name, method=method, module=module))
    (folder / f"{module}.py").write_text(text.format(method=method))
    return folder


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: one that works, one that does not import, one that takes the name `rgb`."""
    pytest.importorskip("setuptools", reason="building a package needs setuptools")
    home = tmp_path_factory.mktemp("strangers")
    projects = [
        project(home / "good", "brightness-features", "brightness", BRIGHTNESS),
        project(home / "broken", "broken-features", "broken", "import no_such_module_at_all"),
        project(home / "clash", "other-colours", "rgb", BRIGHTNESS),
    ]
    target = home / "installed"
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *map(str, projects)], check=True
    )
    return target


def test_an_installed_package_is_listed_by_a_fresh_process(strangers: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corrbench", "list", "methods"],
        env={**os.environ, "PYTHONPATH": str(strangers)},
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["brightness", "brightness-features", "1.2"] in rows
    assert ["broken", "broken-features", "1.2"] in rows


def test_a_method_of_an_installed_package_runs(
    strangers: Path, corrbench: Command, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(strangers)
    done = corrbench("run", "--method", "brightness?stride=4", "--protocol", "crw", "--data-root", davis, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["extractor"]["settings"] == {"stride": 4}


def test_a_package_that_does_not_import_is_named_and_blocks_no_other(
    strangers: Path, corrbench: Command, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(strangers)
    why = (
        "corrbench.methods: 'broken' of broken-features 1.2 does not load: "
        "ModuleNotFoundError: No module named 'no_such_module_at_all'; repair or uninstall it"
    )
    listed = corrbench("list", "methods", "--check")
    assert listed.returncode == 1
    assert f"error: {why}" in listed.stdout
    assert not any(
        "error" in line for line in listed.stdout.splitlines() if line.startswith(("brightness", "identity"))
    )
    ran = corrbench("run", "--method", "broken", "--data-root", davis)
    assert (ran.returncode, ran.stderr) == (1, f"corrbench: PluginError: {why}\n")
    assert corrbench("run", "--method", "identity", "--protocol", "crw", "--data-root", davis).returncode == 0


def test_two_packages_with_one_name_are_both_named(
    strangers: Path, corrbench: Command, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(strangers)
    done = corrbench("run", "--method", "rgb", "--data-root", davis)
    assert done.returncode == 1
    assert "'rgb' is defined by corrbench 0.1.0 and by other-colours 1.2; rename or uninstall" in done.stderr


def test_a_method_of_ones_own_takes_less_than_20_lines_and_runs(
    corrbench: Command, davis: Path, tmp_path: Path
) -> None:
    assert len(OWN_METHOD.strip().splitlines()) < 20
    file = tmp_path / "edges.py"
    file.write_text(OWN_METHOD)
    done = corrbench("run", "--method", "edges", "--plugin", file, "--protocol", "crw", "--data-root", davis, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)[0]
    assert record["method"] == "edges"
    assert 0 < record["metrics"]["J&F"] <= 1


def test_a_broken_file_is_reported_and_blocks_no_other_method(corrbench: Command, davis: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("raise ValueError('two\\nlines')\n")
    done = corrbench(
        "run", "--method", "identity", "--plugin", file, "--protocol", "crw", "--data-root", davis, "--json"
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["method"] == "identity"
    assert done.stderr.splitlines()[0] == f"corrbench: --plugin {file}: ValueError: two lines"


def test_a_method_of_a_broken_file_says_what_is_wrong_with_the_file(
    corrbench: Command, davis: Path, tmp_path: Path
) -> None:
    file = tmp_path / "broken.py"
    file.write_text("import corrbench\n1 / 0\n")
    done = corrbench("run", "--method", "mine", "--plugin", file, "--data-root", davis)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "nothing is named 'mine'" in last
    assert f"{file} did not load: ZeroDivisionError: division by zero" in last
