"""What a run covers: the task, its rule, and the part of a data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corrbench.core.dataset import Dataset, DatasetIdentity
from corrbench.core.plugins import find
from corrbench.core.video import Video
from corrbench.errors import PluginError, SettingError
from corrbench.evaluation.datasets import choose_sequences, open_dataset
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.task import Task


@dataclass(frozen=True)
class Selection:
    """The part of a data set that a run covers."""

    dataset: Dataset
    identity: DatasetIdentity
    max_frames: int | None
    limits: Mapping[str, Any]  # empty where nothing is cut

    def video(self, name: str) -> Video[Any]:
        """One video, cut to the frames asked for."""
        video = self.dataset.video(name)
        return video if self.max_frames is None else video.first(self.max_frames)


@dataclass(frozen=True)
class Plan:
    """One task under one rule on one selection of data."""

    task: Task
    protocol: Protocol
    selection: Selection


def make_plan(
    task: str,
    protocol: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dataset: str | None = None,
    data_root: str | Path | Sequence[str] = (),
    reader_options: Mapping[str, Any] | None = None,
    sequences: Sequence[str] | None = None,
    limit: int | None = None,
    max_frames: int | None = None,
) -> Plan:
    """The plan that these options ask for; the data set is opened and identified, nothing is decoded."""
    for option, value in (("--limit", limit), ("--max-frames", max_frames)):
        if value is not None and value < 1:
            raise SettingError(f"{option} {value} does not fit: it has to be at least 1")
    found = _task(task)
    rule = find_protocol(protocol or found.default_protocol, task).with_settings(settings or {})
    roots = (str(data_root),) if isinstance(data_root, (str, Path)) else tuple(data_root)
    opened = open_dataset(found, dataset, roots, reader_options or {})
    return Plan(found, rule, _select(opened, choose_sequences(opened, sequences, limit), max_frames))


def _task(name: str) -> Task:
    task: Task = find("tasks", name).load()()
    if not hasattr(task, "scorer"):
        raise PluginError(f"corrbench.tasks: {name!r} returned {type(task).__name__}, which is not a task")
    return task


def _select(dataset: Dataset, chosen: tuple[str, ...], max_frames: int | None) -> Selection:
    limits: dict[str, Any] = {}
    if chosen != dataset.sequences:
        limits["sequences"] = f"{len(chosen)} of {len(dataset.sequences)}"
    if max_frames is not None and any(len(dataset.video(name)) > max_frames for name in chosen):
        limits["max_frames"] = max_frames
    return Selection(dataset, dataset.identity(chosen), limits.get("max_frames"), limits)
