"""What every recipe has to hold."""

from collections.abc import Callable, Sequence

import pytest
import torch

from corrbench.training.recipe import Batch, Recipe

Claim = Callable[..., None]


@pytest.fixture
def holds_in_bfloat16() -> Claim:
    """The claim that a recipe, in autocast to bfloat16, has a float32 loss near that of float32."""

    def claim(recipe: Recipe, batches: Sequence[Batch], rel: float = 0.1) -> None:
        full = recipe(batches, torch.Generator().manual_seed(0)).loss
        with torch.autocast("cpu", torch.bfloat16):
            half = recipe(batches, torch.Generator().manual_seed(0)).loss
        half.backward()
        assert half.dtype == torch.float32
        assert half.item() == pytest.approx(full.item(), rel=rel)

    return claim
