"""The windowed path gives what the plain path gives."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from corrbench.propagation import windowed as module
from corrbench.propagation.affinity import Affinity, plain_affinity
from corrbench.propagation.memory import Context, ContextMemory
from corrbench.propagation.propagate import find_affinity
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windowed import windowed_affinity
from corrbench.protocols.registry import find_protocol

RULE: PropagationRule = find_protocol("crw", "davis").propagation
RULES = {name: find_protocol(name, "davis").propagation for name in ("stt", "crw", "vfs", "dino")}


def unit(*shape: int, seed: int) -> Tensor:
    """Random keys of unit length along the last axis."""
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def filled(rule: PropagationRule, query: int, height: int, width: int, channels: int, seed: int) -> ContextMemory:
    """A memory as it is when frame `query` arrives."""
    keys = unit(query, height, width, channels, seed=seed)
    labels = torch.rand(query, 3, height, width, generator=torch.Generator().manual_seed(seed + 1))
    memory = ContextMemory(rule, keys[0], labels[0])
    for frame in range(1, query):
        memory.store(frame, keys[frame], labels[frame])
    return memory


def similarities(affinity: Affinity, query: Tensor, keys: Tensor) -> Tensor:
    """The similarity behind every weight above zero, best first, (N, k); nothing where the weight is zero."""
    found = (query.flatten(0, 1)[:, None] * keys.flatten(0, 2)[affinity.indices]).sum(2)
    return found.masked_fill(affinity.weights == 0, -1).sort(1, descending=True).values


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(list(RULES)),
    query=st.integers(1, 8),
    context=st.integers(0, 4),
    height=st.integers(1, 31),
    width=st.integers(1, 33),
    radius=st.integers(1, 20),
    topk=st.integers(1, 12),
    seed=st.integers(0, 2**31),
)
def test_windowed_labels_equal_plain_labels(
    name: str, query: int, context: int, height: int, width: int, radius: int, topk: int, seed: int
) -> None:
    rule = replace(RULES[name], context=context, topk=topk, temperature=0.1)
    memory = filled(rule, query, height, width, 5, seed)
    frame = unit(height, width, 5, seed=seed + 2)
    slots = memory.context(query)
    fast = windowed_affinity(frame, memory.keys, slots, rule, radius)
    plain = plain_affinity(frame, memory.keys, slots, rule, radius)
    assert fast is not None  # random similarities do not tie
    assert torch.allclose(fast.carry(memory.labels), plain.carry(memory.labels), atol=1e-5)


def test_windowed_similarities_equal_plain_similarities_on_the_crw_grid() -> None:
    memory = filled(RULE, 4, 60, 107, 16, seed=0)
    frame = unit(60, 107, 16, seed=9)
    context = memory.context(4)
    fast = windowed_affinity(frame, memory.keys, context, RULE, 12)
    plain = plain_affinity(frame, memory.keys, context, RULE, 12)
    assert fast is not None
    best = similarities(fast, frame, memory.keys)[:, 0] - similarities(plain, frame, memory.keys)[:, 0]
    assert best.abs().max() <= 2e-6
    assert torch.allclose(fast.carry(memory.labels), plain.carry(memory.labels), atol=2e-6)


def test_a_frame_that_counts_twice_takes_two_places() -> None:
    keys = torch.tensor([[[[1.0, 0.0]]], [[[0.0, 1.0]]]])  # two frames of one cell
    query = torch.tensor([[[0.8, 0.6]]])
    rule = replace(RULE, topk=3, temperature=1.0, neighbourhood="square")
    found = windowed_affinity(query, keys, Context(restricted=(2, 1), free=(0, 0)), rule, 1)
    assert found is not None
    assert found.indices.tolist() == [[0, 1]]
    assert found.weights[0].tolist() == pytest.approx([0.709539, 0.290461], abs=1e-6)  # 2 e^.8 and e^.6


def test_the_places_end_at_k() -> None:
    assert module._places(torch.tensor([[4, 3, 5]]), 6).tolist() == [[4, 2, 0]]


def test_ties_with_the_kth_are_left_to_the_plain_path() -> None:
    rule = replace(RULES["dino"], topk=2)
    query, keys = torch.ones(1, 4, 1), torch.ones(8, 1, 4, 1)
    context = Context(restricted=(1, 0, 0, 0, 0, 0, 0, 0), free=(0,) * 8)
    assert windowed_affinity(query, keys, context, rule, 9) is None
    assert find_affinity(query, keys, context, rule, 9).weights.tolist() == [[0.25] * 4] * 4


def test_rules_over_all_candidates_take_the_plain_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corrbench.propagation.propagate.windowed_affinity", None)
    query, keys, context = torch.ones(1, 2, 1), torch.ones(1, 1, 2, 1), Context((1,), (0,))
    for change in ({"neighbourhood": "everywhere"}, {"topk_scope": "per_frame"}, {"weighting": "softmax_all"}):
        assert find_affinity(query, keys, context, replace(RULE, **change), 3).weights.shape == (2, 2)


def test_memory_does_not_grow_with_the_video() -> None:
    short, long = filled(RULE, 3, 2, 2, 2, seed=0), filled(RULE, 90, 2, 2, 2, seed=0)
    assert short.keys.shape == long.keys.shape == (21, 2, 2, 2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", RULES)
def test_windowed_labels_on_cuda_equal_those_on_the_cpu(name: str) -> None:
    memory = filled(RULES[name], 5, 30, 54, 64, seed=0)
    frame, context = unit(30, 54, 64, seed=9), memory.context(5)
    plain = plain_affinity(frame, memory.keys, context, RULES[name], 12)
    fast = windowed_affinity(frame.cuda(), memory.keys.cuda(), context, RULES[name], 12)
    assert fast is not None
    assert torch.allclose(fast.carry(memory.labels.cuda()).cpu(), plain.carry(memory.labels), atol=1e-5)
