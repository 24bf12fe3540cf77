"""SimSiam's projection and predictor, and its loss between two clips."""

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from corrbench_methods.heads import linear


class SimSiamHead(nn.Module):
    """Pooled features (M, C) to the projection z and the prediction p, (M, C) each.

    Projection: three linear layers, each with batch norm, ReLU after the first two; predictor: to C / 4, batch
    norm, ReLU, back to C (VFS 8e055cc, mmaction/models/heads/sim_siam_head.py; ResNet-18: 512 and 128). Batch
    norm needs two or more rows.
    """

    def __init__(self, channels: int, generator: Generator) -> None:
        super().__init__()
        within = channels // 4
        self.projection = nn.Sequential(
            linear(channels, channels, generator),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            linear(channels, channels, generator),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            linear(channels, channels, generator),
            nn.BatchNorm1d(channels),
        )
        self.predictor = nn.Sequential(
            linear(channels, within, generator),
            nn.BatchNorm1d(within),
            nn.ReLU(),
            linear(within, channels, generator),
        )

    def forward(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """z and p."""
        z = self.projection(pooled)
        return z, self.predictor(z)


def distance(predicted: Tensor, projected: Tensor) -> Tensor:
    """2 - 2 cos, in [0, 4], between the frames of two clips of each video: the mean over all pairs of frames, ().

    `predicted` and `projected` are (B, T, C), in float32; no gradient goes through `projected`. VFS rolls the
    second clip by 0 to T - 1 frames and averages over the rolls and the frames: each pair of frames once.
    """
    predicted, projected = F.normalize(predicted, dim=2), F.normalize(projected.detach(), dim=2)
    similarities = torch.einsum("bic,bjc->bij", predicted, projected)
    return (2 - 2 * similarities).mean()


def spread(embeddings: Tensor) -> Tensor:
    """How far embeddings, (M, C) of length 1, are from being all the same: 0 if they are, about 1 if all differ.

    sqrt(C) times the standard deviation over the M, averaged over the C: what SimSiam watches for collapse
    (Chen and He, CVPR 2021, section 4.1, there without the factor).
    """
    deviation: Tensor = embeddings.detach().std(dim=0, correction=0).mean()
    return deviation * math.sqrt(embeddings.shape[1])
