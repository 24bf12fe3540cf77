"""Records made from the results for videos."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import torch

from corrbench.evaluation.environment import environment
from corrbench.evaluation.evaluate import VideoResult
from corrbench.evaluation.memory import peak_bytes
from corrbench.records.plan import Plan
from corrbench.records.record import (
    DatasetRecord,
    ExtractorRecord,
    Numbers,
    ProtocolRecord,
    RunRecord,
    SequenceRecord,
)

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
    protocol: ProtocolRecord,
    plan: Plan,
    results: Mapping[str, VideoResult],
    device: torch.device,
) -> RunRecord:
    """The record of a run from the results of all its videos."""
    selection = plan.selection
    whole = plan.task.summarise({name: result.scores for name, result in results.items()}, plan.protocol)
    seed = extractor.settings.get("seed")
    seconds = {stage: sum(r.seconds.get(stage, 0.0) for r in results.values()) for stage in STAGES}
    frames = sum(result.frames for result in results.values())
    return RunRecord(
        id=identifier,
        kind=kind,
        method=method,
        task=plan.task.name,
        dataset=DatasetRecord(**selection.identity.as_dict()),
        protocol=protocol,
        extractor=extractor,
        limited=bool(selection.limits),
        limits=dict(selection.limits),
        metrics=_numbers(whole.metrics),
        sequences={name: _sequence(result, plan) for name, result in results.items()},
        notes=list(whole.notes),
        seed=seed if isinstance(seed, int) else None,
        environment=environment(device),
        throughput={
            **_rates(frames, seconds.items()),
            "total_fps": frames / total if (total := sum(seconds.values())) else None,
            "peak_memory_bytes": peak_bytes(device),
        },
        seconds=seconds,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _numbers(values: Mapping[str, float]) -> Numbers:
    """The values with None for those that do not exist, as JSON has no NaN."""
    return {key: None if math.isnan(value) else value for key, value in values.items()}


def _rates(frames: int, seconds: Iterable[tuple[str, float]]) -> Numbers:
    return {f"{stage}_fps": frames / spent if spent else None for stage, spent in seconds}


def _sequence(result: VideoResult, plan: Plan) -> SequenceRecord:
    summary = plan.task.summarise({result.name: result.scores}, plan.protocol)
    objects: dict[str, Numbers] = {
        name.removeprefix(f"{result.name}_"): _numbers(values) for name, values in summary.objects.items()
    }
    return SequenceRecord(
        frames=result.frames,
        scored_frames=len(result.scores.stems),
        metrics=_numbers(summary.metrics),
        objects=objects,
        sizes=result.sizes,
    )
