"""Layers of small heads on a trunk, drawn from a generator and not from the global random state."""

import torch
from torch import nn


def linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer by torch's own rule: weights and biases uniform within 1 / sqrt(inputs) of 0."""
    with torch.device("meta"):  # the constructor would draw from the global generator
        layer = nn.Linear(inputs, outputs)
    layer.to_empty(device="cpu")
    bound = inputs**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer
