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
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.memory import Context, ContextMemory
from corrbench.propagation.propagate import find_affinities
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.windowed import windowed_affinities
from corrbench.protocols.registry import find_protocol

RULE: PropagationRule = find_protocol("crw", "davis").propagation
RULES = {name: find_protocol(name, "davis").propagation for name in ("stt", "crw", "vfs", "dino")}


def unit(*shape: int, seed: int) -> Tensor:
    """Random keys of unit length along the last axis."""
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def filled(rule: PropagationRule, query: int, ahead: int, frames: Tensor) -> ContextMemory:
    """A memory as it is when the `ahead` frames from `query` on have arrived, of frames (T, h, w, C)."""
    labels = torch.rand(len(frames), 3, *frames.shape[1:3], generator=torch.Generator().manual_seed(1))
    memory = ContextMemory(rule, frames[0], labels[0], ahead)
    for frame in range(1, query + ahead):
        memory.store_keys(frame, frames[frame])
        memory.store_labels(frame, labels[frame])
    return memory


def only(
    query: Tensor, keys: Tensor, context: Context, rule: PropagationRule, radius: int, chunks: Chunks | None = None
) -> Affinity:
    """The windowed affinity of a single query frame (h, w, C)."""
    [found] = windowed_affinities(query[None], keys, [context], rule, radius, chunks)
    assert found is not None
    return found


def similarities(affinity: Affinity, query: Tensor, keys: Tensor) -> Tensor:
    """The similarity behind every weight above zero, best first, (N, k); nothing where the weight is zero."""
    found = (query.flatten(0, 1)[:, None] * keys.flatten(0, 2)[affinity.indices]).sum(2)
    return found.masked_fill(affinity.weights == 0, -1).sort(1, descending=True).values


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(list(RULES)),
    query=st.integers(1, 8),
    ahead=st.integers(1, 4),
    context=st.integers(0, 4),
    height=st.integers(1, 31),
    width=st.integers(1, 33),
    radius=st.integers(1, 20),
    topk=st.integers(1, 12),
    chunks=st.builds(
        Chunks, st.integers(1, 4), st.integers(1, 9), st.sampled_from([1, 50, 1280]), st.sampled_from([1, 9000, 2**22])
    ),
    seed=st.integers(0, 2**31),
)
def test_windowed_labels_equal_plain_labels(
    name: str,
    query: int,
    ahead: int,
    context: int,
    height: int,
    width: int,
    radius: int,
    topk: int,
    chunks: Chunks,
    seed: int,
) -> None:
    rule = replace(RULES[name], context=context, topk=topk, temperature=0.1)
    frames = unit(query + ahead, height, width, 5, seed=seed)
    memory = filled(rule, query, ahead, frames)
    contexts = [memory.context(query + index) for index in range(ahead)]
    found = windowed_affinities(frames[query:], memory.keys, contexts, rule, radius, chunks)
    for affinity, frame, slots in zip(found, frames[query:], contexts, strict=True):
        assert affinity is not None  # random similarities do not tie
        plain = plain_affinity(frame, memory.keys, slots, rule, radius)
        assert torch.allclose(affinity.carry(memory.labels), plain.carry(memory.labels), atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "fp16+rescore"])
def test_windowed_similarities_equal_plain_similarities_on_the_crw_grid(precision: str) -> None:
    rule = replace(RULE, precision=precision)
    frames = unit(6, 60, 107, 16, seed=0)
    memory = filled(RULE, 4, 2, frames)
    contexts = [memory.context(4), memory.context(5)]
    found = windowed_affinities(frames[4:], memory.keys, contexts, rule, 12)
    for affinity, frame, context in zip(found, frames[4:], contexts, strict=True):
        assert affinity is not None
        plain = plain_affinity(frame, memory.keys, context, RULE, 12)
        best = similarities(affinity, frame, memory.keys)[:, 0] - similarities(plain, frame, memory.keys)[:, 0]
        assert best.abs().max() <= 2e-6
        apart = (affinity.carry(memory.labels) - plain.carry(memory.labels)).abs().amax(1) > 1e-5  # (N,)
        assert apart.float().mean() <= (0 if precision == "fp32" else 1e-3)  # halves may miss one in a thousand


def test_keys_in_half_precision_are_rounded_before_they_are_compared() -> None:
    keys = unit(1, 1, 3, 8, seed=0)
    query, rule = unit(1, 1, 8, seed=1).expand(1, 3, 8), replace(RULE, topk=3, temperature=1.0)
    halves = only(query.half(), keys.half(), Context((1,), (0,)), rule, 9)
    rounded = only(query.half().float(), keys.half().float(), Context((1,), (0,)), rule, 9)
    exact = only(query, keys, Context((1,), (0,)), rule, 9)
    assert torch.equal(halves.weights, rounded.weights)
    assert 0 < (halves.weights - exact.weights).abs().max() <= 1e-3


def test_a_frame_that_counts_twice_takes_two_places() -> None:
    keys = torch.tensor([[[[1.0, 0.0]]], [[[0.0, 1.0]]]])  # two frames of one cell
    query = torch.tensor([[[0.8, 0.6]]])
    rule = replace(RULE, topk=3, temperature=1.0, neighbourhood="square")
    found = only(query, keys, Context(restricted=(2, 1), free=(0, 0)), rule, 1)
    assert found.indices.tolist() == [[0, 1]]
    assert found.weights[0].tolist() == pytest.approx([0.709539, 0.290461], abs=1e-6)  # 2 e^.8 and e^.6


def test_the_places_end_at_k() -> None:
    assert module._places(torch.tensor([[4, 3, 5]]), 6).tolist() == [[4, 2, 0]]


def test_a_few_ties_with_the_kth_are_kept() -> None:
    rule = replace(RULES["dino"], topk=2, temperature=1.0)
    keys = torch.tensor([[0.9, 0.5, 0.5, 0.5, 0.1]]).view(1, 1, 5, 1)
    found = only(torch.ones(1, 5, 1), keys, Context((1,), (0,)), rule, 9)
    assert found.weights[0].tolist() == pytest.approx([0.332120, 0.222627, 0.222627, 0.222627], abs=1e-6)


def test_many_ties_with_the_kth_are_left_to_the_plain_path() -> None:
    rule = replace(RULES["dino"], topk=2)
    query, keys = torch.ones(1, 1, 8, 1), torch.ones(8, 1, 8, 1)
    context = Context(restricted=(1, 0, 0, 0, 0, 0, 0, 0), free=(0,) * 8)
    assert windowed_affinities(query, keys, [context], rule, 9) == [None]
    [found] = find_affinities(query, keys, [context], rule, 9)
    assert found.weights.tolist() == [[0.125] * 8] * 8


def test_rules_over_all_candidates_take_the_plain_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corrbench.propagation.propagate.windowed_affinities", None)
    query, keys, context = torch.ones(1, 1, 2, 1), torch.ones(1, 1, 2, 1), Context((1,), (0,))
    for change in ({"neighbourhood": "everywhere"}, {"topk_scope": "per_frame"}, {"weighting": "softmax_all"}):
        [found] = find_affinities(query, keys, [context], replace(RULE, **change), 3)
        assert found.weights.shape == (2, 2)


def test_memory_does_not_grow_with_the_video() -> None:
    short, long = (filled(RULE, length, 1, torch.ones(length + 1, 2, 2, 2)) for length in (3, 90))
    assert short.keys.shape == long.keys.shape == (22, 2, 2, 2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "fp16+rescore"])
@pytest.mark.parametrize("name", RULES)
def test_windowed_labels_on_cuda_equal_those_on_the_cpu(name: str, precision: str) -> None:
    frames, rule = unit(6, 30, 54, 64, seed=0), replace(RULES[name], precision=precision)
    memory = filled(rule, 5, 1, frames)
    plain = plain_affinity(frames[5], memory.keys, memory.context(5), rule, 12)
    fast = only(frames[5].cuda(), memory.keys.cuda(), memory.context(5), rule, 12)
    apart = (fast.carry(memory.labels.cuda()).cpu() - plain.carry(memory.labels)).abs().amax(1) > 1e-5
    assert apart.float().mean() <= 1e-3
