"""Score predictions that any tool has written, without a model."""

import hashlib
from collections.abc import Mapping, Sequence
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
    dataset: str | None = None,
    data_root: str | Path | Sequence[str] = (),
    reader_options: Mapping[str, Any] | None = None,
    sequences: Sequence[str] | None = None,
    output: Path | str = "results",
    listener: Listener | None = None,
) -> RunRecord:
    """The record of the predictions in DIR/SEQUENCE, under the scoring rule of the task's default protocol.

    Nothing is reused from an earlier call. PredictionError for a missing file, an id that frame 0 lacks, void, or
    another size.
    """
    folder = Path(predictions)
    listener = listener or Listener()
    plan = make_plan(task, dataset=dataset, data_root=data_root, reader_options=reader_options, sequences=sequences)
    identity, rule = plan.selection.identity, plan.protocol
    folders = sequence_folders(folder, identity.sequences)
    name = folder.resolve().name
    listener.method(name, len(folders))
    results: dict[str, VideoResult] = {}
    for sequence, place in folders.items():
        video = plan.selection.video(sequence)
        listener.sequence(sequence, len(video))
        predicted = plan.task.read(place, video, rule)
        results[sequence] = score_video(predicted, video, plan.task, rule, listener.frame)
    digest = _digest(folders)
    identifier = run_id(digest, rule.scoring_hash, identity.hash, plan.selection.limits)
    values = {"scoring": rule.values()["scoring"]}
    record = build_record(
        "score",
        identifier,
        name,
        ExtractorRecord(hash=digest, origin="predictions", settings={}, weights_sha256=None, stride=None),
        ProtocolRecord(name="scoring", hash=rule.scoring_hash, overrides={}, values=values),
        plan,
        results,
        torch.device("cpu"),
    )
    RunFiles(Path(output), task, identity.name, name, identifier).finish(record, results, plan)
    return record


def _digest(folders: Mapping[str, Path]) -> str:
    """The first 12 hex digits of sha256 over names and content of all files that may have been scored."""
    total = hashlib.sha256()
    for sequence, folder in folders.items():
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            total.update(f"{sequence}/{file.name}/{sha256(file)}\n".encode())
    return total.hexdigest()[:12]
