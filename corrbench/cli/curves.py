"""`corrbench curves`."""

from pathlib import Path

import click

from corrbench.cli.options import output_option


@click.command()
@output_option
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@click.option("--quick", is_flag=True, help="Tiny values, to see that it works; the numbers mean nothing.")
def curves(output: Path, device: str | None, quick: bool) -> None:
    """Measure how the affinity and the propagation scale; write a CSV file and, with matplotlib, a plot."""
    from corrbench.report.curves import curves as measure

    files = measure(output, device, quick=quick, say=lambda line: click.echo(line, err=True))
    for path in (files.table, files.plot):
        if path is not None:
            click.echo(path)
