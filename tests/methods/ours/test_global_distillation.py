"""The teacher's look and the student's."""

import torch

from corrbench_methods.ours.global_distillation import global_distillation, student_affinity, teacher_affinity


def maps() -> torch.Tensor:
    return torch.rand(2, 2, 16, 3, 3, generator=torch.Generator().manual_seed(0))


def test_with_equal_maps_and_equal_scales_there_is_nothing_to_learn() -> None:
    query, reference = maps()
    student = student_affinity(query, reference)  # products over the root of 16 channels
    assert student.shape == (2, 9, 9)
    torch.testing.assert_close(student.sum(2), torch.ones(2, 9))
    assert global_distillation(student, teacher_affinity(query, reference, 4.0, normalised=False)) < 1e-14


def test_a_teacher_whose_maps_have_length_1_is_less_sure_than_the_released_one() -> None:
    query, reference = 10 * maps()
    released = teacher_affinity(query, reference, 0.07, normalised=False)
    default = teacher_affinity(query, reference, 0.07, normalised=True)
    assert released.amax(2).mean() > 0.99
    assert default.amax(2).mean() < 0.6


def test_the_distance_is_the_mean_over_all_pairs() -> None:
    one = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    half = torch.full((1, 2, 2), 0.5)
    assert global_distillation(one, half) == 0.25
