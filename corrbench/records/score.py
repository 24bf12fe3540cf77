"""Score predictions that any tool has written, without a model."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import sha256
from corrbench.core.video import Video
from corrbench.errors import SettingError
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.score import score_video
from corrbench.protocols.protocol import Protocol
from corrbench.records.build import build_record, run_id
from corrbench.records.listener import Listener
from corrbench.records.plan import Plan, make_plan
from corrbench.records.record import ExtractorRecord, ProtocolRecord, RunRecord
from corrbench.records.store import RunFiles
from corrbench.tasks.predictions import sequence_folders

Read = Callable[[Path, Video[Any], Protocol], Sequence[Any]]  # the predictions of one video, one a frame


def score(
    predictions: Path | str,
    task: str = "davis",
    *,
    protocol: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dataset: str | None = None,
    data_root: str | Path | Sequence[str] = (),
    reader_options: Mapping[str, Any] | None = None,
    sequences: Sequence[str] | None = None,
    output: Path | str = "results",
    allow_pickle: bool = False,
    listener: Listener | None = None,
) -> RunRecord:
    """The record of the predictions in DIR/SEQUENCE, under the scoring rule of a protocol, by default the task's own.

    Of `settings`, those of the scoring rule count. A task may know other places for its predictions (`locate`). With
    `allow_pickle` they are read from pickles of plain arrays, where the task has such: as data, nothing is run.
    Nothing is reused from an earlier call. PredictionError for a missing file, an id that frame 0 lacks, void, or
    another size.
    """
    folder = Path(predictions)
    listener = listener or Listener()
    plan = make_plan(task, protocol, settings, dataset, data_root, reader_options, sequences)
    identity, rule = plan.selection.identity, plan.protocol
    places, read = _found(plan, folder, allow_pickle)
    name = folder.resolve().name
    listener.method(name, len(places))
    results: dict[str, VideoResult] = {}
    for sequence, place in places.items():
        video = plan.selection.video(sequence)
        listener.sequence(sequence, len(video))
        predicted = read(place, video, rule)
        results[sequence] = score_video(predicted, video, plan.task, rule, listener.frame)
    digest = _digest(places)
    identifier = run_id(digest, rule.scoring_hash, identity.hash, plan.selection.limits)
    values = {"scoring": rule.values()["scoring"]}
    overrides = {key: value for key, value in rule.overrides.items() if key in values["scoring"]}
    record = build_record(
        "score",
        identifier,
        name,
        ExtractorRecord(hash=digest, origin="predictions", settings={}, weights_sha256=None, stride=None),
        ProtocolRecord(name="scoring", hash=rule.scoring_hash, overrides=overrides, values=values),
        plan,
        results,
        torch.device("cpu"),
    )
    RunFiles(Path(output), task, identity.name, name, identifier).finish(record, results, plan)
    return record


def _found(plan: Plan, folder: Path, allow_pickle: bool) -> tuple[dict[str, Path], Read]:
    """Where the predictions for each sequence are, and how they are read; SettingError for pickles of no task."""
    task, chosen = plan.task, plan.selection.identity.sequences
    if not allow_pickle:
        locate: Callable[[Path, Sequence[str]], dict[str, Path]] = getattr(task, "locate", sequence_folders)
        return locate(folder, chosen), task.read
    pickles = getattr(task, "pickles", None)
    if pickles is None:
        raise SettingError(f"--allow-pickle: no predictions for {task.name} are pickles; leave it out")
    return pickles.locate(folder, chosen, plan.selection.dataset.sequences), pickles.read


def _digest(places: Mapping[str, Path]) -> str:
    """The first 12 hex digits of sha256 over names and content of all files that may have been scored."""
    total = hashlib.sha256()
    for sequence, place in places.items():
        for file in [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file()):
            name = file.name if file == place else file.relative_to(place).as_posix()
            total.update(f"{sequence}/{name}/{sha256(file)}\n".encode())
    return total.hexdigest()[:12]
