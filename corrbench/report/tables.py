"""Records as a table in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from corrbench.records.record import RunRecord

PERCENT = 100.0


def records_table(records: Sequence[RunRecord], metrics: Sequence[str]) -> RenderableType:
    """The data, the protocol, a row per record with metrics in percent and frames per second, and all notes.

    A metric that no record knows, as it belongs to another protocol, has no column.
    """
    metrics = [metric for metric in metrics if any(metric in record.metrics for record in records)] or metrics
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("method", overflow="fold")
    for metric in metrics:
        table.add_column(metric, justify="right", no_wrap=True)
    table.add_column("frames/s", justify="right", no_wrap=True)
    for record in records:
        numbers = [percent(record.metrics.get(metric)) for metric in metrics]
        rate = record.throughput.get("total_fps")
        table.add_row(Text(record.method), *numbers, f"{rate:.2f}" if rate else "–")
    notes = dict.fromkeys(note for record in records for note in record.notes)
    return Group(
        Text(data_title(records[0])),
        Text(protocol_title(records[0])),
        table,
        *(Text(f"note: {note}") for note in notes),
    )


def data_title(record: RunRecord) -> str:
    """Task and data of a record, and what of the data is missing."""
    data = record.dataset
    title = f"{record.task} on {data.name} {data.split}, {len(data.sequences)} sequences"
    if record.limited:
        cuts = ", ".join(f"{key} {value}" for key, value in record.limits.items())
        return f"{title} (limited: {cuts}; not ranked)"
    if data.name == "sample":
        return f"{title} (embedded sample: not comparable with real data)"
    return title if data.complete else f"{title} (a subset)"


def protocol_title(record: RunRecord) -> str:
    """Name, changes and hash of the protocol of a record."""
    changes = ", ".join(f"{key}={value}" for key, value in sorted(record.protocol.overrides.items()))
    name = f"{record.protocol.name} ({changes})" if changes else record.protocol.name
    return f"protocol {name}, hash {record.protocol.hash}"


def percent(value: float | None) -> str:
    """A fraction as percent with one decimal; a dash where there is none."""
    return "–" if value is None or value != value else f"{PERCENT * value:.1f}"
