"""The loop over the steps of a stage, with its log and its checkpoints."""

import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import replace

from corrbench.errors import TrainingError
from corrbench.training.checkpoint import Checkpoint
from corrbench.training.logs import StageLogs
from corrbench.training.plan import StagePlan
from corrbench.training.recipe import Batch
from corrbench.training.trainer import Trainer
from corrbench.training.work import Work


def walk(
    work: Work, plan: StagePlan, trainer: Trainer, last: Checkpoint, batches: Sequence[Iterable[Batch]], frames: int
) -> Checkpoint:
    """The stage after its last step, without its state; checkpoints of its state lie on the disk.

    `batches` are those of the steps after the `last` checkpoint, and `frames` how many a step sees over all processes.
    TrainingError, naming step and checkpoint, where the loss is no number; nothing is written of it.
    """
    name, steps, first = plan.stage.name, plan.schedule.steps, work.world.first
    path = work.checkpoint(name)
    busy = time.process_time() - last.cpu_seconds
    last, begin, done = replace(last, state={}), time.monotonic() - last.seconds, last.steps
    logs = StageLogs(work.output, name, done, work.tensorboard) if first else nullcontext()
    try:
        with logs as log:
            for parts in zip(*batches, strict=True):
                moved = trainer.step(done, parts)
                done += 1
                seconds = time.monotonic() - begin
                row = {"step": done, "seconds": round(seconds, 3), "frames": done * frames, **moved}
                if log:
                    log.write(row)
                work.listener.step(row)
                if done % work.checkpoint_every == 0 or done == steps:
                    last = replace(last, steps=done, seconds=seconds, cpu_seconds=time.process_time() - busy, row=row)
                    if first:
                        replace(last, state=trainer.state()).save(path)
    except TrainingError as error:
        left = (
            f"the last good checkpoint is {path}, of step {last.steps}" if last.steps else "no checkpoint was written"
        )
        raise TrainingError(
            f"{work.course} {name}: {error}; {left}; start anew with a lower learning_rate, a clip, or precision=fp32"
        ) from None
    except KeyboardInterrupt:
        left = f"--resume goes on after step {last.steps}, {path}" if last.steps else "no checkpoint was written"
        raise KeyboardInterrupt(f"interrupted in step {done + 1} of {name}; {left}") from None
    return last
