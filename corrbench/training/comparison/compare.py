"""Train all rows of a plan at one budget, evaluate and probe them, and write what came out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import write_text
from corrbench.evaluation.device import choose_device
from corrbench.records.listener import Listener
from corrbench.records.plan import make_plan
from corrbench.records.run import run
from corrbench.training.comparison.lines import Line, read_line, score
from corrbench.training.comparison.plan import ComparisonPlan, Row, check_plugins, read_plan, require_seeds
from corrbench.training.comparison.probes import ProbeData, probe, probe_data
from corrbench.training.comparison.rows import Workshop, stage_settings, train_row
from corrbench.training.comparison.tables import csv_text, page
from corrbench.training.listener import TrainingListener
from corrbench.training.recipe import Kind
from corrbench.training.sources import open_library

TASK = "davis"
LINE = "line.json"


@dataclass(frozen=True)
class Comparison:
    """A plan with the data it is trained on and judged by."""

    plan: ComparisonPlan
    shop: Workshop
    sets: tuple[Mapping[str, Any], ...]  # arguments of `run`, the data that rows are ordered by first
    identities: tuple[Any, ...]  # of these data and their rule, as plain values
    data: ProbeData
    held_out: bool
    device: torch.device
    listener: Listener

    def asked(self, row: Row, seed: int) -> dict[str, Any]:
        """All that decides the line of a row, as plain values."""
        content = {
            "rows": [{**asdict(one), "stages": stage_settings(one)} for one in self.plan.chain(row)],
            "seed": seed if row.seeded else None,
            "training": {kind: library.hash for kind, library in self.shop.libraries.items()},
            "evaluation": self.identities,
            "probes": self.data.identity,
        }
        plain: dict[str, Any] = json.loads(json.dumps(content))
        return plain


def compare(
    plan: Path | str,
    *,
    images: Path | str | None = None,
    videos: Path | str | None = None,
    work: Path | str,
    output: Path | str = "results",
    data_root: Path | str | None = None,
    seeds: Sequence[int] | None = None,
    rows: Sequence[str] | None = None,
    scale: float = 1.0,
    max_frames: int | None = 20,
    sample_frames: int = 15,
    held_out: Path | str | None = None,
    device: str | None = None,
    workers: int = 0,
    listener: Listener | None = None,
    training_listener: TrainingListener | None = None,
) -> tuple[Path, Path]:
    """The CSV file and the page of a comparison, written again after each row, one seed after the other.

    What the arguments mean is what the options of `corrbench compare-methods` say. What `work` holds is not computed
    again, and what it holds of other rows and seeds of the plan stands in the tables too. A CorrbenchError says what
    is wrong, before anything is trained where that can be known.
    """
    whole = read_plan(Path(plan)).scaled(scale)
    asked = whole.shown if rows is None else tuple(whole.row(name, "--rows") for name in rows)
    numbers = whole.seeds if seeds is None else require_seeds(seeds, "--seeds")
    needed = {one.name for row in asked for one in whole.chain(row)}
    check_plugins([row for row in whole.rows if row.name in needed])
    given: dict[Kind, Path | str | None] = {"images": images, "videos": videos}
    libraries = {kind: open_library(kind, Path(folder)) for kind, folder in given.items() if folder is not None}
    judged = libraries.get("images") if held_out is None else open_library("images", Path(held_out))
    sets = _sets(data_root, max_frames, sample_frames)
    comparison = Comparison(
        plan=whole,
        shop=Workshop(Path(work), libraries, device, workers, training_listener or TrainingListener()),
        sets=sets,
        identities=tuple(_identity(options) for options in sets),
        data=probe_data(sample_frames, judged),
        held_out=held_out is not None,
        device=choose_device(device),
        listener=listener or Listener(),
    )
    files = Path(output) / f"{whole.name}.csv", Path(output) / f"{whole.name}.md"
    for seed in numbers:
        for row in asked:
            if row.hidden:
                train_row(comparison.shop, whole, row, seed)
            elif row.seeded or seed == numbers[0]:
                _judge(comparison, row, seed)
                _write(comparison, *files)
    return files


def _sets(data_root: Path | str | None, max_frames: int | None, sample_frames: int) -> tuple[Mapping[str, Any], ...]:
    sample = {"dataset": f"sample?frames={sample_frames}"}
    if data_root is None:
        return (sample,)
    return {"data_root": (str(data_root),), "max_frames": max_frames}, sample


def _identity(options: Mapping[str, Any]) -> list[Any]:
    """What tells this data and its rule from others, as plain values."""
    plan = make_plan(TASK, **options)
    identity = plan.selection.identity
    return [identity.name, identity.hash, dict(plan.selection.limits), plan.protocol.hash]


def _judge(comparison: Comparison, row: Row, seed: int) -> None:
    """Train, evaluate and probe one row, and leave its line in the work folder."""
    shop, plan = comparison.shop, comparison.plan
    trained = None if row.course is None else train_row(shop, plan, row, seed)
    method, folder = row.method_of(seed), shop.folder(row, seed)
    weights = None if trained is None else trained.weights
    shop.listener.note(f"{row.name}{f', seed {seed}' if row.seeded else ''}: evaluation of {method}")
    records = [
        run(
            method,
            TASK,
            weights=weights,
            device=str(comparison.device),
            output=shop.work / "results",
            listener=comparison.listener,
            **options,
        )[0]
        for options in comparison.sets
    ]
    Line(
        row=row.name,
        method=method,
        course=row.course,
        stage=row.stage if row.course is not None else None,
        settings=row.settings,
        start=row.start or ("random" if row.course is not None else ""),
        seed=seed if row.seeded else None,
        budget=None if trained is None else trained.budget,
        scores=tuple(score(record) for record in records),
        shares=probe(method, weights, comparison.data, comparison.device, folder / "probes.json").shares,
    ).save(folder / LINE, comparison.asked(row, seed))


def _write(comparison: Comparison, table: Path, summary: Path) -> None:
    """Write both files from all lines in the work folder that belong to the plan as it is asked for."""
    shop = comparison.shop
    lines = []
    for row in comparison.plan.shown:
        folder = shop.folder(row, 0).parent
        seeds = sorted(int(path.name.removeprefix("seed-")) for path in folder.glob("seed-*")) if row.seeded else [0]
        found = (read_line(shop.folder(row, seed) / LINE, comparison.asked(row, seed)) for seed in seeds)
        lines += [line for line in found if line is not None]
    trained_on = " and ".join(_held(kind, len(library)) for kind, library in shop.libraries.items())
    judged = "no images were given"
    if comparison.data.images is not None:
        judged = "images held out of training" if comparison.held_out else "of the images of the training itself"
    write_text(table, csv_text(lines))
    write_text(summary, page(comparison.plan.title, lines, trained_on or "nothing", judged))


def _held(kind: Kind, count: int) -> str:
    return f"{count} {'clips' if kind == 'videos' else 'images'}"
