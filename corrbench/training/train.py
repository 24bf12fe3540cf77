"""Train a method: its stages in order, each from the trunk that the one before has left."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import write_text, write_whole
from corrbench.errors import SettingError
from corrbench.evaluation.environment import environment
from corrbench.training.course import Course
from corrbench.training.distributed import join_world
from corrbench.training.feeds import require_folder
from corrbench.training.listener import TrainingListener
from corrbench.training.plan import StagePlan, find_course, plan_stages
from corrbench.training.stage import run_stage
from corrbench.training.weights import read_weights
from corrbench.training.work import Trunk, Work


@dataclass(frozen=True)
class Trained:
    """What a training left."""

    stages: Mapping[str, Path]  # the trunk after each stage that was run
    weights: Path  # the trunk after the last of them
    first: bool  # whether this is the process that wrote them


def train(
    course: Course | str,
    *,
    images: Path | str | None = None,
    videos: Path | str | None = None,
    output: Path | str,
    stage: str = "all",
    steps: int | None = None,
    init: Path | str | None = None,
    config: Path | str | Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    seed: int = 0,
    device: str | None = None,
    precision: str | None = None,
    workers: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    checkpoint_every: int = 100,
    half: bool = False,
    tensorboard: bool = False,
    deterministic: bool = False,
    listener: TrainingListener | None = None,
) -> Trained:
    """The files of the trunks that the stages of a course leave in `output`.

    What the arguments mean is what the options of `corrbench train` say. The first stage that is run starts from
    `init`: a file, or "random". Without it, it starts from what the stage before has left in `output`, where there is
    such a file, and else at random; the listener hears which. The same arguments give the same bits on a CPU with the
    same number of threads, also over an interruption with `resume`. A CorrbenchError says what is wrong.
    """
    found = find_course(course) if isinstance(course, str) else course
    output = Path(output)
    plans = plan_stages(found, stage, steps=steps, config=config, pairs=settings, precision=precision)
    for name, number, least in (("--checkpoint-every", checkpoint_every, 1), ("--workers", workers, 0)):
        if number < least:
            raise SettingError(f"{name}={number} does not fit; give {least} or more")
    with join_world(device) as world, _exactly(deterministic):
        work = Work(
            course=found.name,
            folders={"images": _path(images), "videos": _path(videos)},
            output=output,
            seed=seed,
            world=world,
            listener=(listener or TrainingListener()) if world.first else TrainingListener(),
            resume=resume,
            checkpoint_every=checkpoint_every,
            workers=workers,
            half=half,
            tensorboard=tensorboard,
        )
        for plan in plans:
            for kind in plan.stage.kinds:
                require_folder(kind, work.folders, f"stage {plan.stage.name}")
        trunk = world.from_first(lambda: _start(found, plans, work, init))
        world.from_first(lambda: _clear(plans, work, overwrite))
        for plan in plans:
            result = run_stage(work, plan, trunk)
            trunk = result.trunk
            if world.first:
                _record(work, plan, result.record)
        stages = {plan.stage.name: work.weights(plan.stage.name) for plan in plans}
        last = output / "weights.safetensors"
        if world.first:
            write_whole(last, partial(_copy, stages[plans[-1].stage.name]))
    return Trained(stages, last, world.first)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _path(given: Path | str | None) -> Path | None:
    return None if given is None else Path(given)


def _start(course: Course, plans: Sequence[StagePlan], work: Work, init: Path | str | None) -> Trunk:
    """What the first stage that is run starts from."""
    if init == "random":
        return Trunk(None, "random")
    if init is not None:
        return Trunk(read_weights(Path(init)), str(init))
    names = [stage.name for stage in course.stages]
    before = names.index(plans[0].stage.name) - 1
    if before >= 0 and (path := work.weights(names[before])).is_file():
        return Trunk(read_weights(path), str(path))
    return Trunk(None, "random")


def _clear(plans: Sequence[StagePlan], work: Work, overwrite: bool) -> None:
    """Make room for what the stages write; SettingError where an earlier training lies there and nothing was said."""
    for plan in plans:
        name = plan.stage.name
        files = [path for path in (work.checkpoint(name), work.weights(name), work.log(name)) if path.exists()]
        if files and not (work.resume or overwrite):
            raise SettingError(
                f"{files[0]} is there already; --resume goes on with that training, --overwrite starts anew, "
                "another --output keeps both"
            )
        if overwrite and not work.resume:
            for path in files:
                path.unlink()
        for left in work.output.glob(f".{name}*-*"):  # of a process that was killed while it wrote
            left.unlink()


def _record(work: Work, plan: StagePlan, record: Mapping[str, Any]) -> None:
    """Write what a stage did to run.json, beside what other stages did."""
    path = work.output / "run.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["stages"]
    except (OSError, ValueError, KeyError, TypeError):
        before = {}
    whole = {"stages": {**before, plan.stage.name: {**record, "environment": environment(work.world.device)}}}
    write_text(path, json.dumps(whole, indent=1) + "\n")


@contextmanager
def _exactly(deterministic: bool) -> Iterator[None]:
    """Kernels that give the same bits each time, where torch has them; else the fastest that cuDNN finds."""
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn
    try:
        if deterministic:
            torch.use_deterministic_algorithms(True, warn_only=True)
        with cudnn.flags(enabled=cudnn.enabled, benchmark=not deterministic, deterministic=deterministic):
            yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
