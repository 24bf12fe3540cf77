"""The scaling curves as a CSV file and as a plot of small multiples."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import file_part, write_text, write_whole
from corrbench.evaluation.bench.curves import FULL, QUICK, CurvePoint, Ranges, measure_curves
from corrbench.evaluation.device import choose_device, machine_name
from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.registry import find_protocol

NO_PLOT = "no plot will be made: matplotlib is not installed; pip install 'corrbench[plots]' for one"
COLOURS = {"engine": "#0060a8", "plain": "#c8551b"}
GREY = "#666666"
MIB = 2**20


@dataclass(frozen=True)
class CurveFiles:
    """What was measured and written."""

    points: tuple[CurvePoint, ...]
    table: Path
    plot: Path | None  # None without matplotlib


@dataclass(frozen=True)
class Panel:
    """One of the small multiples."""

    curve: str
    title: str
    x_axis: str
    y_axis: str = "ms per frame"
    value: Callable[[CurvePoint], float | None] = lambda point: point.milliseconds
    tick: Callable[[CurvePoint], str] = lambda point: str(point.x)
    logarithmic: bool = True


PANELS = (
    Panel("context", "Affinity by context length", "context frames besides frame 0"),
    Panel("grid", "Affinity by grid", "grid of features (cells)", tick=lambda point: point.setting.split()[0]),
    Panel("radius", "Affinity by radius", "radius of the neighbourhood (cells)"),
    Panel("labels", "Carry by labels", "label channels"),
    Panel("length", "Propagation by video length", "frames of the video", logarithmic=False),
    Panel(
        "length", "Memory by video length", "frames of the video", y_axis="peak above the start (MiB)",
        value=lambda point: None if point.peak_bytes is None else point.peak_bytes / MIB, logarithmic=False,
    ),
)  # fmt: skip


def curves(
    output: Path = Path("results"),
    device: str | None = None,
    *,
    quick: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> CurveFiles:
    """Measure the scaling curves under the rule of `crw` and write <output>/curves/<machine>-<torch version>.csv.

    With matplotlib (extra `plots`) a plot lies beside it; without, `say` gets a line that names the extra. It gets
    one for each point too. `quick` takes tiny values, and its files end in -quick.
    """
    place = choose_device(device)
    drawn = _has_matplotlib()
    if not drawn:  # said before minutes are spent
        say(NO_PLOT)
    rule = find_protocol("crw", "davis").propagation
    ranges = QUICK if quick else FULL
    points = measure_curves(ranges, rule, place, lambda point: say(_line(point)))
    machine = machine_name(place)
    name = f"{file_part(machine)}-{file_part(torch.__version__)}{'-quick' if quick else ''}"
    table = output / "curves" / f"{name}.csv"
    write_text(table, _csv(points))
    plot = table.with_name(f"{name}.png")
    if drawn:
        _draw(plot, points, _caption(ranges, rule, machine))
    return CurveFiles(tuple(points), table, plot if drawn else None)


def _has_matplotlib() -> bool:
    try:
        import_module("matplotlib.figure")
    except ModuleNotFoundError:
        return False
    return True


def _line(point: CurvePoint) -> str:
    faster = f", {point.ratio:.1f} times as fast as plain" if point.ratio and point.path != "plain" else ""
    return f"{point.setting}, {point.path}: {point.milliseconds:.4g} ms{faster}"


def _csv(points: Sequence[CurvePoint]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(CurvePoint)], lineterminator="\n")
    writer.writeheader()
    for point in points:
        row = asdict(point)
        writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})
    return text.getvalue()


def _caption(ranges: Ranges, rule: PropagationRule, machine: str) -> tuple[str, str]:
    """What was measured on, and what stays the same where it is not varied."""
    height, width = ranges.grid
    video_height, video_width = ranges.video_grid
    return (
        f"Scaling of affinity and propagation on {machine}, torch {torch.__version__}",
        f"Where not varied: {rule.context} context frames and an unrestricted frame 0, {height}x{width} cells, "
        f"C = {ranges.channels}, {rule.neighbourhood} of radius {rule.radius}, k = {rule.topk}, float32. "
        f"Videos: {ranges.video_context} context frames, {video_height}x{video_width} cells.\n"
        "engine: what a run uses. plain: every similarity computed, where that is affordable. "
        "Grey: how many times as fast as plain.",
    )


def _draw(path: Path, points: Sequence[CurvePoint], caption: tuple[str, str]) -> None:
    """Write the plot as PNG."""
    # By name, so that type checkers need no matplotlib; without pyplot, which would choose a display.
    figure = import_module("matplotlib.figure").Figure(figsize=(13, 7.2), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1, hspace=0.05)
    figure.suptitle(f"{caption[0]}\n\n", x=0.012, ha="left", fontsize=13, fontweight="bold")
    figure.text(0.012, 0.957, caption[1], ha="left", va="top", fontsize=9, color=GREY)
    grid = figure.subplots(2, 3)
    for axes in grid[0, 1:]:  # the affinity in all three: one scale of time
        axes.sharey(grid[0, 0])
    for axes, panel in zip(grid.flat, PANELS, strict=True):
        _panel(axes, panel, [point for point in points if point.curve == panel.curve])
    write_whole(path, lambda temporary: figure.savefig(temporary, format="png", dpi=150))


def _panel(axes: Any, panel: Panel, points: Sequence[CurvePoint]) -> None:
    ticker = import_module("matplotlib.ticker")
    axes.set_title(panel.title, loc="left", fontsize=11)
    axes.set_xlabel(panel.x_axis)
    axes.set_ylabel(panel.y_axis)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    if panel.logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    ticks = {point.x: panel.tick(point) for point in points}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.tick_params(labelsize=8)
    both = any(point.path == "plain" for point in points)
    for name, colour in COLOURS.items():
        drawn = [(point, value) for point in points if point.path == name and (value := panel.value(point)) is not None]
        if not drawn:
            continue
        axes.plot([p.x for p, _ in drawn], [value for _, value in drawn], "o-", color=colour, markersize=4)
        if both:
            last, height = drawn[-1]
            _beside(axes, name, last.x, height, (8, 0), colour, ha="left", va="center", fontweight="bold")
        for point, height in drawn:
            if name == "engine" and point.ratio is not None:
                _beside(axes, f"{point.ratio:.1f}x", point.x, height, (0, -6), GREY, ha="center", va="top")
    if panel.logarithmic:
        axes.margins(x=0.06, y=0.2)
    else:
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0, top=axes.get_ylim()[1] * 1.4)


def _beside(axes: Any, text: str, x: float, y: float, shift: tuple[int, int], colour: str, **alignment: str) -> None:
    """Text at a point of the data, shifted by printer's points."""
    axes.annotate(
        text, (x, y), xytext=shift, textcoords="offset points", color=colour, fontsize=8.5, **alignment
    )  # fmt: skip
