"""What the README shows works as shown."""

import re
from pathlib import Path

import pytest

import corrbench
from corrbench.core.plugins import installed, load_file
from corrbench.protocols.registry import PROTOCOLS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.S)


def test_the_example_method_takes_under_twenty_lines_and_runs(tmp_path: Path) -> None:
    [code] = [text for kind, text in BLOCKS if kind == "python" and "register_method" in text]
    assert len([line for line in code.splitlines() if line.strip()]) < 20
    (tmp_path / "edges.py").write_text(code, encoding="utf-8")
    load_file(tmp_path / "edges.py")
    [record] = corrbench.run("edges", "davis", sequences=["trio"], max_frames=3, output=tmp_path / "results")
    assert record.extractor.stride == 8
    assert record.metrics["J&F"] > 0.3


def test_every_protocol_and_method_named_exists() -> None:
    for protocol in PROTOCOLS:
        assert f"`{protocol.name}`" in README
    for method in installed("methods"):
        if method.origin.startswith("corrbench "):
            assert f"`{method.name}" in README


@pytest.mark.parametrize(
    "option", sorted(set(re.findall(r"(?<!\S)(--[a-z-]+)", "".join(t for k, t in BLOCKS if k == "bash"))))
)
def test_every_option_shown_exists(option: str) -> None:
    from corrbench.cli import cli

    known = {name for command in cli.commands.values() for parameter in command.params for name in parameter.opts}
    assert option in known
