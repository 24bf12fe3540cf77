"""`corrbench curves`: its files, with matplotlib and without."""

import csv
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from corrbench.cli import cli
from corrbench.core.files import file_part
from corrbench.evaluation.device import machine_name
from corrbench.report.curves import curves

COLUMNS = ["curve", "x", "setting", "path", "milliseconds", "ratio", "peak_bytes", "difference"]


def test_the_table_is_named_by_machine_and_torch_and_holds_every_curve(tmp_path: Path) -> None:
    files = curves(tmp_path, "cpu", quick=True)
    machine, version = file_part(machine_name(torch.device("cpu"))), file_part(torch.__version__)
    assert files.table == tmp_path / "curves" / f"{machine}-{version}-quick.csv"
    with files.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(files.points)
    assert list(rows[0]) == COLUMNS
    assert {row["curve"] for row in rows} == {"context", "grid", "radius", "labels", "length"}
    assert all(float(row["milliseconds"]) > 0 for row in rows)


def test_the_plot_lies_beside_the_table(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    files = curves(tmp_path, "cpu", quick=True)
    assert files.plot == files.table.with_suffix(".png")
    with Image.open(files.plot) as image:
        assert image.format == "PNG"
        assert image.width > image.height > 500


def test_without_matplotlib_one_line_names_the_extra_and_the_table_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    done = CliRunner().invoke(cli, ["curves", "--quick", "--device", "cpu", "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (table,) = (tmp_path / "curves").iterdir()
    assert table.suffix == ".csv"
    assert done.stdout.split() == [str(table)]
    assert done.stderr.splitlines()[0] == (
        "no plot will be made: matplotlib is not installed; pip install 'corrbench[plots]' for one"
    )
    assert sum("plot" in line for line in done.stderr.splitlines()) == 1
