"""Records made from the results for videos."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import torch

from corrbench.core.dataset import DatasetIdentity
from corrbench.evaluation.environment import environment, peak_memory_bytes
from corrbench.evaluation.evaluate import VideoResult
from corrbench.protocols.protocol import Protocol
from corrbench.records.record import (
    DatasetRecord,
    ExtractorRecord,
    ProtocolRecord,
    RunRecord,
    SequenceRecord,
)
from corrbench.tasks.task import Task

STAGES = ("features", "propagation", "scoring", "io")


def run_id(method: str, protocol: str, data: str, limits: Mapping[str, Any]) -> str:
    """12 hex digits of the hashes of method, protocol and data, and of the limits."""
    identity = json.dumps([method, protocol, data, limits], sort_keys=True)
    return hashlib.sha256(identity.encode()).hexdigest()[:12]


def build_record(
    kind: Literal["run", "score"],
    identifier: str,
    method: str,
    extractor: ExtractorRecord,
    task: Task,
    protocol: Protocol,
    protocol_record: ProtocolRecord,
    identity: DatasetIdentity,
    limits: Mapping[str, Any],
    results: Mapping[str, VideoResult],
    device: torch.device,
) -> RunRecord:
    """The record of a run from the results of all its videos."""
    whole = task.summarise({name: result.scores for name, result in results.items()}, protocol)
    seed = extractor.settings.get("seed")
    seconds = {stage: sum(r.seconds.get(stage, 0.0) for r in results.values()) for stage in STAGES}
    frames = sum(result.frames for result in results.values())
    return RunRecord(
        id=identifier,
        kind=kind,
        method=method,
        task=task.name,
        dataset=DatasetRecord(**identity.as_dict()),
        protocol=protocol_record,
        extractor=extractor,
        limited=bool(limits),
        limits=dict(limits),
        metrics=dict(whole.metrics),
        sequences={name: _sequence(result, task, protocol) for name, result in results.items()},
        notes=list(whole.notes),
        seed=seed if isinstance(seed, int) else None,
        environment=environment(device),
        throughput={
            **_rates(frames, seconds.items()),
            "total_fps": frames / total if (total := sum(seconds.values())) else None,
            "peak_memory_bytes": peak_memory_bytes(device),
        },
        seconds=seconds,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _rates(frames: int, seconds: Iterable[tuple[str, float]]) -> dict[str, float | None]:
    return {f"{stage}_fps": frames / spent if spent else None for stage, spent in seconds}


def _sequence(result: VideoResult, task: Task, protocol: Protocol) -> SequenceRecord:
    summary = task.summarise({result.name: result.scores}, protocol)
    objects = {name.removeprefix(f"{result.name}_"): dict(values) for name, values in summary.objects.items()}
    return SequenceRecord(
        frames=result.frames,
        scored_frames=len(result.scores.stems),
        metrics=dict(summary.metrics),
        objects={name: {**values} for name, values in objects.items()},
        sizes=result.sizes,
    )
