"""What knows nothing but positions is beaten where objects move: a check of data, task and methods together."""

from functools import cache

import pytest
import torch

from corrbench.core.methods import parse_method
from corrbench.evaluation.evaluate import evaluate_video
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.davis import davis
from corrbench_datasets.sample import sample

CPU = torch.device("cpu")
pytestmark = pytest.mark.slow


def centre_and_side(mask: torch.Tensor, number: int) -> tuple[torch.Tensor, float] | None:
    """The centre (row, column) of an object, and the root of its area; None where it is not seen."""
    places = (mask == number).nonzero().double()
    return (places.mean(0), len(places) ** 0.5) if len(places) else None


@cache
def moves(sequence: str) -> float:
    """How far some object gets from where it was in the first frame, in sides of a square of its size."""
    labels = sample().video(sequence).labels
    first = labels[0]
    assert first is not None
    farthest = 0.0
    for number in range(1, int(first.max()) + 1):
        start = centre_and_side(first, number)
        assert start is not None
        for mask in labels:
            now = centre_and_side(mask, number) if mask is not None else None
            if now is not None:
                farthest = max(farthest, float((now[0] - start[0]).norm()) / start[1])
    return farthest


@cache
def mean_of(method: str, sequence: str) -> float:
    """J&F under the default protocol."""
    protocol = find_protocol("stt", "davis")
    extractor = parse_method(method).build(CPU)
    scores = evaluate_video(extractor, sample().video(sequence), davis(), protocol, CPU).scores
    return davis().summarise({sequence: scores}, protocol).metrics["J&F"]


def moving() -> list[str]:
    return [name for name in sample().sequences if moves(name) > 1]


def test_in_every_clip_some_object_moves_by_more_than_its_size() -> None:
    assert moving() == ["walker", "twins", "pillar", "trio"]


@pytest.mark.parametrize("method", ["rgb", "random"])
def test_positions_alone_are_worse_than_features_where_objects_move(method: str) -> None:
    for sequence in moving():
        assert mean_of("identity", sequence) < mean_of(method, sequence), sequence
