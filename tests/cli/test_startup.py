"""What a fresh process imports before it has to."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, sys
sys.argv = ["corrbench", *sys.argv[1:]]
from corrbench.cli import main
try:
    main()
except SystemExit as error:
    assert not error.code, error.code
heavy = "torch torchvision timm numpy pandas scipy skimage corrbench_methods corrbench_datasets"
print(json.dumps([name for name in heavy.split() if name in sys.modules]))
"""


def imported(*words: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return names


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["score", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    assert imported(*words) == []


@pytest.mark.parametrize("kind", ["methods", "datasets", "tasks"])
def test_listing_imports_no_plugin(kind: str) -> None:
    assert imported("list", kind) == []


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "corrbench", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("corrbench, version ")
    assert done.stderr == ""


def test_a_wrong_name_ends_a_process_with_one_line_and_status_1() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "corrbench", "run", "--method", "rgbb"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "corrbench: PluginError: corrbench.methods: nothing is named 'rgbb'; did you mean 'rgb'?"
    ]
