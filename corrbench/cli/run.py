"""`corrbench run`."""

from pathlib import Path

import click

from corrbench.cli.options import (
    PATH,
    changes,
    data_options,
    load_plugins,
    names,
    output_options,
    plugin_option,
    protocol_options,
    reader_options,
    writable,
)


@click.command()
@click.option("--method", required=True, metavar="NAME[,NAME]", help="Methods, such as rgb or resnet18?weights=FILE.")
@click.option("--task", default="davis", show_default=True, metavar="NAME[,NAME]", help="What the features are for.")
@protocol_options
@click.option("--weights", type=PATH, metavar="FILE", help="The checkpoint of a single method.")
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@data_options
@click.option("--limit", type=int, metavar="N", help="Only the first N sequences. Such a run is never ranked.")
@click.option("--max-frames", type=int, metavar="N", help="Only the first N frames of each. Never ranked.")
@click.option(
    "--predictions", type=PATH, callback=writable, metavar="DIR", help="Write DIR/METHOD/SEQUENCE/00000.png …"
)
@output_options
@click.option(
    "--overwrite",
    type=click.Choice(["missing", "always"]),
    default="missing",
    show_default=True,
    help="Compute only what is missing, or everything again.",
)
@plugin_option
def run(
    method: str,
    task: str,
    protocol: str | None,
    settings: tuple[str, ...],
    precision: str | None,
    weights: Path | None,
    device: str | None,
    roots: tuple[str, ...],
    dataset: str | None,
    split: str | None,
    year: int | None,
    resolution: str | None,
    sequences: str | None,
    limit: int | None,
    max_frames: int | None,
    predictions: Path | None,
    output: Path,
    as_json: bool,
    overwrite: str,
    plugins: tuple[Path, ...],
) -> None:
    """Evaluate methods on tasks; a finished run is shown, one that was cut short goes on."""
    from corrbench.cli.show import progress, show
    from corrbench.records.run import run as run_methods

    load_plugins(plugins)
    with progress() as listener:
        records = run_methods(
            method, task, protocol=protocol, settings=changes(settings, precision), dataset=dataset, data_root=roots,
            reader_options=reader_options(split, year, resolution), weights=weights, device=device,
            sequences=names(sequences), limit=limit, max_frames=max_frames, predictions=predictions,
            output=output, overwrite=overwrite == "always", listener=listener,
        )  # fmt: skip
    show(records, as_json)
