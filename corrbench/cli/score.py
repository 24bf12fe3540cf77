"""`corrbench score`."""

from pathlib import Path

import click

from corrbench.cli.options import (
    PATH,
    data_options,
    load_plugins,
    names,
    output_options,
    plugin_option,
    reader_options,
)


@click.command()
@click.option("--task", default="davis", show_default=True, help="What was predicted.")
@click.option("--predictions", required=True, type=PATH, metavar="DIR", help="Holds DIR/SEQUENCE/00000.png …")
@click.option("--protocol", help="The published rule whose scoring is followed (default: the task's own).")
@click.option("--allow-short", is_flag=True, help="Boxes: count frames without a row as lost, instead of an error.")
@click.option("--allow-pickle", is_flag=True, help="Joints: read 0.dat, 1.dat … of videowalk, as plain data.")
@data_options
@output_options
@plugin_option
def score(
    task: str,
    predictions: Path,
    protocol: str | None,
    allow_short: bool,
    allow_pickle: bool,
    roots: tuple[str, ...],
    dataset: str | None,
    split: str | None,
    year: int | None,
    resolution: str | None,
    sequences: str | None,
    output: Path,
    as_json: bool,
    plugins: tuple[Path, ...],
) -> None:
    """Score predictions that any tool has written; no model is needed."""
    from corrbench.cli.show import progress, show
    from corrbench.records.score import score as score_predictions

    load_plugins(plugins)
    with progress() as listener:
        record = score_predictions(
            predictions, task, protocol=protocol, settings={"missing_rows": "lost"} if allow_short else {},
            dataset=dataset, data_root=roots,
            reader_options=reader_options(split, year, resolution), sequences=names(sequences),
            output=output, allow_pickle=allow_pickle, listener=listener,
        )  # fmt: skip
    show([record], as_json)
