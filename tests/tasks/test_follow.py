"""Points followed by their labels or by comparison, forwards and backwards, on maps whose cells are numbered."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from corrbench.propagation.chunks import Chunks
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tapvid import CORRELATION, STT
from corrbench.tasks.follow import Setting, follow

CELLS = 8
BOTH = pytest.mark.parametrize("protocol", [STT, CORRELATION], ids=lambda protocol: protocol.name)


def picture(shift: int) -> Tensor:
    """A map (64, 8, 8) whose cells have a direction each, and are moved to the right by so many cells."""
    numbers = torch.arange(CELLS**2).reshape(CELLS, CELLS).roll(shift, 1)
    return one_hot(numbers, CELLS**2).permute(2, 0, 1).float()


def setting(protocol: Protocol, **changes: str) -> Setting:
    """A raster of 64 pixels, 8 of them a cell."""
    return Setting(protocol.with_settings({"raster": "64", **changes}), (64, 64), 8, Chunks())


def followed(maps: list[Tensor], places: Tensor, protocol: Protocol, **changes: str) -> tuple[Tensor, Tensor]:
    """Positions (T, Q, 2) and whether they are seen (T, Q)."""
    found = list(follow(places, maps, setting(protocol, **changes)))
    assert len(found) == len(maps)
    return torch.stack([places for places, _ in found]), torch.stack([seen for _, seen in found])


PLACES = torch.tensor([[12.0, 20.0], [20.0, 44.0]], dtype=torch.float64)  # the centres of two cells


@BOTH
def test_points_move_with_their_cells(protocol: Protocol) -> None:
    positions, seen = followed([picture(shift) for shift in range(5)], PLACES, protocol)
    for shift, found in enumerate(positions):
        assert (found - PLACES - torch.tensor([8.0 * shift, 0])).abs().max() < 1
    assert seen.all()


@BOTH
def test_maps_in_reverse_are_followed_as_well(protocol: Protocol) -> None:
    positions, _ = followed([picture(shift) for shift in (4, 3, 2, 1, 0)], PLACES + torch.tensor([32.0, 0]), protocol)
    assert (positions[-1] - PLACES).abs().max() < 1


@BOTH
def test_the_frame_of_the_query_has_the_place_that_was_asked_for(protocol: Protocol) -> None:
    asked = torch.tensor([[13.25, 21.5]], dtype=torch.float64)
    positions, seen = followed([picture(0)], asked, protocol)
    assert positions[0].equal(asked)
    assert seen.all()


@BOTH
def test_a_point_is_said_to_be_hidden_where_nothing_looks_like_it(protocol: Protocol) -> None:
    covered = picture(1)
    covered[:, 2] = 0
    covered[0, 2] = 1  # the row of the first point has become something else
    _, seen = followed([picture(0), covered, picture(2)], PLACES, protocol)
    assert seen.tolist() == [[True, True], [False, True], [True, True]]


@BOTH
def test_the_threshold_decides_how_alike_a_point_has_to_be(protocol: Protocol) -> None:
    faded = picture(0)
    faded[63] = 1.0  # every cell but the last one gets a second direction: a cosine of 0.707 with what it was
    for threshold, expected in (("0.6", True), ("0.8", False)):
        _, seen = followed([picture(0), faded], PLACES[:1], protocol, occlusion_threshold=threshold)
        assert seen[1].tolist() == [expected]


def test_a_comparison_averages_the_places_of_equal_cells() -> None:
    twice = picture(0)
    twice[:, 2, 3] = twice[:, 2, 1]  # the cell of the first point occurs again, two further on
    positions, _ = followed([picture(0), twice], PLACES[:1], CORRELATION, topk="2")
    assert positions[1].tolist() == [[20.0, 20.0]]


def test_a_query_between_cells_is_a_mixture_of_their_features() -> None:
    between = torch.tensor([[16.0, 20.0]], dtype=torch.float64)
    positions, _ = followed([picture(0), picture(1)], between, CORRELATION, topk="2")
    assert positions[1].tolist() == [[24.0, 20.0]]
