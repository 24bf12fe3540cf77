"""`corrbench pack`."""

from pathlib import Path

import click

from corrbench.cli.options import PATH, data_options, load_plugins, names, plugin_option, reader_options

FORMATS = ("davis", "youtube-vos", "got10k")


@click.command()
@click.option("--predictions", required=True, type=PATH, metavar="DIR", help="Written by run: DIR, or DIR/METHOD.")
@click.option("--to", "archive", required=True, type=PATH, metavar="FILE.zip", help="The archive to write.")
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="davis", show_default=True, help="The server it is for."
)
@data_options
@plugin_option
def pack(
    predictions: Path,
    archive: Path,
    layout: str,
    roots: tuple[str, ...],
    dataset: str | None,
    split: str | None,
    year: int | None,
    resolution: str | None,
    sequences: str | None,
    plugins: tuple[Path, ...],
) -> None:
    """Pack predictions for an evaluation server.

    They are checked first, and compared with the frames of a data set where --data-root or --dataset names one.
    """
    from corrbench.records.pack import pack as pack_predictions

    load_plugins(plugins)
    written = pack_predictions(
        predictions, archive, layout, dataset=dataset, data_root=roots,
        reader_options=reader_options(split, year, resolution), sequences=names(sequences),
    )  # fmt: skip
    checked = "every frame of the data set is there" if written.checked else "not compared with a data set"
    click.echo(f"{written.path}: {written.sequences} sequences, {written.files} files; {checked}")
