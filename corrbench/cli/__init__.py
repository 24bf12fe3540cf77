"""The command line: parse, call one library function, print. Nothing heavy is imported before a command runs."""

import sys

import click

from corrbench.cli.bench import bench
from corrbench.cli.compare import compare_methods
from corrbench.cli.curves import curves
from corrbench.cli.explain import explain
from corrbench.cli.leaderboard import leaderboard
from corrbench.cli.list import list_plugins
from corrbench.cli.options import one_line
from corrbench.cli.pack import pack
from corrbench.cli.probe import probe
from corrbench.cli.run import run
from corrbench.cli.score import score
from corrbench.cli.train import train
from corrbench.errors import CorrbenchError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="corrbench")
def cli() -> None:
    """Compare visual features by propagating labels through video, under exact, named, hashed protocols."""


for command in (run, score, list_plugins, leaderboard, explain, bench, curves, pack, train, compare_methods, probe):
    cli.add_command(command)


def main() -> None:
    """The program `corrbench`: an expected error is one line on standard error and exit status 1."""
    try:
        cli(prog_name="corrbench", standalone_mode=False)
    except CorrbenchError as error:
        _leave(f"{type(error).__name__}: {one_line(error)}", 1)
    except OSError as error:  # a full disk, a folder that was taken away
        _leave(f"{type(error).__name__}: {one_line(error)}", 1)
    except click.exceptions.Abort:
        _leave("interrupted; what was finished is kept, and the same command goes on from there", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _leave(message: str, status: int) -> None:
    click.echo(f"corrbench: {message}", err=True)
    sys.exit(status)
