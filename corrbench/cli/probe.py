"""`corrbench probe`."""

import json
from pathlib import Path

import click

from corrbench.cli.options import PATH, WIDE, load_plugins, names, plugin_option


@click.command()
@click.option("--method", required=True, metavar="NAME[,NAME]", help="Methods, such as rgb or ours?weights=FILE.")
@click.option("--weights", type=PATH, metavar="FILE", help="The checkpoint of a single method.")
@click.option("--images", type=PATH, metavar="DIR", help="Images whose views are to be told apart; best unseen ones.")
@click.option("--sample-frames", type=int, default=15, show_default=True, metavar="N", help="Of the embedded sample.")
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@click.option("--json", "as_json", is_flag=True, help="Print the shares as JSON, and nothing else.")
@plugin_option
def probe(
    method: str,
    weights: Path | None,
    images: Path | None,
    sample_frames: int,
    device: str | None,
    as_json: bool,
    plugins: tuple[Path, ...],
) -> None:
    """Say how often features find a moving surface again, and tell images apart.

    In the embedded sample: the share of cells whose nearest feature in the next frame lies within 8 pixels of where
    the surface has gone, by what it does: visible in the next frame or hidden there; of the visible ones still
    (up to 8 pixels), slow (up to 16) or fast. In images: the share whose second view is nearest to the first.
    """
    from corrbench.training.comparison.probes import probe_methods

    load_plugins(plugins)
    found = probe_methods(names(method) or [], weights=weights, images=images, frames=sample_frames, device=device)
    shares = {name: one.shares for name, one in found.items()}
    if as_json:
        click.echo(json.dumps(shares, indent=1))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from corrbench.report.tables import percent

    table = Table("method", *next(iter(shares.values())), box=box.SIMPLE_HEAD, pad_edge=False)
    for name, one in shares.items():
        table.add_row(name, *(percent(value) for value in one.values()))
    console = Console()
    (console if console.is_terminal else Console(width=WIDE)).print(table)
