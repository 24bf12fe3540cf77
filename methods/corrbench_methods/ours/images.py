"""The image term: MoCo's InfoNCE between two views as wholes."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from corrbench.training.recipe import Outcome
from corrbench_methods.ours.contrast import contrast, monitors
from corrbench_methods.ours.queue import Queue
from corrbench_methods.ours.spatial_settings import EMBEDDING, SpatialSettings


class ImageTerm(nn.Module):
    """Each query image should be more similar to its other view than to keys of other images."""

    def __init__(self, settings: SpatialSettings, generator: Generator) -> None:
        super().__init__()
        self.settings = settings
        self.queue = Queue(settings.queue, EMBEDDING, generator)

    def forward(self, query: Tensor, key: Tensor) -> Outcome:
        """The term of embeddings (B, 128) of B images, in float32 and of any length."""
        query, key = F.normalize(query, dim=1), F.normalize(key, dim=1)
        negative = query @ self.queue.keys.T  # (B, K)
        if self.settings.batch_negatives:
            negative = negative.masked_fill(self.queue.random, -torch.inf)
            own = torch.eye(len(query), dtype=torch.bool, device=query.device)
            others = (query @ key.T).masked_fill(own, -torch.inf)  # (B, B)
            negative = torch.cat([negative, others], dim=1)
        result = contrast((query * key).sum(dim=1), negative, self.settings.temperature)
        self.queue.hold(key)
        every = torch.ones(len(query), dtype=torch.bool, device=query.device)
        loss = result.loss.mean()
        return Outcome(loss, monitors("image", loss, result, every, query))
