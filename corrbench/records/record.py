"""The record of one run: what was measured, on what, under which rule, by which weights, and what came out."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from corrbench.errors import RecordError

Numbers = dict[str, int | float | None]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class ExtractorRecord(_Part):
    """The method behind the name."""

    hash: str
    origin: str  # the distribution and version, or the file, that it comes from
    settings: dict[str, Any]
    weights_sha256: str | None
    stride: int | None  # of its features; None where predictions were scored without a model


class DatasetRecord(_Part):
    """The identity of the data."""

    name: str
    split: str
    sequences: list[str]
    complete: bool
    hash: str


class ProtocolRecord(_Part):
    """The rule, whole."""

    name: str
    hash: str
    overrides: dict[str, Any]
    values: dict[str, dict[str, Any]]


class SequenceRecord(_Part):
    """One video: its numbers, and those of each of its objects."""

    frames: int
    scored_frames: int
    metrics: Numbers
    objects: dict[str, Numbers]
    sizes: dict[str, Any]  # original, network, grid (rows, columns); radius in cells of that grid


class RunRecord(_Part):
    """One run. Metrics are fractions; per-frame values lie in the .npz beside the file."""

    schema_version: Literal[1] = 1
    id: str
    kind: Literal["run", "score"]
    method: str
    task: str
    dataset: DatasetRecord
    protocol: ProtocolRecord
    extractor: ExtractorRecord
    limited: bool  # cut by --sequences, --limit or --max-frames: never ranked
    limits: dict[str, Any]
    metrics: Numbers  # empty where the data has no full ground truth
    sequences: dict[str, SequenceRecord]
    notes: list[str]
    seed: int | None
    environment: dict[str, Any]
    throughput: Numbers  # frames per second of each stage, and peak_memory_bytes
    seconds: dict[str, float]
    date: str  # UTC, ISO 8601

    def json_text(self) -> str:
        """The record as JSON; a number that does not exist is null."""
        return self.model_dump_json(indent=1)

    def comparable(self) -> dict[str, Any]:
        """All that has to be equal when the same run is made again: everything but times, memory and date."""
        return self.model_dump(exclude={"throughput", "seconds", "date"})


def read_record(path: Path) -> RunRecord:
    """The record in a file; RecordError when it is not one of this schema."""
    try:
        return RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RecordError(f"{path}: not a run record of schema 1: {where}: {first['msg']}; remove the file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read ({error})") from None
