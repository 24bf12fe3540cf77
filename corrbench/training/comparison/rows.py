"""Training of one row with one seed: once, whatever happens in between."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corrbench.core.files import safe_name, sha256, write_text
from corrbench.errors import SettingError
from corrbench.evaluation.device import choose_device, machine_name
from corrbench.evaluation.memory import peak_bytes, reset_peak
from corrbench.training.comparison.budget import Budget
from corrbench.training.comparison.plan import ComparisonPlan, Row
from corrbench.training.listener import TrainingListener
from corrbench.training.plan import find_course, plan_stages
from corrbench.training.recipe import Kind
from corrbench.training.sources import Library
from corrbench.training.train import train


@dataclass(frozen=True)
class Workshop:
    """Where rows are trained, on what, and who hears of it."""

    work: Path
    libraries: Mapping[Kind, Library]
    device: str | None
    workers: int
    listener: TrainingListener

    def folder(self, row: Row, seed: int) -> Path:
        """The files of a row for one seed."""
        return self.work / safe_name(row.name) / (f"seed-{seed}" if row.seeded else "no-seed")


@dataclass(frozen=True)
class TrainedRow:
    """The weights of a row, and what they have cost with all that they started from."""

    weights: Path
    budget: Budget


def train_row(shop: Workshop, plan: ComparisonPlan, row: Row, seed: int) -> TrainedRow:
    """The row, after the one that it starts from; what is finished in the work folder is taken as it is.

    An interrupted training goes on from its checkpoint, and a finished one leaves none. SettingError where the work
    folder holds another training under that name.
    """
    before = None if row.start is None else train_row(shop, plan, plan.row(row.start, row.name), seed)
    folder = shop.folder(row, seed)
    weights, finished = folder / "weights.safetensors", folder / "finished.json"
    identity = _identity(shop, row, seed, None if before is None else before.weights)
    own = _finished(finished, weights, identity)
    if own is None:
        start = "random" if before is None else str(before.weights)
        shop.listener.note(f"{row.name}, seed {seed}: {row.steps} steps of {row.course} {row.stage}, from {start}")
        own = _train(shop, row, seed, start, folder)
        content = {"identity": identity, "weights": sha256(weights), "budget": asdict(own)}
        write_text(finished, json.dumps(content, indent=1) + "\n")
        for checkpoint in folder.glob("*.checkpoint.pt"):  # some hundred megabytes each
            checkpoint.unlink()
    return TrainedRow(weights, own if before is None else before.budget + own)


def stage_settings(row: Row) -> dict[str, Any]:
    """Everything that is set of each stage of a row, defaults included, as plain values; empty for an untrained one."""
    if row.course is None:
        return {}
    stages = plan_stages(find_course(row.course), row.stage, steps=row.steps, pairs=row.settings)
    values = {one.stage.name: {**asdict(one.settings), **asdict(one.schedule)} for one in stages}
    plain: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return plain


def _identity(shop: Workshop, row: Row, seed: int, start: Path | None) -> dict[str, Any]:
    """All that decides the weights of a row, as plain values."""
    return {
        "course": row.course,
        "seed": seed,
        "stages": stage_settings(row),
        "start": "random" if start is None else sha256(start),
        "data": {kind: library.hash for kind, library in shop.libraries.items()},
    }


def _finished(path: Path, weights: Path, asked: Mapping[str, Any]) -> Budget | None:
    """What a finished training has cost; None where there is none, or its weights are gone or others."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["weights"] != sha256(weights):
            return None
        if difference := _difference(found["identity"], asked):
            raise SettingError(
                f"{path.parent} holds another training: {difference}; give another --work, or remove that folder"
            )
        return Budget(**found["budget"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _difference(found: Any, asked: Any, what: str = "its") -> str | None:
    """The first difference between two plain values, in words."""
    if isinstance(found, Mapping) and isinstance(asked, Mapping):
        keys = dict.fromkeys([*asked, *found])
        return next(filter(None, (_difference(found.get(key), asked.get(key), f"{what} {key}") for key in keys)), None)
    return None if found == asked else f"{what} is {found}, asked for is {asked}"


def _train(shop: Workshop, row: Row, seed: int, start: str, folder: Path) -> Budget:
    """Train the row, from its checkpoint where there is one, and say what that has cost."""
    device = choose_device(shop.device)
    reset_peak(device)
    trained = train(
        row.course or "",
        images=_folder(shop, "images"),
        videos=_folder(shop, "videos"),
        output=folder,
        stage=row.stage,
        steps=row.steps,
        init=start,
        settings=row.settings,
        seed=seed,
        device=shop.device,
        workers=shop.workers,
        resume=True,
        listener=shop.listener,
    )
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))["stages"]
    stages = [record[name] for name in trained.stages]
    return Budget(
        steps=sum(stage["schedule"]["steps"] for stage in stages),
        frames_seen=sum(int(stage["last"]["frames"]) for stage in stages),
        seconds=round(sum(stage["seconds"] for stage in stages), 3),
        cpu_seconds=round(sum(stage["cpu_seconds"] for stage in stages), 3),
        peak_memory_bytes=peak_bytes(device),
        machine=machine_name(device),
    )


def _folder(shop: Workshop, kind: Kind) -> Path | None:
    return shop.libraries[kind].folder if kind in shop.libraries else None
