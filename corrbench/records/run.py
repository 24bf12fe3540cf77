"""Run methods on a task: resume what was left, keep what is finished, record everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from corrbench.core.dataset import Dataset, DatasetIdentity
from corrbench.core.extractor import FeatureExtractor
from corrbench.core.files import safe_name
from corrbench.core.methods import Method, parse_method
from corrbench.core.plugins import find
from corrbench.core.video import Video
from corrbench.errors import PluginError, SettingError
from corrbench.evaluation.datasets import choose_sequences, open_dataset
from corrbench.evaluation.device import choose_device
from corrbench.evaluation.evaluate import VideoResult, evaluate_video
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol
from corrbench.records.build import build_record, run_id
from corrbench.records.listener import Listener
from corrbench.records.predictions import PredictionFolder
from corrbench.records.record import ExtractorRecord, ProtocolRecord, RunRecord
from corrbench.records.store import RunFiles
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


def run(
    methods: str | Sequence[str],
    task: str = "davis",
    *,
    protocol: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dataset: str | None = None,
    data_root: str | Path | Sequence[str] = (),
    reader_options: Mapping[str, Any] | None = None,
    weights: Path | None = None,
    device: str | None = None,
    sequences: Sequence[str] | None = None,
    limit: int | None = None,
    max_frames: int | None = None,
    predictions: Path | None = None,
    output: Path = Path("results"),
    overwrite: bool = False,
    listener: Listener | None = None,
) -> list[RunRecord]:
    """The records of methods on a task, each read from `output` if that run is finished there, else computed.

    What the arguments mean is what the options of `corrbench run` say. All methods are built before the first one
    runs, so that a wrong name or file costs nothing. Each finished sequence is durable at once: the same call after
    a crash goes on where it stopped, and ends with the same record. A CorrbenchError says what is wrong.
    """
    names = methods.split(",") if isinstance(methods, str) else list(methods)
    if weights is not None and len(names) > 1:
        raise SettingError(f"--weights {weights} is for one method; write NAME?weights=FILE for each of {names}")
    chosen_task = load_task(task)
    rule = find_protocol(protocol or chosen_task.default_protocol, task).with_settings(settings or {})
    parsed = [parse_method(name.strip(), weights, rule.propagation.stride) for name in names]
    place = choose_device(device)
    selection = select(
        open_dataset(chosen_task, dataset, as_roots(data_root), reader_options or {}),
        sequences,
        limit,
        max_frames,
    )
    extractors = [method.build(place) for method in parsed]
    return [
        _run_one(
            method,
            extractor,
            chosen_task,
            rule,
            selection,
            place,
            predictions,
            output,
            overwrite,
            listener or Listener(),
        )
        for method, extractor in zip(parsed, extractors, strict=True)
    ]


def load_task(name: str) -> Task:
    """The task of that name; PluginError when what the plugin returns is not one."""
    task: Task = find("tasks", name).load()()
    if not hasattr(task, "scorer"):
        raise PluginError(f"corrbench.tasks: {name!r} returned {type(task).__name__}, which is not a task")
    return task


def as_roots(data_root: str | Path | Sequence[str]) -> tuple[str, ...]:
    """The values of --data-root as a tuple."""
    return (str(data_root),) if isinstance(data_root, (str, Path)) else tuple(data_root)


def select(dataset: Dataset, sequences: Sequence[str] | None, limit: int | None, max_frames: int | None) -> Selection:
    """The sequences and frames to cover, and what of the data set they leave out."""
    for option, value in (("--limit", limit), ("--max-frames", max_frames)):
        if value is not None and value < 1:
            raise SettingError(f"{option} {value} does not fit: it has to be at least 1")
    chosen = choose_sequences(dataset, sequences, limit)
    limits: dict[str, Any] = {}
    if chosen != dataset.sequences:
        limits["sequences"] = f"{len(chosen)} of {len(dataset.sequences)}"
    if max_frames is not None and any(len(dataset.video(name)) > max_frames for name in chosen):
        limits["max_frames"] = max_frames
    return Selection(dataset, dataset.identity(chosen), limits.get("max_frames"), limits)


def _run_one(
    method: Method,
    extractor: FeatureExtractor,
    task: Task,
    protocol: Protocol,
    selection: Selection,
    device: torch.device,
    predictions: Path | None,
    output: Path,
    overwrite: bool,
    listener: Listener,
) -> RunRecord:
    weights = method.weights_sha256(extractor)
    identity = selection.identity
    identifier = run_id(method.hash(weights), protocol.hash, identity.hash, selection.limits)
    files = RunFiles(output, task.name, identity.name, method.name, identifier)
    folder = PredictionFolder(predictions / safe_name(method.name), identifier) if predictions else None
    if overwrite:
        files.forget()
    elif (record := files.finished()) and (folder is None or folder.holds(identity.sequences)):
        listener.found(f"{method.name}: finished before, {files.record}")
        return record
    listener.method(method.name, len(identity.sequences))
    results: dict[str, VideoResult] = {}
    for name in identity.sequences:
        part = None if folder and not folder.holds([name]) else files.load_part(name)
        if part is None:
            video = selection.video(name)
            listener.sequence(name, len(video))
            target = folder.sequence(name) if folder else None
            part = evaluate_video(extractor, video, task, protocol, device, target, listener.frame)
            files.save_part(part)
            if folder:
                folder.mark(name)
        else:
            listener.found(f"{method.name}: {name} was done before")
        results[name] = part
    record = build_record(
        "run",
        identifier,
        method.name,
        ExtractorRecord(
            hash=method.hash(weights),
            settings=method.plain_settings(),
            weights_sha256=weights,
            stride=extractor.stride,
        ),
        task,
        protocol,
        ProtocolRecord(
            name=protocol.name,
            hash=protocol.hash,
            overrides=dict(protocol.overrides),
            values=protocol.values(),
        ),
        identity,
        selection.limits,
        results,
        device,
    )
    scores = {name: result.scores for name, result in results.items()}
    files.finish(record, scores, task.official_files(scores, protocol, identity.split))
    return record
