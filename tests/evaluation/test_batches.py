"""Sizes of a run, and what is said where they do not fit."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from corrbench.errors import ResourceError
from corrbench.evaluation.batches import batches_for, check_room, out_of_memory
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.features import feature_maps
from corrbench.propagation.chunks import Chunks
from corrbench.protocols.registry import find_protocol

CPU = torch.device("cpu")
RULE = find_protocol("stt", "davis").propagation


class Mean:
    """The mean colour of 8 x 8 pixels; as a GPU would, it fails where more frames come than there is memory for."""

    stride = 8

    def __init__(self, room: int) -> None:
        self.room = room
        self.seen: list[int] = []

    def __call__(self, frames: Tensor) -> Tensor:
        if len(frames) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        self.seen.append(len(frames))
        return torch.nn.functional.avg_pool2d(frames, 8)


def maps_of(extractor: Callable[[Tensor], Tensor], batch: int, count: int = 7) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    frames = [torch.randint(0, 256, (3, 16, 24), generator=generator, dtype=torch.uint8) for _ in range(count)]
    return list(feature_maps(extractor, frames, (16, 24), "fp32", CPU, StageClock(CPU), batch))  # type: ignore[arg-type]


def test_batches_give_the_maps_of_single_frames_in_order() -> None:
    single, batched = maps_of(Mean(9), 1), maps_of(extractor := Mean(9), 3)
    assert all(torch.equal(one, other) for one, other in zip(single, batched, strict=True))
    assert extractor.seen == [3, 3, 1]


def test_a_batch_too_large_for_the_device_is_halved_once_and_for_all() -> None:
    single, batched = maps_of(Mean(9), 1), maps_of(extractor := Mean(2), 4)
    assert all(torch.equal(one, other) for one, other in zip(single, batched, strict=True))
    assert extractor.seen == [2, 2, 2, 1]


def test_a_single_frame_too_large_for_the_device_is_one_line() -> None:
    with (
        pytest.raises(ResourceError, match=r"^camel: out of memory with frames of 16x24 \(CUDA out of memory.*--set"),
        out_of_memory("camel", (16, 24)),
    ):
        maps_of(Mean(0), 1)


def test_a_context_that_cannot_fit_is_refused_before_it_is_computed() -> None:
    check_room((256, 60, 107), RULE, Chunks(), CPU)
    with pytest.raises(ResourceError, match=r"29 frames of 90000x90000 cells with 256 channels need \d+\.\d GiB"):
        check_room((256, 90000, 90000), RULE, Chunks(), CPU)


def test_a_cpu_takes_frames_one_by_one() -> None:
    batches = batches_for(CPU)
    assert (batches.frames, batches.readers, batches.chunks) == (1, 0, Chunks())
