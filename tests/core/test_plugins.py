"""Plugins in one process: look-up, the decorators, and files."""

from pathlib import Path

import pytest

import corrbench
from corrbench.core import plugins
from corrbench.core.plugins import find, installed, load_file
from corrbench.errors import PluginError

MINE = """
import corrbench

@corrbench.register_method("mine")
def mine(stride: int = 8):
    return None
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


# Look-up


def test_the_built_in_methods_are_plugins_of_the_distribution() -> None:
    names = [plugin.name for plugin in installed("methods") if plugin.origin.startswith("corrbench ")]
    trained = ["crw", "mast", "ours", "ours-spatial", "uvc", "vfs"]
    assert names == sorted([*trained, "identity", "imagenet", "lab", "random", "resnet18", "resnet50", "rgb", "timm"])


def test_a_kind_that_there_is_not_is_named() -> None:
    with pytest.raises(PluginError, match="no plugins called 'metrics'; there are methods, datasets, tasks"):
        installed("metrics")


def test_a_typo_gets_the_nearest_name() -> None:
    with pytest.raises(PluginError, match=r"corrbench\.methods: nothing is named 'identiy'; did you mean 'identity'\?"):
        find("methods", "identiy")


def test_a_name_like_none_gets_all_of_them() -> None:
    with pytest.raises(PluginError, match="nothing is named 'zzz'; there are badja, davis, got10k, jhmdb"):
        find("datasets", "zzz")


# The decorators


def test_a_registered_function_is_found_and_stays_a_function() -> None:
    @corrbench.register_method("mine")
    def mine() -> str:
        return "features"

    assert mine() == "features"
    assert find("methods", "mine").load() is mine


def test_each_kind_has_its_own_names() -> None:
    corrbench.register_dataset("mine")(dict)
    corrbench.register_task("mine")(list)
    assert find("datasets", "mine").load() is dict
    assert find("tasks", "mine").load() is list
    with pytest.raises(PluginError, match="nothing is named 'mine'"):
        find("methods", "mine")


def test_a_function_that_is_registered_again_replaces_itself() -> None:
    @corrbench.register_method("mine")
    def first() -> None: ...

    @corrbench.register_method("mine")
    def second() -> None: ...

    assert find("methods", "mine").load() is second


# Files


def test_a_file_registers_its_methods(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", MINE)
    load_file(path)
    plugin = find("methods", "mine")
    assert plugin.origin == str(path)
    assert plugin.load().__name__ == "mine"


def test_a_file_that_is_given_twice_runs_once(tmp_path: Path) -> None:
    count = f"with open({str(tmp_path / 'runs')!r}, 'a') as file: file.write('run ')"
    path = write(tmp_path / "mine.py", MINE + count)
    load_file(path)
    load_file(tmp_path / "." / "mine.py")
    assert (tmp_path / "runs").read_text() == "run "


def test_two_files_with_one_name_are_both_named(tmp_path: Path) -> None:
    files = [write(tmp_path / name, MINE) for name in ("one.py", "two.py")]
    for file in files:
        load_file(file)
    with pytest.raises(PluginError, match=f"'mine' is defined by {files[0]} and by {files[1]}; rename or uninstall"):
        find("methods", "mine")


def test_a_file_that_takes_the_name_of_a_built_in_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", MINE.replace('"mine"', '"rgb"'))
    load_file(path)
    with pytest.raises(PluginError, match=f"'rgb' is defined by {path} and by corrbench "):
        find("methods", "rgb")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("def broken(:", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("x = 1", "it registers nothing; decorate a function with @corrbench.register_method"),
    ],
)
def test_a_broken_file_is_named_with_the_reason(text: str, why: str, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", text)
    with pytest.raises(PluginError) as caught:
        load_file(path)
    assert f"--plugin {path}: {why}" in str(caught.value)
    assert why in plugins.broken_files[str(path)]


@pytest.mark.parametrize("name", ["missing.py", "."])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=f"--plugin {(tmp_path / name).resolve()}: no such Python file"):
        load_file(tmp_path / name)


def test_what_a_file_registers_before_it_breaks_is_not_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", MINE + "\n1 / 0\n")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        load_file(path)
    with pytest.raises(PluginError, match=f"nothing is named 'mine'; .*; {path} did not load: ZeroDivisionError"):
        find("methods", "mine")


def test_a_broken_file_that_was_repaired_loads(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.py", "1 / 0")
    with pytest.raises(PluginError):
        load_file(path)
    write(path, MINE)
    load_file(path)
    assert find("methods", "mine").origin == str(path)
    assert plugins.broken_files == {}
