"""Progress of a training: a bar on a terminal, a line now and then elsewhere. It all goes to standard error."""

from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from corrbench.training.listener import TrainingListener

EVERY = 50  # steps between two lines


class LineProgress(TrainingListener):
    """A plain line after the first step, every 50 steps, and after the last one."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stage(self, name: str, first: int, steps: int) -> None:
        self._name, self._first, self._steps = name, first, steps

    def step(self, row: Mapping[str, float]) -> None:
        done = int(row["step"])
        if done % EVERY == 0 or done in {self._first + 1, self._steps}:
            frames = f"{row['frames']:.0f} frames in {row['seconds']:.1f} s"
            self.note(f"{self._name}: step {done} of {self._steps}, loss {row['loss']:.4g}, {frames}")


class BarProgress(TrainingListener):
    """A bar that moves with every step and shows the loss."""

    def __init__(self, console: Console) -> None:
        loss = TextColumn("loss {task.fields[loss]}")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), loss, TimeRemainingColumn())
        self.bars = Progress(*columns, console=console)
        self._bar: TaskID | None = None

    def note(self, text: str) -> None:
        self.bars.console.print(text, markup=False, highlight=False)

    def stage(self, name: str, first: int, steps: int) -> None:
        self._bar = self.bars.add_task(name, total=steps, completed=first, loss="–")

    def step(self, row: Mapping[str, float]) -> None:
        if self._bar is not None:
            self.bars.update(self._bar, completed=row["step"], loss=f"{row['loss']:.4g}")
