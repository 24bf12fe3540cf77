"""Files of a line a step."""

import sys
from pathlib import Path

import pytest

from corrbench.errors import SettingError
from corrbench.training.logs import CsvLog, TensorBoardLog


def test_a_line_is_on_the_disk_at_once(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "a.csv", done=0)
    log.write({"step": 1, "loss": 0.5})
    assert (tmp_path / "a.csv").read_text() == "step,loss\n1,0.5\n"


def test_a_monitor_that_appears_later_gets_a_column(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "a.csv", done=0)
    log.write({"step": 1, "loss": 0.5})
    log.write({"step": 2, "loss": 0.25, "share": 1.0})
    log.write({"step": 3, "loss": 0.125})
    assert (tmp_path / "a.csv").read_text().split() == ["step,loss,share", "1,0.5,", "2,0.25,1", "3,0.125,"]


def test_a_monitor_that_is_no_number_is_written_as_such(tmp_path: Path) -> None:
    CsvLog(tmp_path / "a.csv", done=0).write({"step": 1, "share": float("nan")})
    assert (tmp_path / "a.csv").read_text().split() == ["step,share", "1,nan"]


def test_lines_after_the_done_steps_are_dropped(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "a.csv", done=0)
    for step in (1, 2, 3):
        log.write({"step": step, "loss": 0.5})
    CsvLog(tmp_path / "a.csv", done=2).write({"step": 3, "loss": 4.0})
    assert (tmp_path / "a.csv").read_text().split() == ["step,loss", "1,0.5", "2,0.5", "3,4"]


def test_a_new_training_begins_with_an_empty_file(tmp_path: Path) -> None:
    CsvLog(tmp_path / "a.csv", done=0).write({"step": 1, "loss": 0.5})
    CsvLog(tmp_path / "a.csv", done=0)
    assert (tmp_path / "a.csv").read_text() == ""


def test_tensorboard_is_asked_for_by_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # as where it is not installed
    with pytest.raises(SettingError, match=r"pip install 'corrbench\[tensorboard\]'"):
        TensorBoardLog(tmp_path, done=0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_event_files_are_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    log = TensorBoardLog(tmp_path, done=0)
    log.write({"step": 1, "loss": 0.5})
    log.close()
    assert [path.name.startswith("events.out.tfevents") for path in tmp_path.iterdir()] == [True]
