"""`corrbench list`."""

import sys
from pathlib import Path

import click

from corrbench.cli.options import load_plugins, one_line, plugin_option


@click.command("list")
@click.argument("kind", type=click.Choice(["methods", "datasets", "tasks", "courses", "protocols"]))
@click.option("--check", is_flag=True, help="Also import each plugin, and report those that do not load.")
@plugin_option
def list_plugins(kind: str, check: bool, plugins: tuple[Path, ...]) -> None:
    """Name what there is. Plugins are listed without importing them."""
    load_plugins(plugins)
    if kind == "protocols":
        from corrbench.protocols.registry import PROTOCOLS

        rows = [(protocol.name, protocol.task, protocol.hash) for protocol in PROTOCOLS]
    else:
        rows = _plugins(kind, check)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if any(row[-1].startswith("error") for row in rows):
        sys.exit(1)


def _plugins(kind: str, check: bool) -> list[tuple[str, str, str]]:
    from corrbench.core.plugins import installed
    from corrbench.errors import PluginError

    plugins = installed(kind)
    names = [plugin.name for plugin in plugins]
    rows = []
    for plugin in plugins:
        state = "error: the name is defined twice" if names.count(plugin.name) > 1 else ""
        if check and not state:
            try:
                plugin.load()
            except PluginError as error:
                state = f"error: {one_line(error)}"
        rows.append((plugin.name, plugin.origin, state))
    return rows
