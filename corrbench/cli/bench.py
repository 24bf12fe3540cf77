"""`corrbench bench`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corrbench.cli.options import (
    PATH,
    WIDE,
    changes,
    load_plugins,
    output_options,
    plugin_option,
    protocol_options,
)

if TYPE_CHECKING:
    from corrbench.evaluation.bench.measure import Throughput


@click.command()
@click.option("--method", default="random", show_default=True, metavar="NAME[,NAME]", help="Methods to measure.")
@click.option("--task", default="davis", show_default=True, help="What the features are used for.")
@protocol_options
@click.option("--size", metavar="HxW", help="Pixels of a frame on disk, such as 480x854 (default: the sample's own).")
@click.option("--frames", type=int, default=4, show_default=True, help="Frames in one repeat.")
@click.option("--repeats", type=int, default=5, show_default=True, help="Repeats that the median is taken of.")
@click.option("--warmup", type=int, default=1, show_default=True, help="Repeats before the first that counts.")
@click.option("--device", help="cpu, cuda, cuda:1, mps (default: cuda where there is one, else cpu).")
@click.option("--weights", type=PATH, metavar="FILE", help="The checkpoint of a single method.")
@output_options
@plugin_option
def bench(
    method: str,
    task: str,
    protocol: str | None,
    settings: tuple[str, ...],
    size: str | None,
    frames: int,
    repeats: int,
    warmup: int,
    device: str | None,
    precision: str | None,
    weights: Path | None,
    output: Path,
    as_json: bool,
    plugins: tuple[Path, ...],
) -> None:
    """Measure what methods cost, stage by stage, in frames per second."""
    from corrbench.evaluation.bench.measure import bench as measure
    from corrbench.evaluation.bench.tables import rows, write_throughput
    from corrbench.evaluation.bench.timing import Plan

    load_plugins(plugins)
    throughput = measure(
        method, task, protocol=protocol, settings=changes(settings, precision), weights=weights, size=size,
        plan=Plan(frames, repeats, warmup), device=device,
        on_method=lambda name: click.echo(f"{name}: measuring", err=True),
    )  # fmt: skip
    path = write_throughput(throughput, output)
    if as_json:
        click.echo(json.dumps(rows(throughput), indent=1))
        return
    _show(throughput)
    click.echo(path)


def _show(throughput: "Throughput") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from corrbench.evaluation.bench.measure import STAGES

    protocol = throughput.protocol
    size = "x".join(map(str, throughput.size))
    where = f"{protocol.propagation.precision} on {throughput.machine}"
    table = Table(title=f"frames per second: {throughput.task}, {size} pixels, {protocol.title}, {where}")
    table.add_column("method")
    for heading in (*STAGES, "end to end", "ms/frame", "parameters", "GFLOP", "peak MiB"):
        table.add_column(heading, justify="right")
    for method in throughput.methods:
        peak = method.peak_memory_bytes
        table.add_row(
            Text(method.method),
            *(_three_digits(method.stages[stage].frames_per_second) for stage in STAGES),
            _three_digits(method.end_to_end.frames_per_second),
            _three_digits(method.end_to_end.milliseconds),
            f"{method.parameters / 1e6:.1f} M",
            _three_digits(method.gflop),
            "–" if peak is None else f"{peak / 2**20:.0f}",
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(table)


def _three_digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
