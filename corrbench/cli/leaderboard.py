"""`corrbench leaderboard`."""

from pathlib import Path

import click

from corrbench.cli.options import output_option


@click.command()
@output_option
def leaderboard(output: Path) -> None:
    """Make leaderboard.csv and leaderboard.md from all records in the folder of results."""
    from corrbench.records.leaderboard import write_leaderboard

    for path in write_leaderboard(output):
        click.echo(path)
