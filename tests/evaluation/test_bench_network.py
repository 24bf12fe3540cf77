"""Parameters and arithmetic of networks that are counted by hand."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from corrbench.evaluation.bench.network import gflop, parameter_count


class Dense(nn.Module):
    """Some network with a stride."""

    stride = 1

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8).eval()

    def forward(self, frames: Tensor) -> Tensor:
        features: Tensor = self.norm(self.convolution(frames))
        return features


class Attention:
    """One head over the pixels, its queries, keys and values the colours."""

    stride = 1

    def __call__(self, frames: Tensor) -> Tensor:
        colours = frames.flatten(2).transpose(1, 2)[:, None]  # (T, 1, H * W, 3)
        return F.scaled_dot_product_attention(colours, colours, colours)


class Wrapped:
    """A network inside an object that is none."""

    stride = 1

    def __init__(self) -> None:
        self.network = Dense()
        self.same = self.network

    def __call__(self, frames: Tensor) -> Tensor:
        features: Tensor = self.network(frames)
        return features


def test_the_arithmetic_of_a_convolution_is_exact() -> None:
    assert gflop(Dense(), torch.zeros(1, 3, 16, 20)) == 138_240 / 1e9  # 2 x (3 x 8 x 3 x 3) x (16 x 20)


def test_the_arithmetic_of_an_attention_is_exact() -> None:
    assert gflop(Attention(), torch.zeros(1, 3, 4, 5)) == 4_800 / 1e9  # 2 products x 2 x 3 x (4 x 5) x (4 x 5)


def test_frozen_parameters_count_and_buffers_do_not() -> None:
    network = Dense().requires_grad_(False)
    assert parameter_count(network) == 240  # 3 x 8 x 3 x 3 + 8, and 8 + 8 of the norm


def test_a_network_inside_an_object_counts_once() -> None:
    assert parameter_count(Wrapped()) == 240


def test_what_has_no_network_has_no_parameters() -> None:
    assert parameter_count(Attention()) == 0
