"""Two views of some images, the same ones each time."""

from pathlib import Path

from corrbench.training.comparison.views import chosen, views
from corrbench.training.sources import open_library


def test_images_are_chosen_at_equal_distances(images: Path) -> None:
    library = open_library("images", images)
    assert chosen(library, 3) == [0, 2, 4]
    assert chosen(library, 500) == [0, 1, 2, 3, 4, 5]


def test_views_are_the_same_each_time_and_two_of_one_image_differ(images: Path) -> None:
    library = open_library("images", images)
    [(one, other)], [(again, _)] = list(views(library, 1)), list(views(library, 1))
    assert one.shape == other.shape == (3, 128, 128)
    assert bool((one == again).all())
    assert bool((one != other).any())
