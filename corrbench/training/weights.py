"""Files of trunk weights: what a training starts from and what it leaves."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from corrbench.core.checkpoint_files import TRUNK_FORMAT, ordered, read_checkpoint
from corrbench.errors import WeightsError
from corrbench.training.checkpoint import written


def plain_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU with rows in order; numbers that are not whole in float32."""
    plain = {}
    for name, tensor in weights.items():
        copy = tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)
        plain[name] = copy.contiguous()
    return plain


def write_weights(path: Path, weights: Mapping[str, Tensor], about: Mapping[str, str], half: bool = False) -> None:
    """Write plain weights as .safetensors with metadata; `half` in 16 bits, but for whole numbers."""
    kept = {name: tensor.half() if half and tensor.is_floating_point() else tensor for name, tensor in weights.items()}
    metadata = {"format": TRUNK_FORMAT, **about}
    content = ordered(save(kept, metadata))
    written(path, lambda temporary: _write(temporary, content))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a file of weights, read without running code, under whatever names it has; recipes translate them.

    WeightsError when a file cannot be read or has none.
    """
    try:
        return plain_weights(read_checkpoint(path).tensors)
    except WeightsError as error:
        raise WeightsError(f"--init: {error}") from None


def digest(weights: Mapping[str, Tensor]) -> str:
    """Twelve hex digits that differ with any name, shape or bit."""
    found = hashlib.sha256()
    for name in sorted(weights):
        found.update(f"{name} {tuple(weights[name].shape)} {weights[name].dtype}".encode())
        found.update(weights[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:12]
