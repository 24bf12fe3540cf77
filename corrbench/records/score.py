"""Score predictions that any tool has written, without a model."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from corrbench.core.files import sha256
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.score import score_video
from corrbench.records.build import build_record, run_id
from corrbench.records.listener import Listener
from corrbench.records.plan import make_plan
from corrbench.records.record import ExtractorRecord, ProtocolRecord, RunRecord
from corrbench.records.store import RunFiles
from corrbench.tasks.predictions import sequence_folders


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
    listener: Listener | None = None,
) -> RunRecord:
    """The record of the predictions in DIR/SEQUENCE, under the scoring rule of a protocol, by default the task's own.

    Of `settings`, those of the scoring rule count. A task may know other places for its predictions (`locate`).
    Nothing is reused from an earlier call. PredictionError for a missing file, an id that frame 0 lacks, void, or
    another size.
    """
    folder = Path(predictions)
    listener = listener or Listener()
    plan = make_plan(task, protocol, settings, dataset, data_root, reader_options, sequences)
    identity, rule = plan.selection.identity, plan.protocol
    locate: Callable[[Path, Sequence[str]], dict[str, Path]] = getattr(plan.task, "locate", sequence_folders)
    places = locate(folder, identity.sequences)
    name = folder.resolve().name
    listener.method(name, len(places))
    results: dict[str, VideoResult] = {}
    for sequence, place in places.items():
        video = plan.selection.video(sequence)
        listener.sequence(sequence, len(video))
        predicted = plan.task.read(place, video, rule)
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


def _digest(places: Mapping[str, Path]) -> str:
    """The first 12 hex digits of sha256 over names and content of all files that may have been scored."""
    total = hashlib.sha256()
    for sequence, place in places.items():
        for file in [place] if place.is_file() else sorted(path for path in place.iterdir() if path.is_file()):
            total.update(f"{sequence}/{file.name}/{sha256(file)}\n".encode())
    return total.hexdigest()[:12]
