"""Logs of a stage: one line a step in a CSV file, and TensorBoard's event files where they are asked for."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corrbench.core.files import write_text
from corrbench.errors import SettingError

Row = Mapping[str, float]


class CsvLog:
    """A CSV file that is on the disk line by line; monitors that appear later get columns then."""

    def __init__(self, path: Path, done: int) -> None:
        """Keep what the file holds of the first `done` steps, and drop the rest."""
        self._path = path
        kept = [row for row in _read(path) if 0 < int(row.get("step") or 0) <= done]
        self._columns = list(kept[0]) if kept else []
        self._rewrite(kept)

    def write(self, row: Row) -> None:
        """Append one line."""
        if new := [name for name in row if name not in self._columns]:
            self._columns += new
            self._rewrite(_read(self._path))
        line = {name: _short(value) for name, value in row.items()}
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns, lineterminator="\n").writerow(line)

    def _rewrite(self, rows: Sequence[Mapping[str, str]]) -> None:
        text = io.StringIO()
        if self._columns:
            writer = csv.DictWriter(text, self._columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        write_text(self._path, text.getvalue())


def _read(path: Path) -> list[dict[str, str]]:
    """The whole lines of a log; a last one that was cut short is none."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    lines = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))
    return [row for row in lines if None not in row and None not in row.values()]


def _short(value: float) -> str:
    """A number in the fewest digits that give the float32 it was, or the whole number."""
    return str(int(value)) if float(value).is_integer() else f"{value:.9g}"


class TensorBoardLog:
    """TensorBoard's event files in a folder; steps beyond the first `done` of an earlier run are hidden."""

    def __init__(self, folder: Path, done: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise SettingError(
                "--tensorboard: the package tensorboard is not installed; pip install 'corrbench[tensorboard]'"
            ) from None
        self._writer: Any = SummaryWriter(str(folder), purge_step=done + 1 if done else None)

    def write(self, row: Row) -> None:
        """Append one point to each curve."""
        for name, value in row.items():
            if name != "step":
                self._writer.add_scalar(name, value, int(row["step"]))

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class StageLogs:
    """All logs of one stage, as a context manager."""

    def __init__(self, output: Path, stage: str, done: int, tensorboard: bool) -> None:
        self._csv = CsvLog(output / f"{stage}.csv", done)
        self._board = TensorBoardLog(output / "tensorboard" / stage, done) if tensorboard else None

    def write(self, row: Row) -> None:
        """Append the row of one step."""
        self._csv.write(row)
        if self._board:
            self._board.write(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board:
            self._board.close()
