"""Progress of a run: a bar on a terminal, a line per sequence elsewhere. It all goes to standard error."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from corrbench.records.listener import Listener


class LineProgress(Listener):
    """One plain line when a sequence is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._method = ""
        self._total = self._done = self._frames = self._seen = 0
        self._since = 0.0

    def method(self, name: str, sequences: int) -> None:
        self._method, self._total, self._done = name, sequences, 0

    def weights(self, what: str) -> None:
        self._console.print(what, markup=False, highlight=False, soft_wrap=True)

    def sequence(self, name: str, frames: int) -> None:
        self._name, self._frames, self._seen, self._since = name, frames, 0, time.monotonic()

    def frame(self) -> None:
        self._seen += 1
        if self._seen == self._frames:
            self._done += 1
            seconds = time.monotonic() - self._since
            self._say(f"{self._method}: {self._name}, {self._frames} frames in {seconds:.1f} s")

    def found(self, what: str) -> None:
        self._done += 1
        self._say(what)

    def _say(self, text: str) -> None:
        place = f" ({self._done} of {self._total})" if self._total else ""
        self._console.print(text + place, markup=False, highlight=False, soft_wrap=True)


class BarProgress(Listener):
    """A bar that moves with every frame."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bars = Progress(*columns, console=console, transient=True)
        self._method = ""
        self._bar: TaskID | None = None

    def method(self, name: str, sequences: int) -> None:
        self._method = name

    def weights(self, what: str) -> None:
        self.bars.console.print(what, markup=False, highlight=False, soft_wrap=True)

    def sequence(self, name: str, frames: int) -> None:
        if self._bar is not None:
            self.bars.remove_task(self._bar)
        self._bar = self.bars.add_task(f"{self._method}: {name}", total=frames)

    def frame(self) -> None:
        if self._bar is not None:
            self.bars.advance(self._bar)

    def found(self, what: str) -> None:
        self.bars.console.print(what, markup=False, highlight=False)
