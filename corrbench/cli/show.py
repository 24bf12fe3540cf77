"""What commands print of records, and how they show progress."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import click
from rich.console import Console

from corrbench.cli.options import WIDE
from corrbench.core.plugins import find
from corrbench.records.listener import Listener
from corrbench.records.record import RunRecord
from corrbench.report.progress import BarProgress, LineProgress
from corrbench.report.tables import records_table


@contextmanager
def progress() -> Iterator[Listener]:
    """A listener that draws bars on a terminal and prints lines elsewhere, on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield LineProgress(console)
        return
    bar = BarProgress(console)
    with bar.bars:
        yield bar


def show(records: Sequence[RunRecord], as_json: bool) -> None:
    """Print records as a table a task, or as a JSON list and nothing else."""
    if as_json:
        click.echo(json.dumps([json.loads(record.json_text()) for record in records], indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for task, group in groupby(records, key=lambda record: record.task):
        console.print(records_table(list(group), find("tasks", task).load()().metrics))
