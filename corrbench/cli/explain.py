"""`corrbench explain`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corrbench.cli.options import WIDE, output_options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from corrbench.records.explain import Explanation

LONG = 40  # characters from which on a value is cut short


@click.command()
@click.argument("run_a")
@click.argument("run_b")
@output_options
def explain(run_a: str, run_b: str, output: Path, as_json: bool) -> None:
    """Say in what two runs differ, and whether they may be ranked together.

    RUN_A and RUN_B are record files, or ids (or their beginnings) of runs below --output.
    """
    from corrbench.records.explain import explain as explain_runs
    from corrbench.records.explain import find_record

    explanation = explain_runs(find_record(run_a, output), find_record(run_b, output))
    if as_json:
        click.echo(json.dumps(_plain(explanation), indent=1))
        return
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for line in _lines(explanation):
        console.print(line)


def _plain(explanation: "Explanation") -> dict[str, Any]:
    return {
        "runs": [
            {
                "id": record.id,
                "method": record.method,
                "task": record.task,
                "protocol": record.protocol.name,
                "protocol_hash": record.protocol.hash,
                "metrics": record.metrics,
            }
            for record in explanation.runs
        ],
        "rankable": explanation.rankable,
        "reasons": list(explanation.reasons),
        "differences": [
            {
                "part": difference.part,
                "field": difference.field,
                "a": difference.values[0],
                "b": difference.values[1],
                "source_a": difference.sources[0],
                "source_b": difference.sources[1],
            }
            for difference in explanation.differences
        ],
    }


def _lines(explanation: "Explanation") -> "list[RenderableType]":
    from rich.text import Text

    lines: list[RenderableType] = []
    for letter, record in zip("AB", explanation.runs, strict=True):
        first = next(((name, value) for name, value in record.metrics.items() if value is not None), None)
        score = "" if first is None else f": {first[0]} {100 * first[1]:.1f}"
        where = f"{record.task} on {record.dataset.name} {record.dataset.split}"
        lines.append(Text(f"{letter}  {record.id}  {record.method}, {where}, {record.protocol.name}{score}"))
    lines.append(_table(explanation) if explanation.differences else Text("no differences"))
    if explanation.rankable:
        lines.append(Text("A and B may be ranked together: task, data and protocol are the same."))
    else:
        lines.append(Text("A and B must not be ranked together:"))
        lines += [Text(f"  {reason}") for reason in explanation.reasons]
    return lines


def _table(explanation: "Explanation") -> "RenderableType":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    sources = any(any(difference.sources) for difference in explanation.differences)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("part", "field", "A", "B", *(("source of A", "source of B") if sources else ())):
        table.add_column(heading, overflow="fold")
    for difference in explanation.differences:
        cells = [difference.part, difference.field]
        cells += _short(*difference.values)
        cells += [source or "" for source in difference.sources] if sources else []
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _short(one: Any, two: Any) -> list[str]:
    """Both values as text; of two lists of names what the other lacks, where all would be too long."""
    if isinstance(one, list) and isinstance(two, list) and max(len(str(one)), len(str(two))) > LONG:
        return [_lacking(mine, other) for mine, other in ((one, two), (two, one))]
    return ["–" if value is None else str(value) for value in (one, two)]


def _lacking(mine: list[Any], other: list[Any]) -> str:
    more = [str(name) for name in mine if name not in other]
    if not more:
        return f"{len(mine)}"
    text = ", ".join(more)
    return f"{len(mine)}, with {text if len(text) <= LONG else f'{len(more)} that the other lacks'}"
