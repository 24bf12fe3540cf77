"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from corrbench.errors import SettingError
from corrbench.propagation.rule import PRECISIONS

Command = TypeVar("Command", bound=Callable[..., Any])
PATH = click.Path(path_type=Path)
WIDE = 160  # columns of a table that no terminal cuts


def writable(_context: click.Context, option: click.Parameter, folder: Path | None) -> Path | None:
    """The folder; SettingError, before anything is computed, when it cannot be written to."""
    if folder is None:
        return None
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        found = "may not be written to" if there.is_dir() else "is a file"
        raise SettingError(f"--{option.name} {folder}: {there} {found}; give another folder")
    return folder


def protocol_options(command: Command) -> Command:
    """The options that say by which rule labels are carried."""
    for option in (
        click.option("--precision", type=click.Choice(PRECISIONS), help="Arithmetic; fp32 and fp16+rescore are exact."),
        click.option("--set", "settings", multiple=True, metavar="K=V", help="Change a protocol's field. Repeatable."),
        click.option("--protocol", help="The published rule to follow (default: the task's own)."),
    ):
        command = option(command)
    return command


def changes(settings: tuple[str, ...], precision: str | None) -> dict[str, Any]:
    """What `--set` and `--precision` change of a protocol."""
    from corrbench.core.settings import parse_pairs

    return parse_pairs(settings) | ({} if precision is None else {"precision": precision})


def plugin_option(command: Command) -> Command:
    """--plugin: Python files whose decorated functions are registered before the command looks anything up."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="A Python file that registers methods, data sets or tasks. Repeatable.",
    )(command)


def data_options(command: Command) -> Command:
    """The options that say which data is read."""
    options = (
        click.option(
            "--data-root",
            "roots",
            multiple=True,
            metavar="[TASK=]DIR",
            help="Where the data set lies. Without it: CORRBENCH_<TASK>_ROOT, CORRBENCH_DATA, "
            "corrbench.toml, the embedded sample.",
        ),
        click.option("--dataset", metavar="NAME[?K=V]", help="A data-set reader by name, such as sample?frames=30."),
        click.option("--split", help="The list of sequences to use (default: val)."),
        click.option("--year", type=int, help="The year of the lists, 2016 or 2017."),
        click.option("--resolution", help="The resolution to read, such as 480p."),
        click.option("--sequences", metavar="A,B", help="Only these sequences. Such a run is never ranked."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def output_options(command: Command) -> Command:
    """The options that say where results go and how they are shown."""
    command = click.option("--json", "as_json", is_flag=True, help="Print the records as JSON, and nothing else.")(
        command
    )
    return output_option(command)


def output_option(command: Command) -> Command:
    """--output: the folder of results."""
    return click.option(
        "--output",
        type=PATH,
        callback=writable,
        default=Path("results"),
        show_default=True,
        help="The folder of results.",
    )(command)


def load_plugins(files: tuple[Path, ...]) -> None:
    """Load plugin files; one that is broken is reported and blocks no other."""
    from corrbench.core.plugins import load_file
    from corrbench.errors import PluginError

    for file in files:
        try:
            load_file(file)
        except PluginError as error:
            click.echo(f"corrbench: {one_line(error)}", err=True)


def one_line(error: Exception) -> str:
    """The message of an error without line breaks."""
    return " ".join(str(error).split())


def reader_options(split: str | None, year: int | None, resolution: str | None) -> dict[str, Any]:
    """The options of the reader that were given."""
    given = {"split": split, "year": year, "resolution": resolution}
    return {key: value for key, value in given.items() if value is not None}


def names(text: str | None) -> list[str] | None:
    """The names in `a,b`, or None."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
