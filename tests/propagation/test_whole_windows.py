"""Windows in which every cell keeps a weight: by hand, and against sums written out cell by cell."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from corrbench.errors import SettingError
from corrbench.propagation.affinity import plain_affinity
from corrbench.propagation.coarse_search import ShiftedWindow, coarse_offsets
from corrbench.propagation.memory import Context
from corrbench.propagation.propagate import find_affinities, find_carriers
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.whole_windows import WholeWindows
from corrbench.protocols.registry import find_protocol

RULE: PropagationRule = find_protocol("mast", "davis").propagation
NEAR = replace(RULE, long_gap=0)


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def at(maps: Tensor, row: float, column: float) -> Tensor:
    """The value (C,) of maps (h, w, C) between cells, with zeros outside."""
    value = torch.zeros(maps.shape[2], dtype=torch.float64)
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            if 0 <= i < maps.shape[0] and 0 <= j < maps.shape[1]:
                value += maps[i, j].double() * (1 - abs(row - i)) * (1 - abs(column - j))
    return value


def offset_of(query: Tensor, keys: Tensor, y: int, x: int, radius: int, dilation: int) -> tuple[float, float]:
    """The mean offset of the coarse search of one cell."""
    steps = [(dy * dilation, dx * dilation) for dy in range(-radius, radius + 1) for dx in range(-radius, radius + 1)]
    logits = torch.stack([query[y, x].double() @ at(keys, y + dy, x + dx) for dy, dx in steps])
    weights = torch.softmax(logits, 0)
    return tuple(float(sum(w * step[axis] for w, step in zip(weights, steps, strict=True))) for axis in (0, 1))


def written_out(
    query: Tensor, keys: Tensor, labels: Tensor, gaps: list[int], radius: int, rule: PropagationRule
) -> Tensor:
    """The labels (h, w, K) of a query (h, w, C) from references (M, h, w, C), the oldest first."""
    height, width = query.shape[:2]
    result = torch.zeros(height, width, labels.shape[3])
    for y in range(height):
        for x in range(width):
            shifts = [
                offset_of(query, key, y, x, radius, min(rule.long_dilation, gap // rule.long_gap + 1))
                for key, gap in zip(keys, gaps, strict=True)
                if rule.long_gap and gap > rule.long_gap
            ]
            logits, values = [], []
            for index, (key, label) in enumerate(zip(keys, labels, strict=True)):
                far = index < len(shifts)
                own = shifts[index] if far else (0.0, 0.0)
                shown = shifts[-1] if far and rule.long_labels == "last" else own
                for dy in range(-radius, radius + 1):
                    for dx in range(-radius, radius + 1):
                        logits.append(query[y, x].double() @ at(key, y + own[0] + dy, x + own[1] + dx))
                        values.append(at(label, y + shown[0] + dy, x + shown[1] + dx))
            result[y, x] = (torch.softmax(torch.stack(logits), 0)[:, None] * torch.stack(values)).sum(0).float()
    return result


def test_cells_outside_the_frame_take_their_share_of_a_softmax() -> None:
    keys, labels = torch.zeros(1, 1, 2, 1), torch.ones(1, 2, 1)
    windows = WholeWindows(torch.zeros(1, 2, 1), keys, Context((1,), (0,), (1,)), NEAR, 1)
    assert windows.carry(labels).flatten().tolist() == pytest.approx([2 / 9, 2 / 9])  # 2 cells inside, 7 outside


def test_without_a_border_of_zeros_only_cells_inside_count() -> None:
    keys, labels = torch.zeros(1, 1, 2, 1), torch.tensor([[[1.0], [0.0]]])
    rule = replace(NEAR, border="cut")
    windows = WholeWindows(torch.zeros(1, 2, 1), keys, Context((1,), (0,), (1,)), rule, 1)
    assert windows.carry(labels).flatten().tolist() == [0.5, 0.5]


def test_a_cell_two_dilated_steps_away_is_found_by_the_coarse_search_alone() -> None:
    query, keys = torch.zeros(1, 7, 1), torch.zeros(1, 7, 1)
    query[0, 2], keys[0, 6] = 100.0, 1.0  # the counterpart of cell 2 is cell 6
    assert coarse_offsets(query, keys, 1, 4, RULE)[0, 2].tolist() == [0, 4]
    assert coarse_offsets(query, keys, 2, 2, RULE)[0, 2].tolist() == [0, 4]
    assert coarse_offsets(query, keys, 1, 2, RULE)[0, 2].tolist() == [0, 0]  # out of its reach


def test_a_window_half_a_cell_away_sees_the_mean_of_two_cells() -> None:
    keys, labels = torch.tensor([[[1.0], [3.0]]]), torch.tensor([[[10.0], [20.0]]])
    offsets = torch.tensor([[[0.0, 0.5], [0.0, 0.5]]])
    window = ShiftedWindow(torch.ones(1, 2, 1), keys, labels, offsets, offsets, 1)
    assert window.similarities(0)[0].view(3, 3).tolist() == [[0, 0, 0], [0.5, 2, 1.5], [0, 0, 0]]
    centre = torch.zeros(2, 9)
    centre[:, 4] = 1
    assert window.carried(0, centre).flatten().tolist() == [15, 10]  # cell 1 looks half out of the frame


@settings(max_examples=8, deadline=None)
@given(
    height=st.integers(1, 4),
    width=st.integers(1, 5),
    radius=st.integers(1, 2),
    gaps=st.sampled_from([[1], [3, 1], [40, 1], [70, 33, 5, 1]]),
    labels=st.sampled_from(["own", "last"]),
    seed=st.integers(0, 2**31),
)
def test_labels_are_those_of_sums_written_out(
    height: int, width: int, radius: int, gaps: list[int], labels: str, seed: int
) -> None:
    rule = replace(RULE, long_labels=labels)
    query, keys = random(height, width, 3, seed=seed), random(len(gaps), height, width, 3, seed=seed + 1)
    maps = torch.rand(len(gaps), height, width, 2, generator=torch.Generator().manual_seed(seed))
    context = Context((1,) * len(gaps), (0,) * len(gaps), tuple(gaps))
    [carrier] = find_carriers(query[None], keys, [context], rule, radius)
    found = carrier.carry(maps.flatten(1, 2)).view(height, width, 2)
    assert torch.allclose(found, written_out(query, keys, maps, gaps, radius, rule), atol=1e-5)


def test_a_window_that_is_cut_is_a_softmax_over_all_candidates() -> None:
    query, keys = random(5, 6, 4, seed=0), random(3, 5, 6, 4, seed=1)
    labels = torch.rand(3, 30, 2, generator=torch.Generator().manual_seed(2))
    context = Context((1, 2, 0), (0, 0, 0), (4, 1, 0))
    found = WholeWindows(query, keys, context, replace(NEAR, border="cut"), 2).carry(labels)
    every = replace(NEAR, border="cut", weighting="softmax_all", topk=1000)
    assert torch.allclose(found, plain_affinity(query, keys, context, every, 2).carry(labels), atol=1e-6)


def test_a_rule_that_weighs_every_cell_has_no_affinity() -> None:
    with pytest.raises(SettingError, match="has no best ones"):
        find_affinities(torch.ones(1, 1, 1, 1), torch.ones(1, 1, 1, 1), [Context((1,), (0,))], RULE, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"neighbourhood": "disc"}, "weighting=softmax needs square"),
        ({"topk_scope": "per_frame"}, "weighting=softmax needs joint"),
        ({"border": "cut"}, "long_gap=15 needs zeros"),
        ({"weighting": "softmax_topk"}, "they need weighting=softmax"),
        ({"context_step": 0}, "context_step=0 does not fit"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        replace(RULE, **change)
