"""Two views of an image among those of others."""

import pytest
import torch

from corrbench.errors import DataError
from corrbench.evaluation.probes.retrieval import retrieval


def flat(*colour: float) -> torch.Tensor:
    return torch.tensor(colour).view(3, 1, 1).expand(3, 4, 4)


def test_views_of_different_colours_find_each_other() -> None:
    views = [(flat(1, 0, 0), flat(0.9, 0.1, 0)), (flat(0, 1, 0), flat(0.1, 0.8, 0)), (flat(0, 0, 1), flat(0, 0, 0.5))]
    assert retrieval(lambda frames: frames, views) == 1.0


def test_half_of_the_views_may_be_nearer_to_another_image() -> None:
    views = [(flat(1, 0, 0), flat(1, 0, 0)), (flat(0.9, 0.1, 0), flat(0, 0, 1))]
    assert retrieval(lambda frames: frames, views) == 0.5


def test_a_single_image_cannot_be_told_apart() -> None:
    with pytest.raises(DataError, match="found 1; give a folder of at least two"):
        retrieval(lambda frames: frames, [(flat(1, 0, 0), flat(1, 0, 0))])
