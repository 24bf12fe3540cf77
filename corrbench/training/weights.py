"""Files of trunk weights: what a training starts from and what it leaves."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from corrbench.errors import WeightsError
from corrbench.training.checkpoint import written

FORMAT = "corrbench-trunk 1"


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
    metadata = {"format": FORMAT, **about}
    content = ordered(save(kept, metadata))
    written(path, lambda temporary: _write(temporary, content))


def ordered(content: bytes) -> bytes:
    """A .safetensors file with the keys of its header in order: else each writing would give other bytes."""
    size = int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8 : 8 + size]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the tensors begin at a multiple of 8
    return len(header).to_bytes(8, "little") + header + content[8 + size :]


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors in a .safetensors file, or in a mapping or `state_dict` of torch.save, read without running code.

    Names are taken as they are: they have to be torchvision's. WeightsError when a file cannot be read or has none.
    """
    try:
        safe = path.suffix == ".safetensors"
        content: Any = load_file(path) if safe else torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError(f"--init {path}: {error.strerror or error}; give a .safetensors or .pth file") from None
    except Exception as error:  # a damaged file may raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"--init {path}: {reason}; give a whole .safetensors or .pth file of tensors") from None
    held = content.get("state_dict", content) if isinstance(content, Mapping) else {}
    tensors = {str(name): value for name, value in dict(held).items() if isinstance(value, Tensor)}
    if not tensors:
        raise WeightsError(f"--init {path}: it holds no named tensors; give a trunk under torchvision's names")
    return plain_weights(tensors)


def digest(weights: Mapping[str, Tensor]) -> str:
    """Twelve hex digits that differ with any name, shape or bit."""
    found = hashlib.sha256()
    for name in sorted(weights):
        found.update(f"{name} {tuple(weights[name].shape)} {weights[name].dtype}".encode())
        found.update(weights[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()[:12]
