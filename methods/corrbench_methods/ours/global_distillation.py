"""What the spatial stage knew is kept: the coarsest level goes on seeing the frames as its frozen teacher does.

Spa-then-Temp 041a618, vcl/models/trackers/framework.py and vcl/models/common/correlation.py.
"""

from torch import Tensor
from torch.nn import functional as F


def student_affinity(query: Tensor, reference: Tensor) -> Tensor:
    """Where each query cell looks among all reference cells, (B, N, N), of maps (B, C, h, w): rows sum to 1."""
    return _products(query, reference).mul(query.shape[1] ** -0.5).softmax(2)


def teacher_affinity(query: Tensor, reference: Tensor, temperature: float, normalised: bool) -> Tensor:
    """The same for the teacher, over a temperature: of maps of length 1, or, as released, of maps as they are."""
    if normalised:
        query, reference = F.normalize(query, dim=1), F.normalize(reference, dim=1)
    return (_products(query, reference) / temperature).softmax(2)


def global_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """The mean squared distance () of two affinities (B, N, N)."""
    return F.mse_loss(student, teacher)


def _products(query: Tensor, reference: Tensor) -> Tensor:
    return query.flatten(2).mT @ reference.flatten(2)  # (B, N, N)
