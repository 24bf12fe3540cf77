"""A registry of plugins for each test."""

import sys
from collections.abc import Iterator

import pytest

from corrbench.core import plugins


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is gone after it."""
    monkeypatch.setattr(plugins, "_registered", list(plugins._registered))
    monkeypatch.setattr(plugins, "broken_files", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("corrbench_plugin_"):
            del sys.modules[name]
