"""Where cells look, on grids small enough to check by eye."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from corrbench.errors import ExtractorError
from corrbench.propagation import affinity as module
from corrbench.propagation.affinity import plain_affinity
from corrbench.propagation.memory import Context
from corrbench.propagation.neighbourhood import reachable
from corrbench.propagation.propagate import propagate, remembered
from corrbench.propagation.rule import PropagationRule
from corrbench.propagation.stretch import stretched
from corrbench.protocols.registry import find_protocol

RULE: PropagationRule = find_protocol("crw", "davis").propagation


def offsets(shape: str, radius: int) -> int:
    """How many cells the centre of a large grid may look at."""
    return int(reachable(torch.tensor([20 * 41 + 20]), (41, 41), shape, radius).sum())


def test_a_disc_of_radius_12_holds_437_cells_and_a_square_625() -> None:
    assert (offsets("disc", 12), offsets("square", 12)) == (437, 625)


def test_a_disc_is_strict_and_a_square_is_not() -> None:
    assert (offsets("disc", 1), offsets("disc", 2), offsets("square", 1)) == (1, 9, 9)


def test_a_corner_reaches_only_what_is_inside_the_grid() -> None:
    near = reachable(torch.tensor([0]), (3, 4), "square", 1).view(3, 4)
    assert near.tolist() == [[True, True, False, False], [True, True, False, False], [False] * 4]


def square_at(row: int, column: int) -> Tensor:
    """Features (3, 6, 6): two channels of position-free background and one that marks a 2 x 2 square."""
    features = torch.zeros(3, 6, 6)
    features[0] = 1
    features[:, row : row + 2, column : column + 2] = torch.tensor([0.0, 0, 1])[:, None, None]
    return features


def test_a_square_that_moves_one_cell_is_followed() -> None:
    frames = [square_at(1, 1), square_at(1, 2), square_at(2, 3)]
    first = torch.stack([frames[0][0], frames[0][2]])
    rule = replace(RULE, topk=2, radius=3, temperature=0.01)
    *_, last = propagate(frames, first, rule)
    assert last.argmax(0).tolist() == square_at(2, 3)[2].int().tolist()


def test_one_candidate_and_no_temperature_copy_the_label() -> None:
    features = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(0))
    labels = torch.rand(3, 5, 6, generator=torch.Generator().manual_seed(1))
    rule = replace(RULE, topk=1)
    *_, last = propagate([features, features], labels, rule)
    assert torch.equal(last, labels)


def test_equal_similarities_that_tie_with_the_kth_are_all_kept() -> None:
    query = torch.ones(1, 4, 1)
    rule = replace(RULE, topk=2, weighting="softmax_topk_ties", neighbourhood="everywhere")
    kept = plain_affinity(query, torch.ones(1, 1, 4, 1), Context((1,), (0,)), rule, 1)
    assert kept.weights.tolist() == [[0.25] * 4] * 4


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    query = F.normalize(torch.randn(7, 6, 5, generator=generator), dim=-1)
    keys = F.normalize(torch.randn(3, 7, 6, 5, generator=generator), dim=-1)
    context = Context(restricted=(2, 1, 1), free=(1, 0, 0))
    whole = plain_affinity(query, keys, context, RULE, 3)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1)
    cell_by_cell = plain_affinity(query, keys, context, RULE, 3)
    assert torch.equal(whole.indices, cell_by_cell.indices)
    assert torch.allclose(whole.weights, cell_by_cell.weights, atol=1e-6)


@given(
    st.integers(2, 6),
    st.integers(2, 6),
    st.integers(1, 4),
    st.integers(1, 12),
    st.sampled_from(["disc", "square", "everywhere"]),
    st.sampled_from(["padded", "with_first", "without_first"]),
    st.sampled_from(["softmax_topk", "softmax_topk_ties"]),
    st.integers(0, 2**31),
)
def test_soft_labels_of_all_channels_sum_to_one(
    height: int, width: int, radius: int, topk: int, shape: str, window: str, weighting: str, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(5, 3, height, width, generator=generator)
    first = torch.softmax(torch.randn(4, height, width, generator=generator), 0)
    rule = replace(RULE, neighbourhood=shape, window=window, weighting=weighting, topk=topk, radius=radius, context=2)
    for soft in propagate(features, first, rule):
        assert torch.allclose(soft.sum(0), torch.ones(height, width), atol=1e-5)


def test_a_frame_with_another_grid_is_refused() -> None:
    with pytest.raises(ExtractorError, match=r"frame 1: features have the grid \(4, 4\)"):
        list(propagate([torch.ones(2, 3, 3), torch.ones(2, 4, 4)], torch.ones(2, 3, 3), RULE))


def test_stretching_leaves_an_empty_channel_alone_and_a_flat_one_without_spread() -> None:
    soft = torch.stack([torch.zeros(1, 2), torch.tensor([[0.25, 0.75]]), torch.full((1, 2), 0.5)])
    assert stretched(soft).tolist() == [[[0, 0]], [[0, 1]], [[0, 0]]]


def test_hard_memory_stores_the_winner_and_minmax_the_stretched_map() -> None:
    soft = torch.tensor([[[0.6, 0.1]], [[0.4, 0.3]]])
    assert remembered(soft, replace(RULE, memory="hard")).tolist() == [[[1, 0]], [[0, 1]]]
    assert remembered(soft, replace(RULE, memory="minmax")).flatten().tolist() == pytest.approx([1, 0, 1, 0])
    assert remembered(soft, RULE) is soft
