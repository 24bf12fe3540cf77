"""A folder of predictions that knows which run filled it."""

import json
from collections.abc import Iterable
from pathlib import Path

from corrbench.core.files import safe_name, write_text


class PredictionFolder:
    """DIR/METHOD/SEQUENCE/STEM.png, and beside it DIR/METHOD.json: the run, and which sequences are complete."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self._run_id = run_id
        self._marker = folder.with_name(f"{folder.name}.json")

    def sequence(self, name: str) -> Path:
        """The folder of one sequence."""
        return self._folder / safe_name(name)

    def holds(self, sequences: Iterable[str]) -> bool:
        """Whether this run has written these sequences completely."""
        done = self._done()
        return all(name in done and self.sequence(name).is_dir() for name in sequences)

    def mark(self, name: str) -> None:
        """Note that a sequence is complete."""
        marked = {"run": self._run_id, "sequences": [*self._done(), name]}
        write_text(self._marker, json.dumps(marked, indent=1) + "\n")

    def _done(self) -> list[str]:
        try:
            marked = json.loads(self._marker.read_text(encoding="utf-8"))
            return list(marked["sequences"]) if marked["run"] == self._run_id else []
        except (OSError, ValueError, KeyError, TypeError):
            return []
