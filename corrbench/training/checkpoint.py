"""Checkpoints: all that a stage needs to go on, in one file that is whole or absent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import write_whole
from corrbench.errors import SettingError, WeightsError

FORMAT = "corrbench-checkpoint 1"


@dataclass(frozen=True)
class Checkpoint:
    """A stage after some of its steps."""

    identity: Mapping[str, Any]  # what decides every step: course, stage, settings, data, … as plain values
    steps: int  # that are done
    seconds: float  # that they took
    row: Mapping[str, float]  # the last line of the log
    state: Mapping[str, Any]  # of the trainer
    cpu_seconds: float = 0.0  # that all threads of the process spent on them

    def save(self, path: Path) -> None:
        """Write it whole; OSError where it cannot be written, and the file is as it was."""
        content = {"format": FORMAT, **{key: getattr(self, key) for key in _KEYS}}
        written(path, lambda temporary: torch.save(content, temporary))


_KEYS = ("identity", "steps", "seconds", "row", "state", "cpu_seconds")


def written(path: Path, write: Callable[[Path], None]) -> None:
    """Let a library write a file whole; OSError, whatever the library raises, where it cannot."""
    try:
        write_whole(path, write)
    except OSError:
        raise
    except Exception as error:  # torch raises a RuntimeError and safetensors its own where a disk is full
        raise OSError(f"{path} cannot be written: {str(error).splitlines()[0]}; is the disk full?") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file, on the CPU; it is never executed. WeightsError when it is damaged or none."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a damaged file may raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} cannot be read as a checkpoint: {reason}; start anew with --overwrite") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise WeightsError(f"{path} is no checkpoint of a training; start anew with --overwrite")
    return Checkpoint(**{key: content[key] for key in _KEYS if key in content})


def require_same(path: Path, found: Mapping[str, Any], asked: Mapping[str, Any], what: str = "") -> None:
    """SettingError, naming the first difference, unless a checkpoint is of the training that is asked for."""
    for key in [*asked, *(key for key in found if key not in asked)]:
        before, now = found.get(key), asked.get(key)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            require_same(path, before, now, f"{what}{key} ")
        elif before != now:
            raise SettingError(
                f"{path} is of another training: its {what}{key} is {before}, asked for is {now}; "
                "resume with what it was started with, or give another --output"
            )
