"""Where the real videos and the golden outputs are, for the tests that use them."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("CORRBENCH_SHARED", Path(__file__).parents[2] / "shared"))


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}: real videos and golden outputs are not part of the repository")
    return folder


@pytest.fixture
def data() -> Path:
    """The folder of real videos with ground truth."""
    return _shared("data")


@pytest.fixture
def golden() -> Path:
    """The folder of outputs of reference programs."""
    return _shared("golden")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the user's configuration or data; all share one generated sample."""
    home = tmp_path_factory.getbasetemp() / "corrbench-home"
    monkeypatch.setenv("CORRBENCH_HOME", str(home))
    for variable in list(os.environ):
        if variable.startswith("CORRBENCH_") and variable not in {"CORRBENCH_HOME", "CORRBENCH_SHARED"}:
            monkeypatch.delenv(variable)
