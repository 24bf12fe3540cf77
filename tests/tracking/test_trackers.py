"""The three trackers on a bright square over a textured background, seen by hand-made features."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import isfinite

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from corrbench.metrics.boxes import box_overlaps
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tracking import DCF, MASK, XCORR
from corrbench.tracking.crops import cropped
from corrbench.tracking.rectangles import Rectangle
from corrbench.tracking.rules import DcfRule, SearchRule
from corrbench.tracking.start import start_tracker
from corrbench.tracking.tracker import Look, Tracker

HEIGHT, WIDTH, STRIDE = 96, 128, 8
SIZE = (256, 256)  # of a crop: 32 x 32 cells
TRACKERS = pytest.mark.parametrize("protocol", [MASK, DCF, XCORR], ids=lambda protocol: protocol.name)


@cache
def background() -> Tensor:
    """Smooth random colours (3, H, W) from 0 to 150."""
    coarse = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    return F.interpolate(coarse, (HEIGHT, WIDTH), mode="bicubic", align_corners=False)[0].clamp(0, 1) * 150


@cache
def pattern() -> Tensor:
    """The colours of a bright square, (3, 5, 5), from 150 to 255."""
    return 150 + 105 * torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(1))


def frame(*boxes: Rectangle) -> Tensor:
    """The background with bright squares of 5 x 5 patches."""
    image = background().clone()
    for box in boxes:
        top, left = max(0, round(box.y)), max(0, round(box.x))
        bottom, right = min(HEIGHT, round(box.y + box.h)), min(WIDTH, round(box.x + box.w))
        if bottom > top and right > left:
            rows = ((torch.arange(top, bottom) + 0.5 - box.y) / box.h * 5).long().clamp(0, 4)
            columns = ((torch.arange(left, right) + 0.5 - box.x) / box.w * 5).long().clamp(0, 4)
            image[:, top:bottom, left:right] = pattern()[:, rows[:, None], columns]
    return image.to(torch.uint8)


def look_at(image: Tensor) -> Look:
    """Features of regions: how much of each cell is near each of 64 colours."""
    levels = torch.linspace(0, 255, 4)
    colours = torch.cartesian_prod(levels, levels, levels)  # (64, 3)

    def look(regions: Sequence[Rectangle]) -> Tensor:
        crops = torch.stack([cropped(image, region, SIZE) for region in regions])
        pixels = F.avg_pool2d(crops, 4)  # (S, 3, 64, 64)
        distances = (pixels[:, None] - colours[:, :, None, None]).square().sum(2)  # (S, 64, 64, 64)
        return F.avg_pool2d(torch.exp(distances / -(2 * 40**2)), STRIDE // 4)

    return look


def started(protocol: Protocol, box: Rectangle) -> Tracker:
    return start_tracker(
        box, (HEIGHT, WIDTH), look_at(frame(box)), protocol.tracker, protocol.propagation, stride=2 * STRIDE
    )


def tracked(protocol: Protocol, truth: Sequence[Rectangle]) -> list[Rectangle]:
    """The boxes of the frames after the first."""
    tracker = started(protocol, truth[0])
    return [tracker.step(look_at(frame(box))) for box in truth[1:]]


def overlap(first: Rectangle, second: Rectangle) -> float:
    return box_overlaps(first.box(), second.box()).item()


@TRACKERS
def test_a_moving_square_is_followed(protocol: Protocol) -> None:
    truth = [Rectangle(20 + 3 * t, 30 + t, 20, 20) for t in range(16)]
    boxes = tracked(protocol, truth)
    assert min(overlap(found, true) for found, true in zip(boxes, truth[1:], strict=True)) > 0.6


@TRACKERS
def test_a_square_at_rest_stays_where_it_is(protocol: Protocol) -> None:
    truth = [Rectangle(50, 40, 20, 16)] * 8
    boxes = tracked(protocol, truth)
    assert overlap(boxes[-1], truth[0]) > 0.85
    if protocol is XCORR:
        assert boxes[-1] == truth[0]  # in UniTrack it moves by a cell a frame


@TRACKERS
def test_a_growing_square_gets_a_growing_box(protocol: Protocol) -> None:
    truth = [Rectangle(54 - t / 2, 38 - t / 2, 20 + t, 20 + t) for t in range(15)]
    boxes = tracked(protocol, truth)
    assert boxes[-1].w > 26
    assert overlap(boxes[-1], truth[-1]) > 0.5


@TRACKERS
def test_a_shrinking_square_gets_a_shrinking_box(protocol: Protocol) -> None:
    truth = [Rectangle(40 + t / 2, 30 + t / 2, 36 - t, 36 - t) for t in range(15)]
    boxes = tracked(protocol, truth)
    assert boxes[-1].w < 31
    assert overlap(boxes[-1], truth[-1]) > 0.5


@TRACKERS
def test_a_square_that_leaves_the_frame_leaves_a_finite_box(protocol: Protocol) -> None:
    truth = [Rectangle(90 + 4 * t, 40, 20, 20) for t in range(20)]
    for box in tracked(protocol, truth):
        assert all(map(isfinite, (box.x, box.y, box.w, box.h)))
        assert 4 <= box.w <= 100
        assert 4 <= box.h <= 100


@TRACKERS
def test_a_box_that_reaches_beyond_the_frame_is_followed_into_it(protocol: Protocol) -> None:
    truth = [Rectangle(-4 + 2 * t, -3 + 2 * t, 20, 20) for t in range(12)]
    boxes = tracked(protocol, truth)
    assert overlap(boxes[-1], truth[-1]) > 0.5


@TRACKERS
def test_a_video_without_changes_of_colour_gives_a_box(protocol: Protocol) -> None:
    gray = look_at(torch.full((3, HEIGHT, WIDTH), 200, dtype=torch.uint8))
    box = Rectangle(50, 40, 20, 20)
    tracker = start_tracker(box, (HEIGHT, WIDTH), gray, protocol.tracker, protocol.propagation, stride=16)
    found = tracker.step(gray)
    assert all(map(isfinite, (found.x, found.y, found.w, found.h)))


@TRACKERS
def test_sides_stay_within_bounds_of_the_first(protocol: Protocol) -> None:
    fixed = replace(protocol, tracker=replace(protocol.tracker, least_scale=1.0, most_scale=1.0))
    truth = [Rectangle(54 - t / 2, 38 - t / 2, 20 + t, 20 + t) for t in range(8)]
    assert {(box.w, box.h) for box in tracked(fixed, truth)} == {(20, 20)}


@pytest.mark.parametrize("protocol", [DCF, XCORR], ids=lambda protocol: protocol.name)
def test_sides_are_bounded_by_width_and_height_of_the_frame(protocol: Protocol) -> None:
    first = Rectangle(0, 0, WIDTH, HEIGHT)
    assert protocol.part(SearchRule).most_scale == 5
    tracker = started(protocol, first)
    box = tracker.step(look_at(frame(first.scaled(1.2))))
    assert box.w <= WIDTH
    assert box.h <= HEIGHT


def test_the_mask_keeps_the_last_box_where_no_label_is_high() -> None:
    box = Rectangle(20, 30, 20, 20)
    assert started(MASK, box).step(look_at(frame())) == box


def test_a_filter_that_does_not_learn_looks_at_search_regions_alone() -> None:
    looks = []
    truth = Rectangle(50, 40, 20, 20)

    def counting(regions: Sequence[Rectangle]) -> Tensor:
        looks.append(len(regions))
        return look_at(frame(truth))(regions)

    for rate, expected in ((0.01, [1, 3, 1]), (0.0, [1, 3])):
        looks.clear()
        rule = replace(DCF.part(DcfRule), learning_rate=rate)
        start_tracker(truth, (HEIGHT, WIDTH), counting, rule, DCF.propagation, 16).step(counting)
        assert looks == expected


@TRACKERS
@pytest.mark.parametrize("settings", [{"normalise": "false"}, {"precision": "bf16"}, {"precision": "fp16+rescore"}])
def test_every_arithmetic_follows_the_square(protocol: Protocol, settings: dict[str, str]) -> None:
    truth = [Rectangle(40 + 2 * t, 30 + t, 20, 20) for t in range(4)]
    found = tracked(protocol.with_settings(settings), truth)[-1]
    assert overlap(found, truth[-1]) > 0.5


@pytest.mark.parametrize(
    "settings",
    [
        {"first_frame": "masked"},
        {"window": "without_first"},
        {"window": "with_first"},
        {"neighbourhood": "everywhere"},
        {"neighbourhood": "square"},
        {"topk_scope": "per_frame"},
        {"weighting": "softmax_all"},
        {"weighting": "softmax_topk_ties"},
        {"memory": "minmax"},
        {"memory": "hard"},
        {"context": "0"},
        {"context": "1"},
    ],
    ids=str,
)
def test_the_mask_follows_under_every_rule_of_propagation(settings: dict[str, str]) -> None:
    truth = [Rectangle(40 + 3 * t, 30 + t, 20, 20) for t in range(5)]
    found = tracked(MASK.with_settings(settings), truth)[-1]
    assert overlap(found, truth[-1]) > 0.3
