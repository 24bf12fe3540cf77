import pytest
import torch

from corrbench.errors import PredictionError
from corrbench.metrics.region import region_similarity


def test_one_shared_pixel_of_three_is_a_third():
    predicted = torch.tensor([[True, True, False]])
    truth = torch.tensor([[False, True, True]])
    assert region_similarity(predicted, truth).item() == 1 / 3


def test_two_empty_masks_agree():
    empty = torch.zeros(4, 5, dtype=torch.bool)
    assert region_similarity(empty, empty).item() == 1


def test_each_mask_of_a_stack_has_its_own_value():
    predicted = torch.tensor([[[True, False]], [[True, True]], [[False, False]]])
    truth = torch.tensor([[[False, True]], [[True, False]], [[False, False]]])
    similarity = region_similarity(predicted, truth)
    assert similarity.dtype == torch.float64
    assert similarity.tolist() == [0, 0.5, 1]


def test_masks_of_two_sizes_are_refused_with_both_sizes():
    with pytest.raises(PredictionError, match=r"\(3, 4\).*\(3, 5\)"):
        region_similarity(torch.zeros(3, 4, dtype=torch.bool), torch.zeros(3, 5, dtype=torch.bool))


def test_ids_are_not_masks():
    ids = torch.ones(3, 4, dtype=torch.uint8)
    with pytest.raises(PredictionError, match=r"torch\.uint8"):
        region_similarity(ids, ids)
