"""Which frames a query looks at, rule by rule."""

from dataclasses import replace

import pytest
import torch

from corrbench.errors import SettingError
from corrbench.propagation.context import context_frames
from corrbench.propagation.memory import ContextMemory
from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.registry import find_protocol


def looked_at(window: str, query: int, context: int = 3) -> list[int]:
    rule = replace(find_protocol("crw", "davis").propagation, window=window, context=context)
    return [entry.frame for entry in context_frames(query, rule)]


def test_a_padded_window_repeats_frame_0_until_it_is_full() -> None:
    assert looked_at("padded", 1) == [0, 0, 0, 0]
    assert looked_at("padded", 2) == [0, 0, 0, 1]
    assert looked_at("padded", 5) == [0, 2, 3, 4]


def test_a_window_with_first_holds_frame_0_while_it_is_recent() -> None:
    assert looked_at("with_first", 1) == [0, 0]
    assert looked_at("with_first", 3) == [0, 0, 1, 2]
    assert looked_at("with_first", 4) == [0, 1, 2, 3]


def test_a_window_without_first_never_repeats_frame_0() -> None:
    assert looked_at("without_first", 1) == [0]
    assert looked_at("without_first", 3) == [0, 1, 2]
    assert looked_at("without_first", 5) == [0, 2, 3, 4]


def test_a_window_of_every_other_frame_is_padded_and_cut_as_any() -> None:
    rule = replace(find_protocol("crw", "davis").propagation, context=3, context_step=2)
    for window, frames in (("padded", [0, 0, 1, 3]), ("without_first", [0, 1, 3]), ("with_first", [0, 1, 3])):
        assert [entry.frame for entry in context_frames(4, replace(rule, window=window))] == frames


def test_mast_looks_at_the_frames_0_and_5_and_at_every_other_of_the_last_five() -> None:
    rule = find_protocol("mast", "davis").propagation
    seen = {query: [entry.frame for entry in context_frames(query, rule)] for query in (1, 5, 6, 10, 40)}
    assert seen == {1: [0], 5: [0, 2, 4], 6: [0, 1, 3, 5], 10: [0, 5, 7, 9], 40: [0, 5, 35, 37, 39]}


@pytest.mark.parametrize("ahead", [1, 4])
def test_the_memory_keeps_frame_5_when_its_place_is_taken(ahead: int) -> None:
    rule = find_protocol("mast", "davis").propagation
    memory = ContextMemory(rule, torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), ahead)
    for frame in range(1, 40):
        memory.store_keys(frame, torch.full((1, 1, 1), float(frame)))
        memory.store_labels(frame, torch.full((1, 1, 1), float(frame)))
    context = memory.context(40)
    slots = [slot for slot, count in enumerate(context.restricted) if count]
    assert sorted(memory.keys[slots].flatten().tolist()) == [0, 5, 35, 37, 39]
    assert torch.equal(memory.keys[slots].flatten(), memory.labels[slots].flatten())
    assert [40 - context.gaps[slot] for slot in slots] == memory.keys[slots].flatten().tolist()


def test_only_crw_leaves_frame_0_unmasked() -> None:
    masked = {
        name: context_frames(30, find_protocol(name, "davis").propagation)[0].masked
        for name in ("crw", "vfs", "stt", "dino")
    }
    assert masked == {"crw": False, "vfs": True, "stt": True, "dino": True}


def test_the_radius_follows_the_stride_of_the_method() -> None:
    rule: PropagationRule = find_protocol("stt", "davis").propagation
    assert [rule.radius_at(stride) for stride in (4, 8, 14, 16, 200)] == [24, 12, 7, 6, 1]


@pytest.mark.parametrize("field", ["stride", "radius", "topk"])
def test_a_rule_refuses_a_zero(field: str) -> None:
    with pytest.raises(SettingError, match=f"{field}=0 does not fit"):
        replace(find_protocol("stt", "davis").propagation, **{field: 0})


def test_a_rule_refuses_a_temperature_of_zero() -> None:
    with pytest.raises(SettingError, match=r"temperature=0.0 does not fit"):
        replace(find_protocol("stt", "davis").propagation, temperature=0.0)
