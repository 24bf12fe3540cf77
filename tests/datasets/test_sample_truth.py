"""The ground truth of the embedded sample: masks, parts, points, boxes and flow tell one story."""

from functools import cache

import numpy as np
import pytest

from corrbench_datasets.sample.figure import JOINTS, PERSON_PARTS
from corrbench_datasets.sample.motion import Map, Ripple, Wave, rotation
from corrbench_datasets.sample.render import Rendered, Scene, motion, render
from corrbench_datasets.sample.scenes import LEVELS, scenes

NAMES = ("walker", "twins", "pillar", "trio")


@cache
def scene(name: str, difficulty: int = 1) -> Scene:
    return {clip.name: clip for clip in _scenes(difficulty)}[name]


@cache
def _scenes(difficulty: int) -> tuple[Scene, ...]:
    return scenes(LEVELS[difficulty])


@cache
def frame(name: str, time: int) -> Rendered:
    return render(scene(name), time)


def part_at(rendered: Rendered, joint: str) -> str:
    x, y = np.rint(rendered.keypoints[JOINTS.index(joint)]).astype(int)
    return PERSON_PARTS[int(rendered.parts[y, x])]


def overlap(first: Rendered, second: Rendered) -> float:
    return float(((first.mask == 1) & (second.mask == 1)).sum() / ((first.mask == 1) | (second.mask == 1)).sum())


def test_a_wave_starts_at_rest_and_is_back_after_a_period() -> None:
    wave = Wave(100, 30, period=20)
    assert [round(wave.at(time), 6) for time in (0, 5, 10, 20)] == [70, 100, 130, 70]
    assert round(wave.paced(2).at(5), 6) == 130


def test_a_map_with_a_bend_is_undone_exactly() -> None:
    bent = Map(1.3 * rotation(0.4), np.array([200.0, 100.0]), Ripple(12, 120, 0.3))
    points = np.random.default_rng(0).uniform(-80, 80, (2, 500))
    np.testing.assert_allclose(bent.inverse(bent.forward(points)), points, atol=1e-9)


@pytest.mark.parametrize("difficulty", [0, 1, 2])
@pytest.mark.parametrize(("name", "objects"), [("walker", 1), ("twins", 2), ("pillar", 1), ("trio", 3)])
def test_every_object_is_visible_in_the_first_frame(name: str, objects: int, difficulty: int) -> None:
    mask = render(scene(name, difficulty), 0).mask
    assert np.unique(mask).tolist() == list(range(objects + 1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("time", [0, 5, 8])
def test_there_are_parts_exactly_where_there_are_objects(name: str, time: int) -> None:
    now = frame(name, time)
    np.testing.assert_array_equal(now.parts > 0, now.mask > 0)
    assert set(np.unique(now.parts)) <= {0, *scene(name).parts}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("time", [0, 5, 8])
def test_a_visible_point_lies_on_its_object(name: str, time: int) -> None:
    now = frame(name, time)
    objects = [actor.object for actor in scene(name).labelled for _ in actor.keypoints(time)]
    for (x, y), visible, number in zip(now.keypoints, now.visible, objects, strict=True):
        assert not visible or now.mask[round(float(y)), round(float(x))] == number


def test_a_box_is_tight() -> None:
    now = frame("trio", 11)
    for index, (x, y, w, h) in enumerate(now.boxes.astype(int)):
        inside = now.mask == index + 1
        assert inside[y : y + h, x : x + w].sum() == inside.sum()
        edges = (inside[y], inside[y + h - 1], inside[:, x], inside[:, x + w - 1])
        assert all(edge.any() for edge in edges)


def test_the_ball_vanishes_behind_the_pillar_and_returns() -> None:
    before, hidden, after = (frame("pillar", time) for time in (0, 7, 13))
    assert (hidden.mask == 0).all()
    assert np.isnan(hidden.boxes).all()
    assert not hidden.visible.any()
    assert before.visible.all()
    assert after.visible.all()
    assert before.boxes[0, 0] < 200 < 400 < after.boxes[0, 0]


def test_joints_lie_on_the_parts_they_are_named_after() -> None:
    now = frame("walker", 0)
    assert now.keypoints.shape == (15, 2)
    assert part_at(now, "face") == "face"
    assert part_at(now, "belly") == "upper-clothes"
    assert part_at(now, "right wrist") == "right-arm"
    assert part_at(now, "left wrist") == "left-arm"
    assert part_at(now, "right ankle") in {"right-leg", "right-shoe"}
    assert part_at(now, "left hip") == "pants"


def test_the_person_faces_us_so_that_its_right_is_left_in_the_image() -> None:
    x, y = frame("walker", 0).keypoints.T
    assert x[JOINTS.index("right shoulder")] < x[JOINTS.index("left shoulder")]
    assert y[JOINTS.index("face")] < y[JOINTS.index("belly")] < y[JOINTS.index("right ankle")]


def test_the_twin_is_not_labelled() -> None:
    twin = next(actor for actor in scene("twins").actors if actor.object == 0)
    now = frame("twins", 0)
    x, y = np.rint(twin.place(0)[0].map.offset - now.camera).astype(int)
    assert now.owner[y, x] == 1  # the backmost piece
    assert now.mask[y, x] == 0


@pytest.mark.parametrize("name", ["walker", "twins", "pillar"])
def test_an_object_leaves_its_place_so_that_position_alone_fails(name: str) -> None:
    assert overlap(frame(name, 0), frame(name, 14)) < 0.05


@pytest.mark.parametrize("name", ["walker", "twins", "trio"])
def test_objects_stay_in_view_in_a_long_video(name: str) -> None:
    for time in (61, 170, 299):
        now = frame(name, time)
        assert np.unique(now.mask).tolist() == list(range(scene(name).objects + 1))


@pytest.mark.parametrize("name", NAMES)
def test_valid_flow_carries_a_pixel_to_the_same_object(name: str) -> None:
    now, later = frame(name, 4), frame(name, 5)
    flow, valid = motion(now, later)
    rows, columns = np.nonzero(valid)
    x, y = np.rint(np.stack([columns, rows]) + flow[rows, columns].T).astype(int)
    np.testing.assert_array_equal(later.mask[y, x], now.mask[rows, columns])
    assert valid.mean() > 0.8


@pytest.mark.parametrize("name", ["twins", "pillar", "trio"])
def test_flow_carries_a_point_to_its_next_place(name: str) -> None:
    now, later = frame(name, 1), frame(name, 2)
    flow, _ = motion(now, later)
    x, y = np.rint(now.keypoints).astype(int).T
    carried = now.keypoints + flow[y, x]
    assert now.visible.all()
    assert np.abs(carried - later.keypoints).max() < 0.5  # a point is up to half a pixel from a pixel centre


def test_the_backdrop_moves_against_the_camera() -> None:
    now, later = frame("walker", 4), frame("walker", 5)
    flow, valid = motion(now, later)
    pan = later.camera - now.camera
    assert pan[0] > 5
    assert pan[1] == 0
    np.testing.assert_allclose(flow[now.owner == 0], np.broadcast_to(-pan, (int((now.owner == 0).sum()), 2)))
    assert not valid[:, 0].any()  # what leaves on the left is not seen again


def test_colours_follow_the_flow_where_light_does_not_change() -> None:
    now, later = frame("twins", 4), frame("twins", 5)
    flow, valid = motion(now, later)
    rows, columns = np.nonzero(valid & (now.mask == 1))
    x, y = np.rint(np.stack([columns, rows]) + flow[rows, columns].T).astype(int)
    carried = np.abs(later.frame[y, x].astype(int) - now.frame[rows, columns]).mean()
    still = np.abs(later.frame[rows, columns].astype(int) - now.frame[rows, columns]).mean()
    assert carried < 6 < 20 < still


def test_light_falls_over_the_pillar() -> None:
    assert frame("pillar", 14).frame.mean() < 0.75 * frame("pillar", 0).frame.mean()
