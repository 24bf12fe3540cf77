"""`corrbench compare-methods`."""

from pathlib import Path

import click

from corrbench.cli.options import PATH, load_plugins, names, output_option, plugin_option, writable
from corrbench.errors import SettingError


@click.command("compare-methods")
@click.argument("plan", type=PATH)
@click.option("--images", type=PATH, metavar="DIR", help="Images to train on.")
@click.option("--videos", type=PATH, metavar="DIR", help="Videos to train on: folders of frames, or films.")
@click.option("--data-root", type=PATH, metavar="DIR", help="Real videos in the layout of DAVIS to evaluate on.")
@click.option("--max-frames", type=int, default=20, show_default=True, metavar="N", help="Of each real video.")
@click.option("--sample-frames", type=int, default=15, show_default=True, metavar="N", help="Of the embedded sample.")
@click.option("--held-out", type=PATH, metavar="DIR", help="Images for the retrieval probe (default: --images).")
@click.option(
    "--work", required=True, type=PATH, callback=writable, metavar="DIR", help="Weights, logs and records, by row."
)
@output_option
@click.option("--seeds", metavar="0,1,2", help="Instead of those of the plan.")
@click.option("--rows", metavar="NAME[,NAME]", help="Only these rows, and what they start from.")
@click.option("--scale", type=float, default=1.0, show_default=True, metavar="F", help="Multiplies all steps.")
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@click.option("--workers", type=int, default=0, show_default=True, help="Threads that read ahead in training.")
@plugin_option
def compare_methods(
    plan: Path,
    images: Path | None,
    videos: Path | None,
    data_root: Path | None,
    max_frames: int,
    sample_frames: int,
    held_out: Path | None,
    work: Path,
    output: Path,
    seeds: str | None,
    rows: str | None,
    scale: float,
    device: str | None,
    workers: int,
    plugins: tuple[Path, ...],
) -> None:
    """Train methods at one budget, evaluate and probe them, and write a table.

    PLAN is a TOML file with a [[row]] table for each method: name, method, and for one that is trained course, steps,
    and where needed stage, set and from, the row whose weights it starts from. OUTPUT/PLAN.csv and .md are written
    again after each row. The same command goes on where it was interrupted.
    """
    from rich.console import Console

    from corrbench.report.progress import LineProgress
    from corrbench.training.comparison.compare import compare
    from corrbench.training.progress import LineProgress as TrainingProgress

    load_plugins(plugins)
    console = Console(stderr=True)
    files = compare(
        plan, images=images, videos=videos, work=work, output=output, data_root=data_root, seeds=_numbers(seeds),
        rows=names(rows), scale=scale, max_frames=max_frames, sample_frames=sample_frames, held_out=held_out,
        device=device, workers=workers, listener=LineProgress(console), training_listener=TrainingProgress(console),
    )  # fmt: skip
    for path in files:
        click.echo(path)


def _numbers(text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(part) for part in names(text) or ()]
    except ValueError:
        raise SettingError(f"--seeds {text}: these are no whole numbers; write them as in 0,1,2") from None
