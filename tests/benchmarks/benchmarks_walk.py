"""A walk through a real video in a process of its own: its time beside a matrix product's, and its memory.

python benchmarks_walk.py SHARED SEQUENCE FRAMES PROTOCOL STRIDE FOLDER prints a JSON object; masks go to FOLDER.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch

from corrbench.core.methods import parse_method
from corrbench.evaluation.evaluate import evaluate_video
from corrbench.evaluation.memory import held_bytes, peak_bytes, reset_peak
from corrbench.records.plan import make_plan

CPU, SIDE = torch.device("cpu"), 2048


def product_seconds() -> float:
    """The median of a few 2048^3 products in float32."""
    left, right = torch.randn(2, SIDE, SIDE)
    out, seconds = torch.empty(SIDE, SIDE), []
    for _ in range(6):
        start = time.perf_counter()
        torch.mm(left, right, out=out)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def main(shared: str, sequence: str, frames: str, protocol: str, stride: str, folder: str) -> None:
    before, base = product_seconds(), held_bytes(CPU) or 0
    weights = Path(shared, "golden", "resnet18_random_seed0.safetensors")
    extractor = parse_method(f"resnet18?weights={weights}", None, int(stride)).build(CPU)
    root = str(Path(shared, "data", "davis16"))
    plan = make_plan("davis", protocol, {}, None, [root], {}, [sequence], None, int(frames))
    video = plan.selection.video(sequence)
    held: list[int] = []
    reset_peak(CPU)
    start = time.perf_counter()
    evaluate_video(
        extractor, video, plan.task, plan.protocol, CPU, Path(folder), lambda: held.append(held_bytes(CPU) or 0)
    )
    seconds = (time.perf_counter() - start) / len(video)
    found = {
        "seconds": seconds,
        "product": (before + product_seconds()) / 2,
        "peak_above": (peak_bytes(CPU) or 0) - base,
        "held": held,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
