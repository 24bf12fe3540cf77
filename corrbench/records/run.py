"""Run methods on a task: resume what was left, keep what is finished, record everything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.files import safe_name
from corrbench.core.methods import Method, parse_method
from corrbench.errors import SettingError
from corrbench.evaluation.device import choose_device
from corrbench.evaluation.evaluate import VideoResult, evaluate_video
from corrbench.evaluation.follow import follow_video
from corrbench.evaluation.memory import reset_peak
from corrbench.evaluation.track import track_video
from corrbench.protocols.protocol import Protocol
from corrbench.records.build import build_record, run_id
from corrbench.records.listener import Listener
from corrbench.records.plan import Plan, make_plan
from corrbench.records.predictions import PredictionFolder
from corrbench.records.record import ExtractorRecord, ProtocolRecord, RunRecord
from corrbench.records.store import RunFiles


@dataclass(frozen=True)
class Places:
    """Where a run computes, what it writes, and who hears of it."""

    device: torch.device
    output: Path
    predictions: Path | None
    overwrite: bool
    listener: Listener


def run(
    methods: str | Sequence[str],
    task: str | Sequence[str] = "davis",
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
    predictions: Path | str | None = None,
    output: Path | str = "results",
    overwrite: bool = False,
    listener: Listener | None = None,
) -> list[RunRecord]:
    """The records of methods on tasks, each read from `output` if that run is finished there, else computed.

    What the arguments mean is what the options of `corrbench run` say. All data sets are opened and all methods built
    before the first one runs, so that a wrong name or file costs nothing. Each finished sequence is durable at once:
    the same call after a crash goes on where it stopped, and ends with the same record. A CorrbenchError says what is
    wrong.
    """
    names, tasks = _listed(methods), _listed(task)
    if weights is not None and len(names) > 1:
        raise SettingError(f"--weights {weights} is for one method; write NAME?weights=FILE for each of {names}")
    if predictions is not None and len(tasks) > 1:
        raise SettingError(f"--predictions {predictions} is for one task; run each of {tasks} with a folder of its own")
    plans = [
        make_plan(one, protocol, settings, dataset, data_root, reader_options, sequences, limit, max_frames)
        for one in tasks
    ]
    parsed = [[parse_method(name, weights, plan.protocol.propagation.stride) for name in names] for plan in plans]
    written = None if predictions is None else Path(predictions)
    places = Places(choose_device(device), Path(output), written, overwrite, listener or Listener())
    built: dict[str, FeatureExtractor] = {}  # one for all tasks that ask for the same
    for method in chain(*parsed):
        key = method.hash(None)
        if key not in built:
            built[key] = method.build(places.device)
            _tell_weights(method, built[key], places.listener)
    return [
        _run_one(method, built[method.hash(None)], plan, places)
        for plan, methods_of_plan in zip(plans, parsed, strict=True)
        for method in methods_of_plan
    ]


def _listed(names: str | Sequence[str]) -> list[str]:
    """The names in a list, or in a text with commas between them."""
    return [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]


def _tell_weights(method: Method, extractor: FeatureExtractor, listener: Listener) -> None:
    """Say what a named file gave, where the method knows: a `weights_report` with a one-line `summary()`."""
    report = getattr(extractor, "weights_report", None)
    if report is not None and method.settings.get("weights"):
        listener.weights(f"weights {method.settings['weights']}: {report.summary()}")


def _run_one(method: Method, extractor: FeatureExtractor, plan: Plan, places: Places) -> RunRecord:
    """The record of one method, from its files where the run is finished."""
    weights, protocol, identity = method.weights_sha256(extractor), plan.protocol, plan.selection.identity
    identifier = run_id(method.hash(weights), protocol.hash, identity.hash, plan.selection.limits)
    files = RunFiles(places.output, plan.task.name, identity.name, method.name, identifier)
    folder = PredictionFolder(places.predictions / safe_name(method.name), identifier) if places.predictions else None
    if places.overwrite:
        files.forget()
    elif (record := files.finished()) and (folder is None or folder.holds(identity.sequences)):
        places.listener.found(f"{method.name}: finished before, {files.record}")
        return record
    places.listener.method(method.name, len(identity.sequences))
    reset_peak(places.device)
    results = {name: _result(name, method, extractor, plan, places, files, folder) for name in identity.sequences}
    record = build_record(
        "run",
        identifier,
        method.name,
        ExtractorRecord(
            hash=method.hash(weights),
            origin=method.origin,
            settings=method.plain_settings(),
            weights_sha256=weights,
            stride=extractor.stride,
        ),
        ProtocolRecord(
            name=protocol.name, hash=protocol.hash, overrides=dict(protocol.overrides), values=protocol.values()
        ),
        plan,
        results,
        places.device,
    )
    files.finish(record, results, plan)
    return record


def _result(
    name: str,
    method: Method,
    extractor: FeatureExtractor,
    plan: Plan,
    places: Places,
    files: RunFiles,
    folder: PredictionFolder | None,
) -> VideoResult:
    """The result for one sequence: what an earlier run left, or computed and made durable."""
    part = None if folder and not folder.holds([name]) else files.load_part(name)
    if part is not None:
        places.listener.found(f"{method.name}: {name} was done before")
        return part
    video = plan.selection.video(name)
    places.listener.sequence(name, len(video))
    target = folder.sequence(name) if folder else None
    result = _way(plan.protocol)(
        extractor, video, plan.task, plan.protocol, places.device, target, places.listener.frame
    )
    files.save_part(result)
    if folder:
        folder.mark(name)
    return result


def _way(protocol: Protocol) -> Callable[..., VideoResult]:
    """How a video is gone through: by a tracker of boxes, by walks from queries, or once from frame 0."""
    if protocol.tracker is not None:
        return track_video
    return evaluate_video if protocol.queries is None else follow_video
