"""What came out for one row and one seed, on the disk as soon as it is known."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corrbench.core.files import write_text
from corrbench.records.record import RunRecord
from corrbench.training.comparison.budget import Budget

METRIC = "J&F"


@dataclass(frozen=True)
class Score:
    """J&F on one data set, in [0, 1]; None where there is no ground truth."""

    data: str  # such as `davis2016 8 sequences, 20 frames`
    mean: float | None
    sequences: Mapping[str, float | None]


@dataclass(frozen=True)
class Line:
    """One row with one seed."""

    row: str
    method: str
    course: str | None
    stage: str | None
    settings: tuple[str, ...]
    start: str  # the row that it starts from, random, or nothing where it is not trained
    seed: int | None  # None where no seed changes anything
    budget: Budget | None  # with that of what it starts from; None where it is not trained
    scores: tuple[Score, ...]  # the first is what rows are ordered by
    shares: Mapping[str, float | None]  # of the probes, in [0, 1]

    def save(self, path: Path, asked: Mapping[str, Any]) -> None:
        """Write it with all that was asked for."""
        write_text(path, json.dumps({"asked": asked, "line": asdict(self)}, indent=1) + "\n")


def read_line(path: Path, asked: Mapping[str, Any]) -> Line | None:
    """The line in a file; None where there is none, or it is of something else than what is asked for."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["asked"] != asked:
            return None
        found = content["line"]
        budget = None if found["budget"] is None else Budget(**found["budget"])
        scores = tuple(Score(**score) for score in found["scores"])
        return Line(**{**found, "settings": tuple(found["settings"]), "budget": budget, "scores": scores})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def score(record: RunRecord) -> Score:
    """What a record says in a comparison."""
    lengths = {one.frames for one in record.sequences.values()}
    frames = f", {lengths.pop()} frames" if len(lengths) == 1 else ""
    sequences = {name: one.metrics.get(METRIC) for name, one in record.sequences.items()}
    name = f"{record.dataset.name} {len(sequences)} sequences{frames}"
    return Score(name, record.metrics.get(METRIC), sequences)
