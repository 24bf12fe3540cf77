"""A comparison as a CSV file, a line for each row and seed, and as a page with means and differences."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from corrbench.training.comparison.lines import METRIC, Line, Score
from corrbench.training.comparison.statistics import Difference, Spread, by_sequence, paired, spread

PERCENT = 100.0
DECIMALS = 6
_BUDGET = ("steps", "frames_seen", "seconds", "cpu_seconds", "peak_memory_bytes", "machine")
NOTES = """Steps, frames, seconds and memory are those of the training with all that a row starts from. \
± is the standard deviation over seeds.
Probes, on the moving sample at its greatest difficulty: the share of cells whose nearest feature in the next frame \
lies within 8 pixels of where the surface has gone; hidden: surfaces that the next frame does not show; still: \
visible ones that move up to 8 pixels, all of which a feature hits that knows nothing but its place; slow: less than \
16 pixels; fast: more.
Retrieval: the share of images whose second view is the nearest of all second views to the first"""


def csv_text(lines: Sequence[Line]) -> str:
    """The lines as CSV; fractions, seconds, bytes."""
    cells = [_cells(line) for line in lines]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for one in cells for key in one)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue()


def page(title: str, lines: Sequence[Line], data: str, retrieval: str) -> str:
    """The page: what was trained on `data`, means over seeds, and the first row against each other one."""
    rows: dict[str, list[Line]] = {}
    for line in lines:
        rows.setdefault(line.row, []).append(line)
    text = [
        f"# {title}",
        "",
        f"Made by `corrbench compare-methods`. These are weights of a small budget, trained on {data}: "
        "**they must not be set beside published numbers.** Percent.",
        "",
        *_means(rows),
        "",
        *NOTES.splitlines(),
        f"({retrieval}).",
        "",
        *_differences(rows),
    ]
    machines = dict.fromkeys(line.budget.machine for line in lines if line.budget)
    text += ["", f"Trained on {'; '.join(machines)}."] if machines else []
    return "\n".join(text) + "\n"


def _cells(line: Line) -> dict[str, str]:
    budget = {name: getattr(line.budget, name) if line.budget else None for name in _BUDGET}
    values: dict[str, object] = {
        "row": line.row,
        "method": line.method,
        "seed": line.seed,
        "course": line.course,
        "stage": line.stage,
        "set": " ".join(line.settings),
        "start": line.start,
        **budget,
        **{f"{score.data}: {METRIC}": score.mean for score in line.scores},
        **line.shares,
    }
    fractions = {*line.shares, *(f"{score.data}: {METRIC}" for score in line.scores)}
    return {
        key: "" if value is None else f"{value:.{DECIMALS}f}" if key in fractions else str(value)
        for key, value in values.items()
    }


def _means(rows: Mapping[str, Sequence[Line]]) -> Iterable[str]:
    some = next(iter(rows.values()))[0]
    data, probes = [score.data for score in some.scores], list(some.shares)
    budget = ("steps", "frames", "seconds", "CPU s", "peak MB")
    yield _cellular(["row", "seeds", *(f"{name}: {METRIC}" for name in data), *probes, *budget])
    yield "|" + "---|" * (2 + len(data) + len(probes) + len(budget))
    spreads = {name: _scored(lines, 0) for name, lines in rows.items()}
    best_first = sorted(rows, key=lambda name: -(found.mean if (found := spreads[name]) else -1))
    for name in best_first:
        lines = rows[name]
        cells = [_percent(_scored(lines, number)) for number in range(len(data))]
        cells += [_percent(spread(line.shares[probe] for line in lines)) for probe in probes]
        yield _cellular([name, str(len(lines)) if some_seed(lines) else "–", *cells, *_costs(lines)])


def some_seed(lines: Sequence[Line]) -> bool:
    """Whether the lines are of seeds."""
    return lines[0].seed is not None


def _scored(lines: Sequence[Line], number: int) -> Spread | None:
    return spread(line.scores[number].mean for line in lines)


def _costs(lines: Sequence[Line]) -> list[str]:
    """Steps, frames, seconds, CPU seconds and peak megabytes, each the mean over seeds."""
    budgets = [line.budget for line in lines if line.budget]
    if not budgets:
        return ["–"] * 5
    peaks = [peak / 1e6 for budget in budgets if (peak := budget.peak_memory_bytes) is not None]
    parts = (
        [budget.steps for budget in budgets],
        [budget.frames_seen for budget in budgets],
        [budget.seconds for budget in budgets],
        [budget.cpu_seconds for budget in budgets],
        peaks,
    )
    return [f"{sum(values) / len(values):.0f}" if values else "–" for values in parts]


def _differences(rows: Mapping[str, Sequence[Line]]) -> Iterable[str]:
    """The first row against each other one, on the data that rows are ordered by."""
    first, *others = rows
    if not others:
        return
    before = by_sequence(_first_scores(rows[first]))
    yield f"## {first} against the others"
    yield ""
    yield (
        f"Points of {METRIC} by which {first} is better, on {rows[first][0].scores[0].data}, seeds averaged. "
        "The interval, of 95 %, is a paired bootstrap over sequences; how seeds differ is not in it."
    )
    yield ""
    yield "| against | difference | 95 % interval | better on |"
    yield "|---|---|---|---|"
    for name in others:
        found = paired(before, by_sequence(_first_scores(rows[name])))
        yield _cellular([name, *(["–"] * 3 if found is None else _difference(found))])


def _first_scores(lines: Sequence[Line]) -> list[Score]:
    return [line.scores[0] for line in lines]


def _difference(found: Difference) -> list[str]:
    between = "–"
    if found.low is not None and found.high is not None:
        between = f"{PERCENT * found.low:+.1f} to {PERCENT * found.high:+.1f}"
    return [f"{PERCENT * found.mean:+.1f}", between, f"{found.better} of {found.sequences}"]


def _percent(found: Spread | None) -> str:
    if found is None:
        return "–"
    deviation = "" if found.deviation is None else f" ± {PERCENT * found.deviation:.1f}"
    return f"{PERCENT * found.mean:.1f}{deviation}"


def _cellular(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
