"""Nearest features against known motion."""

import pytest
import torch

from corrbench.core.flow import Flow
from corrbench.core.video import Video
from corrbench.evaluation.probes.correspondence import correspondence, pair_hits


def still(height: int, width: int) -> Flow:
    return Flow(torch.zeros(height, width, 2), torch.ones(height, width, dtype=torch.bool))


def distinct(rows: int, columns: int) -> torch.Tensor:
    return torch.eye(rows * columns).reshape(-1, rows, columns)  # every cell has a direction of its own


def test_distinct_features_find_themselves_in_a_still_video() -> None:
    hits = pair_hits(distinct(3, 4), distinct(3, 4), still(24, 32))
    assert hits.total == {"visible": 12, "hidden": 0, "still": 12, "slow": 0, "fast": 0}
    assert hits.shares == {"visible": 1.0, "hidden": None, "still": 1.0, "slow": None, "fast": None}


def test_what_moves_by_three_cells_is_found_there_and_what_leaves_is_not_counted() -> None:
    flow = Flow(torch.tensor([24.0, 0.0]).expand(24, 32, 2), torch.ones(24, 32, dtype=torch.bool))
    moved = distinct(3, 4).roll(3, dims=2)
    hits = pair_hits(distinct(3, 4), moved, flow)
    assert hits.total["visible"] == 3  # one column of cells stays inside
    assert (hits.near["fast"], hits.total["fast"]) == (3, 3)


def test_features_that_stay_behind_miss_what_moves() -> None:
    flow = Flow(torch.tensor([12.0, 0.0]).expand(24, 32, 2), torch.ones(24, 32, dtype=torch.bool))
    hits = pair_hits(distinct(3, 4), distinct(3, 4), flow)
    assert (hits.near["slow"], hits.total["slow"]) == (0, 6)  # two columns end inside the 32 pixels


def test_to_stay_behind_is_a_hit_up_to_eight_pixels_and_that_counts_as_still() -> None:
    flow = Flow(torch.tensor([8.0, 0.0]).expand(24, 32, 2), torch.ones(24, 32, dtype=torch.bool))
    hits = pair_hits(distinct(3, 4), distinct(3, 4), flow)
    assert (hits.near["still"], hits.total["still"], hits.total["slow"]) == (9, 9, 0)  # three columns stay inside


def test_hidden_surfaces_are_counted_apart() -> None:
    flow = Flow(torch.zeros(24, 32, 2), torch.zeros(24, 32, dtype=torch.bool))
    hits = pair_hits(distinct(3, 4), distinct(3, 4), flow)
    assert (hits.total["visible"], hits.near["hidden"], hits.total["hidden"]) == (0, 12, 12)


def test_all_pairs_of_a_video_are_added_up() -> None:
    frames = [torch.zeros(3, 24, 32, dtype=torch.uint8)] * 3
    video = Video("v", frames, [still(24, 32), still(24, 32), None], ("0", "1", "2"))
    hits = correspondence(lambda pixels: distinct(3, 4).unsqueeze(0), video, torch.device("cpu"))
    assert hits.total["visible"] == 24
    assert hits.shares["visible"] == pytest.approx(1.0)
