"""Measured throughput as a CSV file, and what its columns mean."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import torch

import corrbench
from corrbench.core.files import file_part, write_text
from corrbench.evaluation.bench.measure import STAGES, MethodThroughput, Throughput
from corrbench.evaluation.environment import commit

COLUMNS = {
    "method": "the method as it was asked for",
    **{f"{stage}_fps": f"frames per second of the stage {stage} alone" for stage in STAGES},
    "end_to_end_fps": "frames per second of the whole walk, from files to values",
    **{f"{stage}_ms": f"milliseconds of a frame, median of the repeats, in the stage {stage}" for stage in STAGES},
    "end_to_end_ms": "milliseconds of a frame in the whole walk, median of the repeats",
    "parameters": "of the network, frozen ones included, buffers not",
    "gflop": "1e9 floating-point operations of the features of one frame, a multiply-add counting as two",
    "peak_memory_bytes": "of the whole walk: of tensors on CUDA, elsewhere resident, the interpreter included",
    "size": "height x width of the frames on disk",
    "network": "height x width of the frames that the method sees",
    "grid": "height x width of the features, in cells",
    "channels": "of the features",
    "labels": "soft labels that are carried, the background included",
    "context": "frames that the protocol looks back at besides frame 0; all distinct",
    "task": "the task",
    "protocol": "name of the protocol, and what was changed of it",
    "protocol_hash": "hash of all its values",
    "precision": "arithmetic of the features and the similarities",
    "device": "cpu, cuda, mps",
    "machine": "the GPU, or the processor and how many threads are used of it",
    "torch": "version of torch",
    "corrbench": "version of corrbench",
    "commit": "of the source tree, where there is one",
    "frames": "in one repeat",
    "repeats": "that the median is taken of",
    "warmup": "repeats before the first that counts",
    "date": "when the row was written",
}
STAGE_NOTES = """io: a JPEG file decoded and moved to the device. features: resized for the network and encoded.
affinity: the k best cells of a full context of distinct frames, for all cells of a frame.
propagation: labels carried, upsampled, and made a prediction. scoring: the prediction compared with the truth.
The device is waited for at both ends of a repeat.
"""


def throughput_file(throughput: Throughput, output: Path) -> Path:
    """Where the numbers go: one file for a task, protocol, size, machine, precision and version of torch."""
    protocol = throughput.protocol
    parts = [
        throughput.task,
        f"{protocol.name}-{protocol.hash}",
        _size(throughput.size),
        throughput.machine,
        protocol.propagation.precision,
        f"torch-{torch.__version__}",
    ]
    return output / "throughput" / f"{'_'.join(file_part(part) for part in parts)}.csv"


def write_throughput(throughput: Throughput, output: Path) -> Path:
    """Write a row a method, and beside the file what the columns mean; rows of other methods are kept."""
    path = throughput_file(throughput, output)
    new = {method.method: _row(throughput, method) for method in throughput.methods}
    rows = {**_written(path), **new}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    write_text(path, text.getvalue())
    columns = "".join(f"- `{name}`: {meaning}\n" for name, meaning in COLUMNS.items())
    write_text(path.parent / "columns.md", f"# Columns of these files\n\n{columns}\n{STAGE_NOTES}")
    return path


def rows(throughput: Throughput) -> list[dict[str, object]]:
    """The rows of the CSV file, as plain JSON values."""
    return [_row(throughput, method) for method in throughput.methods]


def _row(throughput: Throughput, method: MethodThroughput) -> dict[str, object]:
    protocol, plan = throughput.protocol, throughput.plan
    times = {**method.stages, "end_to_end": method.end_to_end}
    return {
        "method": method.method,
        **{f"{name}_fps": round(stage.frames_per_second, 3) for name, stage in times.items()},
        **{f"{name}_ms": round(stage.milliseconds, 4) for name, stage in times.items()},
        "parameters": method.parameters,
        "gflop": method.gflop,
        "peak_memory_bytes": method.peak_memory_bytes,
        "size": _size(throughput.size),
        "network": _size(method.network),
        "grid": _size(method.grid),
        "channels": method.channels,
        "labels": method.labels,
        "context": protocol.propagation.context,
        "task": throughput.task,
        "protocol": protocol.title,
        "protocol_hash": protocol.hash,
        "precision": protocol.propagation.precision,
        "device": throughput.device.type,
        "machine": throughput.machine,
        "torch": torch.__version__,
        "corrbench": corrbench.__version__,
        "commit": commit(),
        "frames": plan.frames,
        "repeats": plan.repeats,
        "warmup": plan.warmup,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _written(path: Path) -> dict[str, Mapping[str, object]]:
    """The rows of an earlier file by method; none where its columns are those of another version."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return {row["method"]: row for row in reader} if reader.fieldnames == list(COLUMNS) else {}


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
