"""How much a run takes at once on its device: it decides speed and memory, never a result."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from corrbench.errors import ResourceError
from corrbench.evaluation.memory import free_bytes
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.rule import PropagationRule

GPU_FRAMES = 8  # encoded at once, and compared at once
GPU_SIMILARITIES = 2**25  # 128 MiB: the copies that a search makes stay far below 1 GiB
GPU_SLOTS = 64  # so many context frames make one product
SHARE = 16  # of the free memory of a GPU: similarities take at most one part
READERS = 4  # threads that decode for a GPU
ITEM = 4  # bytes of a float32


@dataclass(frozen=True)
class Batches:
    """The sizes of a run."""

    frames: int  # encoded at once
    readers: int  # threads that decode ahead; none where the walk decodes by itself
    chunks: Chunks


def batches_for(device: torch.device) -> Batches:
    """Sizes that fit the device: frames one by one on a CPU, several on a GPU, as many as its free memory allows.

    On a CPU a reading thread takes the cores that the walk needs: it gains nothing, and its heap takes more memory.
    """
    if device.type != "cuda":
        return Batches(frames=1, readers=0, chunks=Chunks())
    free = free_bytes(device) or 0
    similarities = max(2**18, min(GPU_SIMILARITIES, free // (SHARE * ITEM)))
    chunks = Chunks(queries=GPU_FRAMES, slots=GPU_SLOTS, similarities=similarities)
    return Batches(frames=GPU_FRAMES, readers=min(READERS, os.cpu_count() or 1), chunks=chunks)


@contextmanager
def out_of_memory(video: str, size: tuple[int, int]) -> Iterator[None]:
    """ResourceError, in a line, where a GPU runs out of memory although as little as possible is taken at once."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"{video}: out of memory with frames of {size[0]}x{size[1]} ({str(error).splitlines()[0]}); use smaller "
            "frames (--set size=240), fewer context frames (--set context=7) or --device cpu"
        ) from error


def check_room(shape: tuple[int, ...], rule: PropagationRule, chunks: Chunks, device: torch.device) -> None:
    """ResourceError where the features (C, h, w) of the context do not fit into the memory that is free."""
    channels, height, width = shape
    kept = 1 + rule.span + (rule.anchor > 0) + 2 * chunks.queries
    needed, free = kept * channels * height * width * ITEM, free_bytes(device)
    if free is not None and needed > free:
        raise ResourceError(
            f"the context is too large: {kept} frames of {height}x{width} cells with {channels} channels need "
            f"{needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free on {device}; use a larger stride, smaller "
            "frames (--set size=240) or fewer context frames (--set context=7)"
        )
