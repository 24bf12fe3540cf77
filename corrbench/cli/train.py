"""`corrbench train`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corrbench.cli.options import PATH, load_plugins, plugin_option, writable

if TYPE_CHECKING:
    from corrbench.training.listener import TrainingListener


@click.command()
@click.argument("method")
@click.option("--images", type=PATH, metavar="DIR", help="Images, in any folders below it.")
@click.option("--videos", type=PATH, metavar="DIR", help="Videos: folders of frames, or films.")
@click.option("--output", required=True, type=PATH, callback=writable, metavar="DIR", help="Weights, log, checkpoint.")
@click.option("--stage", default="all", show_default=True, metavar="NAME", help="One stage, or all one after another.")
@click.option("--steps", type=int, metavar="N", help="Steps of the stage, or of all together (each has its share).")
@click.option(
    "--init",
    metavar="FILE|random",
    help="The trunk that the first stage run starts from: one of ours, or a program's of which --weights reads files.",
)
@click.option("--config", type=PATH, metavar="FILE", help="TOML: settings, and a table for each stage's own.")
@click.option("--set", "settings", multiple=True, metavar="[STAGE.]K=V", help="One setting. Wins over --config.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all weights, crops and orders.")
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@click.option("--precision", type=click.Choice(["fp32", "bf16", "fp16"]), help="Arithmetic of the trunk.")
@click.option("--workers", type=int, default=0, show_default=True, help="Threads that read ahead.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoints in --output, if there are any.")
@click.option("--overwrite", is_flag=True, help="Start anew, over what --output holds.")
@click.option("--checkpoint-every", type=int, default=100, show_default=True, metavar="N", help="Steps.")
@click.option("--half", is_flag=True, help="Write the final weights in 16 bits.")
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard's event files.")
@click.option("--deterministic", is_flag=True, help="The same bits again on a GPU too, where torch can.")
@plugin_option
def train(
    method: str,
    images: Path | None,
    videos: Path | None,
    output: Path,
    stage: str,
    steps: int | None,
    init: str | None,
    config: Path | None,
    settings: tuple[str, ...],
    seed: int,
    device: str | None,
    precision: str | None,
    workers: int,
    resume: bool,
    overwrite: bool,
    checkpoint_every: int,
    half: bool,
    tensorboard: bool,
    deterministic: bool,
    plugins: tuple[Path, ...],
) -> None:
    """Train a method; `corrbench list courses` names what can be trained.

    The log is DIR/STAGE.csv, the result DIR/STAGE.safetensors, and DIR/weights.safetensors for the last stage. Several
    GPUs or machines: `torchrun --nproc-per-node N -m corrbench train …`.
    """
    from corrbench.training.train import train as train_method

    load_plugins(plugins)
    try:
        with _progress() as listener:
            trained = train_method(
                method, images=images, videos=videos, output=output, stage=stage, steps=steps, init=init,
                config=config, settings=settings, seed=seed, device=device, precision=precision, workers=workers,
                resume=resume, overwrite=overwrite, checkpoint_every=checkpoint_every, half=half,
                tensorboard=tensorboard, deterministic=deterministic, listener=listener,
            )  # fmt: skip
    except KeyboardInterrupt as stopped:
        click.echo(f"corrbench: {stopped or 'interrupted'}", err=True)
        sys.exit(130)
    if trained.first:
        for path in (*trained.stages.values(), trained.weights):
            click.echo(path)


@contextmanager
def _progress() -> Iterator["TrainingListener"]:
    """A listener with a bar on a terminal and lines elsewhere, on standard error; of several processes, one speaks."""
    from rich.console import Console

    from corrbench.training.distributed import first_of_all
    from corrbench.training.listener import TrainingListener
    from corrbench.training.progress import BarProgress, LineProgress

    console = Console(stderr=True)
    if not first_of_all():
        yield TrainingListener()
    elif not console.is_terminal:
        yield LineProgress(console)
    else:
        bar = BarProgress(console)
        with bar.bars:
            yield bar
