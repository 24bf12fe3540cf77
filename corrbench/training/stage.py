"""One stage from its first step, or from its checkpoint, to the weights it leaves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from corrbench.training.checkpoint import Checkpoint, read_checkpoint, require_same
from corrbench.training.feeds import describe, open_batches, open_libraries
from corrbench.training.loop import walk
from corrbench.training.plan import StagePlan
from corrbench.training.recipe import Recipe
from corrbench.training.sources import Library
from corrbench.training.trainer import Trainer
from corrbench.training.weights import plain_weights, write_weights
from corrbench.training.work import Trunk, Work


@dataclass(frozen=True)
class Result:
    """What a stage left."""

    trunk: Trunk
    record: Mapping[str, Any]  # plain values: settings, data, time, the last line of the log


def run_stage(work: Work, plan: StagePlan, start: Trunk) -> Result:
    """Train one stage; its checkpoint, log and weights lie in the output folder."""
    name, world, say = plan.stage.name, work.world, work.listener.note
    say(f"{name}: starts from {start.origin}")
    recipe = plan.stage.build(plan.settings, start.weights, work.seed)
    libraries = open_libraries(recipe.feeds, work.folders, world, work.listener)
    identity = _identity(work, plan, start, libraries)
    trainer = Trainer(recipe, plan.schedule, work.seed, world)
    if plan.schedule.sync_batch_norm and world.size > 1 and world.device.type != "cuda":
        say(f"{name}: each process has BatchNorm statistics of its own; torch shares them between GPUs only")
    path = work.checkpoint(name)
    found = world.from_first(lambda: _checkpoint(path, identity) if work.resume and path.exists() else None)
    if found:
        trainer.load(found.state)
        say(f"{name}: goes on after step {found.steps}, {path}")
    elif work.resume:
        say(f"{name}: begins with its first step; there is no {path}")
    last, unreadable = _train(work, plan, trainer, found or Checkpoint(identity, 0, 0.0, {}, {}), libraries)
    if unreadable:
        file, reason = next(iter(unreadable.items()))
        say(f"{name}: {len(unreadable)} that cannot be decoded were replaced by others, such as {file}: {reason}")
    weights = plain_weights(recipe.trunk_weights())
    if world.first:
        write_weights(work.weights(name), weights, _about(work, recipe, last), work.half)
    record = {
        **identity,
        "start": start.origin,
        "start_hash": start.hash,
        "data": describe(recipe.feeds, libraries, work.folders),
        "unreadable": unreadable,
        "preprocessing": dict(recipe.preprocessing),
        "processes": world.size,
        "seconds": round(last.seconds, 3),
        "cpu_seconds": round(last.cpu_seconds, 3),
        "last": dict(last.row),
    }
    return Result(Trunk(weights, name), record)


def _identity(work: Work, plan: StagePlan, start: Trunk, libraries: list[Library]) -> dict[str, Any]:
    """All that decides every step of a stage, as plain values; how many processes share the work does not."""
    return {
        "course": work.course,
        "stage": plan.stage.name,
        "seed": work.seed,
        "settings": _plain(asdict(plan.settings)),
        "schedule": _plain(asdict(plan.schedule)),
        "start": start.hash,
        "data": [library.hash for library in libraries],
    }


def _checkpoint(path: Path, identity: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in a file; SettingError when it is of another training."""
    found = read_checkpoint(path)
    require_same(path, found.identity, identity)
    return found


def _train(
    work: Work, plan: StagePlan, trainer: Trainer, last: Checkpoint, libraries: list[Library]
) -> tuple[Checkpoint, dict[str, str]]:
    """The stage after its last step, and what could not be decoded on the way there: names and reasons."""
    feeds, schedule, world = trainer.recipe.feeds, plan.schedule, work.world
    work.listener.stage(plan.stage.name, last.steps, schedule.steps)
    if last.steps == schedule.steps:
        return last, {}
    with open_batches(
        feeds, libraries, schedule.batch, work.seed,
        first_step=last.steps, steps=schedule.steps, world=world, workers=work.workers,
    ) as batches:  # fmt: skip
        last = walk(work, plan, trainer, last, batches, schedule.batch * sum(feed.frames_per_item for feed in feeds))
        met = world.gather([one.unreadable for one in batches])
    return last, {name: reason for one in met for of_feed in one for name, reason in of_feed.items()}


def _about(work: Work, recipe: Recipe, last: Checkpoint) -> dict[str, str]:
    """What a file of weights says of itself."""
    return {
        **recipe.preprocessing,
        "method": work.course,
        "stage": str(last.identity["stage"]),
        "steps": str(last.steps),
        "seed": str(work.seed),
        "frames_seen": f"{last.row['frames']:.0f}",
        "seconds": f"{last.seconds:.1f}",
        "torch": torch.__version__,
    }


def _plain(value: Any) -> Any:
    """The value out of what JSON knows; what it does not know as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
