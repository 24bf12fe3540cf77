"""What tells two runs apart, and whether their numbers may stand in one ranking."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from corrbench.errors import RecordError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import PROTOCOLS
from corrbench.records.record import RunRecord, read_record

SHOWN = 5  # names listed in a message
SIZES = ("network", "grid", "radius")  # of a sequence, that follow from the method


@dataclass(frozen=True)
class Difference:
    """One field in which two runs differ; None where a run does not have it."""

    part: str  # protocol, method, data or environment
    field: str
    values: tuple[Any, Any]
    sources: tuple[str | None, str | None] = (None, None)  # of a protocol's values


@dataclass(frozen=True)
class Explanation:
    """All that two runs differ in, and why they must not be ranked against each other."""

    runs: tuple[RunRecord, RunRecord]
    differences: tuple[Difference, ...]
    reasons: tuple[str, ...]  # empty where they may be ranked together

    @property
    def rankable(self) -> bool:
        """Whether both were measured alike."""
        return not self.reasons


def explain(first: RunRecord, second: RunRecord) -> Explanation:
    """The differences of two runs in protocol, method, data and environment, in this order."""
    differences = (
        *_protocol_differences(first, second),
        *_differences("method", _method(first), _method(second)),
        *_differences("data", _data(first), _data(second)),
        *_differences("environment", _flat(first.environment), _flat(second.environment)),
    )
    return Explanation((first, second), differences, tuple(_reasons(first, second)))


def find_record(run: str, output: Path) -> RunRecord:
    """The record in a file, or the one below `output` whose id is or begins with `run`; RecordError if there is none.

    Several runs that begin alike are an error too.
    """
    path = Path(run)
    if path.is_file():
        try:
            return read_record(path)
        except RecordError as error:
            reason = str(error).removesuffix("; remove the file")
            raise RecordError(f"{reason}; give the .json file of a run") from None
    records = sorted((output / "runs").glob("*/*/*/*.json"), key=lambda file: file.stem)
    found = [record for record in records if run and record.stem.startswith(run)]
    if len({record.stem for record in found}) == 1:
        return read_record(found[0])
    if found:
        raise RecordError(f"{run}: several runs begin so: {_listed(record.stem for record in found)}; give more digits")
    there = f"it holds {_listed(record.stem for record in records)}" if records else "there are none"
    raise RecordError(f"{run}: neither a file nor the id of a run below {output / 'runs'} ({there}); give one of these")


def _reasons(first: RunRecord, second: RunRecord) -> Iterator[str]:
    """Why the leaderboard puts the two into different groups, or gives one no rank."""
    if first.task != second.task:
        yield f"the tasks differ: {first.task} and {second.task}"
    if first.kind != second.kind:
        yield "one was run, the other only scored: how its predictions were made is not known"
    elif first.protocol.hash != second.protocol.hash:
        yield f"the protocols differ: {_protocol(first)} and {_protocol(second)}"
    one, two = first.dataset, second.dataset
    if (one.name, one.split) != (two.name, two.split):
        yield f"the data differ: {one.name} {one.split} and {two.name} {two.split}"
    elif one.hash != two.hash:
        same = "other sequences" if one.sequences != two.sequences else "the same sequences with other content"
        yield f"the data differ: {one.name} {one.split} with {same}, {one.hash} and {two.hash}"
    for letter, record in zip("AB", (first, second), strict=True):
        if record.limited:
            cuts = ", ".join(f"{key} {value}" for key, value in record.limits.items())
            yield f"{letter} was cut by a limit ({cuts})"
        if not any(value is not None for value in record.metrics.values()):
            yield f"{letter} has no metrics"


def _protocol(record: RunRecord) -> str:
    changes = ", ".join(f"{key}={value}" for key, value in sorted(record.protocol.overrides.items()))
    return f"{record.protocol.name}{f' ({changes})' if changes else ''} {record.protocol.hash}"


def _protocol_differences(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    yield from _differences("protocol", {"name": first.protocol.name}, {"name": second.protocol.name})
    one, two = (_flat(record.protocol.values) for record in (first, second))
    for place in dict.fromkeys([*one, *two]):
        # A field that is left out of a record stands at its default there, if its part is there at all.
        values = (_value(one, place, first), _value(two, place, second))
        if values[0] != values[1]:
            sources = (_source(first, place, values[0]), _source(second, place, values[1]))
            yield Difference("protocol", place, values, sources)


def _value(values: Mapping[str, Any], place: str, record: RunRecord) -> Any:
    part, _, key = place.partition(".")
    if place in values or part not in record.protocol.values:
        return values.get(place)
    for protocol in PROTOCOLS:
        if protocol.task == record.task and getattr(protocol, part, None) is not None:
            defaults = {item.name: item.default for item in fields(getattr(protocol, part))}
            if defaults.get(key, MISSING) is not MISSING:
                return defaults[key]
    return None


def _source(record: RunRecord, place: str, value: Any) -> str | None:
    """Where a value of a known protocol comes from; None for a protocol that this version does not know."""
    part, _, key = place.partition(".")
    if value is None:
        return None
    if key in record.protocol.overrides:
        return "changed by --set"
    known = _known(record)
    if known is None or getattr(getattr(known, part, None), key, None) != value:
        return None
    return known.sources.get(place) or known.sources.get(part)


def _known(record: RunRecord) -> Protocol | None:
    name, task = record.protocol.name, record.task
    return next((protocol for protocol in PROTOCOLS if (protocol.name, protocol.task) == (name, task)), None)


def _method(record: RunRecord) -> dict[str, Any]:
    extractor = record.extractor
    settings = {f"settings.{key}": value for key, value in extractor.settings.items()}
    sizes = next(iter(record.sequences.values())).sizes if record.sequences else {}
    return {
        "kind": record.kind,
        "name": record.method,
        "origin": extractor.origin,
        "hash": extractor.hash,
        "weights_sha256": extractor.weights_sha256,
        "stride": extractor.stride,
        **settings,
        **{key: sizes[key] for key in SIZES if key in sizes},
    }


def _data(record: RunRecord) -> dict[str, Any]:
    data = record.dataset
    return {
        "task": record.task,
        "name": data.name,
        "split": data.split,
        "sequences": data.sequences,
        "complete": data.complete,
        "hash": data.hash,
        **{f"limits.{key}": value for key, value in record.limits.items()},
    }


def _differences(part: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Difference]:
    for field in dict.fromkeys([*one, *two]):
        if one.get(field) != two.get(field):
            yield Difference(part, field, (one.get(field), two.get(field)))


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a mapping in a mapping as outer.inner."""
    flat: dict[str, Any] = {}
    for outer, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{outer}.{inner}": leaf for inner, leaf in value.items()}
        else:
            flat[outer] = value
    return flat


def _listed(names: Any) -> str:
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:SHOWN]) + (", …" if len(unique) > SHOWN else "")
