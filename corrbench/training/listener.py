"""How a training tells what it is doing."""

from collections.abc import Mapping


class TrainingListener:
    """Hears how a training goes. This one keeps silent; the command line shows a bar or lines."""

    def note(self, text: str) -> None:
        """Something worth a line: which data was found, what was skipped, what a stage starts from."""

    def stage(self, name: str, first: int, steps: int) -> None:
        """A stage begins, or goes on where `first` of its steps are done."""

    def step(self, row: Mapping[str, float]) -> None:
        """One more step is done: its line of the log."""
