"""The scaling curves on tiny synthetic features."""

from itertools import islice

import pytest
import torch

from corrbench.evaluation.bench import curves
from corrbench.evaluation.bench.curves import QUICK, CurvePoint, measure_curves
from corrbench.evaluation.bench.scenes import scene
from corrbench.protocols.davis import CRW

CPU = torch.device("cpu")


def measured() -> list[CurvePoint]:
    return measure_curves(QUICK, CRW.propagation, CPU)


def test_every_curve_has_its_points_on_both_paths() -> None:
    points = [(point.curve, point.x, point.path) for point in measured()]
    paths = ("engine", "plain")
    assert points == [
        *(("context", x, path) for x in (1, 2) for path in paths),
        *(("grid", x, path) for x in (48, 80) for path in paths),
        *(("radius", x, path) for x in (2, 3) for path in paths),
        *(("labels", x, path) for x in (2, 3) for path in paths),
        ("length", 12, "engine"),
        ("length", 16, "engine"),
    ]


def test_the_engine_gives_what_the_plain_path_gives() -> None:
    differences = [point.difference for point in measured() if point.curve != "length"]
    assert all(difference is not None and difference < 1e-5 for difference in differences)


def test_a_ratio_is_of_times_of_the_same_run() -> None:
    engine, plain, *_ = measured()
    assert plain.ratio == 1
    assert engine.ratio == plain.milliseconds / engine.milliseconds


def test_the_plain_path_is_left_out_where_it_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(curves.AFFORDABLE, "cpu", 21 * 48 * 48)
    grids = [(point.x, point.path, point.ratio is None) for point in measured() if point.curve == "grid"]
    assert grids == [(48, "engine", False), (48, "plain", False), (80, "engine", True)]


def test_points_are_told_as_they_come() -> None:
    told: list[CurvePoint] = []
    assert measure_curves(QUICK, CRW.propagation, CPU, told.append) == told


def test_the_frames_of_a_scene_are_distinct_and_of_unit_length_and_alike() -> None:
    first, second = islice(scene((6, 8), 16, CPU), 2)
    assert first.shape == (6, 8, 16)
    torch.testing.assert_close(first.norm(dim=2), torch.ones(6, 8))
    assert not torch.equal(first, second)
    assert float((first * second).sum(2).mean()) > 0.5


def test_a_scene_is_the_same_each_time() -> None:
    assert torch.equal(next(scene((6, 8), 16, CPU)), next(scene((6, 8), 16, CPU)))
