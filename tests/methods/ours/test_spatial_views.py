"""Two views of an image, and the boxes that tell where they lie."""

from dataclasses import replace

import pytest
import torch

from corrbench.training.augment import Box
from corrbench_methods.ours.spatial_settings import SpatialSettings
from corrbench_methods.ours.views import TwoViews, overlap

PLAIN = SpatialSettings(size=32, jitter=0, grey=0, blur=0)  # views that show the image's own colours


def ramp() -> torch.Tensor:
    """An image whose red is a pixel's column and whose green its row, (1, 3, 100, 120)."""
    column, row = torch.arange(120).expand(100, 120), torch.arange(100)[:, None].expand(100, 120)
    return torch.stack([column, row, torch.zeros_like(row)]).to(torch.uint8)[None]


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_the_box_tells_where_each_pixel_of_a_view_comes_from(flip: float) -> None:
    item = TwoViews(replace(PLAIN, flip=flip)).prepare(ramp(), torch.Generator().manual_seed(0))
    for name in ("query", "key"):
        x, y, width, height = item[f"{name}_box"].tolist()
        assert (width < 0) == (flip == 1)
        middle = 255 * item[name][:, 12, 20]  # row 12, column 20 of the view
        assert middle[0].item() == pytest.approx(x + 20.5 / 32 * width - 0.5, abs=0.2)
        assert middle[1].item() == pytest.approx(y + 12.5 / 32 * height - 0.5, abs=0.2)


def test_each_view_is_mirrored_on_its_own() -> None:
    views = TwoViews(PLAIN)
    signs = set()
    for seed in range(30):
        item = views.prepare(ramp(), torch.Generator().manual_seed(seed))
        signs.add((item["query_box"][2].item() > 0, item["key_box"][2].item() > 0))
    assert signs == {(True, True), (True, False), (False, True), (False, False)}


def test_the_key_view_shows_enough_of_the_query_view() -> None:
    views = TwoViews(replace(PLAIN, least_overlap=0.5, greatest_area=0.4, flip=0))
    for seed in range(20):
        item = views.prepare(ramp(), torch.Generator().manual_seed(seed))
        query, key = (
            Box(int(y), int(x), int(height), int(width))
            for x, y, width, height in (item[f"{name}_box"].tolist() for name in ("query", "key"))
        )
        assert overlap(query, key) >= 0.5


def test_overlap_is_the_share_of_the_query_that_the_key_covers() -> None:
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == 0.5
    assert overlap(Box(0, 0, 10, 10), Box(0, 0, 100, 100)) == 1
    assert overlap(Box(0, 0, 10, 10), Box(20, 20, 10, 10)) == 0


def test_a_view_is_a_function_of_its_generator() -> None:
    views = TwoViews(SpatialSettings(size=32))
    first, again, other = (views.prepare(ramp(), torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["query"], other["query"])


def test_colours_change_unless_that_is_switched_off() -> None:
    def blue(settings: SpatialSettings) -> float:
        image = torch.tensor([200, 100, 0], dtype=torch.uint8)[:, None, None].expand(1, 3, 40, 40)
        drawn = [TwoViews(settings).prepare(image, torch.Generator().manual_seed(seed)) for seed in range(5)]
        return max(item["query"][2].max().item() for item in drawn)

    assert blue(PLAIN) == 0
    assert blue(replace(PLAIN, jitter=1.0)) > 0


def test_an_item_is_one_image_and_two_frames_of_work() -> None:
    views = TwoViews(PLAIN)
    assert (views.kind, views.least_frames, views.frames_per_item) == ("images", 1, 2)
    assert views.choose(1, torch.Generator()) == [0]
