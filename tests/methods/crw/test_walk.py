"""Affinities, transitions, palindromes and the share of walkers that come home."""

import pytest
import torch

from corrbench_methods.crw.walk import affinities, palindromes, returns, transitions

NODES = 49  # 7 x 7 patches
TEMPERATURE = 0.05


def none_dropped(frames: int, nodes: int, batch: int = 1) -> torch.Tensor:
    return torch.zeros(batch, frames - 1, 2, nodes, nodes, dtype=torch.bool)


def test_every_walker_of_identical_frames_comes_home() -> None:
    nodes = torch.eye(NODES, 128).expand(2, 4, NODES, 128)  # distinct, of length 1
    ends = palindromes(*transitions(affinities(nodes), none_dropped(4, NODES, 2), TEMPERATURE))
    loss, accuracy = returns(ends)
    assert accuracy == 1
    assert loss == pytest.approx(0, abs=1e-5)


def test_a_walker_among_equal_nodes_goes_anywhere() -> None:
    nodes = torch.nn.functional.normalize(torch.ones(1, 4, NODES, 128), dim=-1)
    loss, accuracy = returns(palindromes(*transitions(affinities(nodes), none_dropped(4, NODES), TEMPERATURE)))
    assert loss == pytest.approx(3.8918, abs=1e-4)  # log 49
    assert accuracy == pytest.approx(0.0204, abs=1e-4)  # 1 / 49


def test_nodes_that_change_places_are_followed() -> None:
    nodes = torch.stack([torch.eye(3)[[0, 1, 2]], torch.eye(3)[[2, 0, 1]], torch.eye(3)[[1, 2, 0]]])[None]
    onward, backward = transitions(affinities(nodes), none_dropped(3, 3), TEMPERATURE)
    assert onward[0, 0].argmax(-1).tolist() == [1, 2, 0]  # node 0 is at place 1 of the next frame
    assert backward[0, 0].argmax(-1).tolist() == [2, 0, 1]
    assert returns(palindromes(onward, backward))[1] == 1


@pytest.mark.parametrize(("frames", "skip_shortest", "count"), [(4, True, 2), (4, False, 3), (10, True, 8)])
def test_a_clip_of_t_frames_has_t_less_2_palindromes_without_the_shortest(
    frames: int, skip_shortest: bool, count: int
) -> None:
    nodes = torch.eye(5).expand(1, frames, 5, 5)
    steps = transitions(affinities(nodes), none_dropped(frames, 5), TEMPERATURE)
    assert len(palindromes(*steps, skip_shortest=skip_shortest)) == count


def test_a_palindrome_goes_on_in_order_and_back_in_reverse() -> None:
    generator = torch.Generator().manual_seed(0)
    onward, backward = torch.rand(2, 1, 3, 4, 4, generator=generator).softmax(-1)
    (a, b, c), (d, e, f) = onward[0], backward[0]
    two, three = palindromes(onward, backward)
    torch.testing.assert_close(two[0], a @ b @ e @ d)
    torch.testing.assert_close(three[0], a @ b @ c @ f @ e @ d)
    torch.testing.assert_close(three.sum(-1), torch.ones(1, 4))


def test_an_edge_that_is_dropped_on_the_way_there_is_dropped_on_the_way_back() -> None:
    dropped = none_dropped(2, 2)
    dropped[0, 0, 0, 0, 1] = True  # there: from 0 to 1
    onward, backward = transitions(torch.zeros(1, 1, 2, 2), dropped, TEMPERATURE)
    assert onward[0, 0].tolist() == [[1, 0], [0.5, 0.5]]
    assert backward[0, 0].tolist() == [[0.5, 0.5], [0, 1]]


def test_an_edge_that_is_dropped_on_the_way_back_stays_on_the_way_there() -> None:
    dropped = none_dropped(2, 2)
    dropped[0, 0, 1, 0, 1] = True  # back: from 0 to 1
    onward, backward = transitions(torch.zeros(1, 1, 2, 2), dropped, TEMPERATURE)
    assert onward[0, 0].tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert backward[0, 0].tolist() == [[1, 0], [0.5, 0.5]]


def test_a_node_without_edges_goes_anywhere() -> None:
    dropped = none_dropped(2, 2)
    dropped[0, 0, 0, 0] = True
    onward, _ = transitions(torch.eye(2)[None, None], dropped, TEMPERATURE)
    assert onward[0, 0, 0].tolist() == [0.5, 0.5]


def test_gradients_are_finite_when_no_walker_comes_home() -> None:
    affinity = torch.stack([torch.eye(2), 1 - torch.eye(2)])[None].requires_grad_()  # stays, then changes places
    onward, backward = transitions(affinity, none_dropped(3, 2), 0.001)
    astray = torch.cat([backward[:, :1].flip(-1), backward[:, 1:]], dim=1)  # the last step is to the other node
    loss, accuracy = returns(palindromes(onward, astray))
    loss.backward()
    assert accuracy == 0
    assert loss.item() == pytest.approx(46.0517, abs=1e-3)  # the floor: -log 1e-20
    assert affinity.grad is not None
    assert affinity.grad.isfinite().all()
