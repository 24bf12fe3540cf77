"""Files of weights, read without ever running code that they may carry."""

import argparse
import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from corrbench.errors import WeightsError

TRUNK_FORMAT = "corrbench-trunk 1"  # in the metadata of a file that corrbench has written: torchvision's names, plain

# The keys under which training programs keep a model beside its optimiser and arguments, the preferred first.
CONTAINERS = ("state_dict", "model", "teacher", "student", "net", "network", "model_state_dict")

# Classes besides tensors that unpickle to plain values: CRW and SFC keep their command line in a checkpoint.
HARMLESS: tuple[Callable[..., Any], ...] = (argparse.Namespace,)


@dataclass(frozen=True)
class Checkpoint:
    """What a file of weights holds."""

    path: Path
    tensors: Mapping[str, Tensor]  # on the CPU
    metadata: Mapping[str, str]  # of a `.safetensors` file; empty of others


def read_checkpoint(path: Path) -> Checkpoint:
    """The named tensors, and what it says of itself, of a `.safetensors` file or of a file of `torch.save`.

    WeightsError for a file that is missing or damaged, holds no named tensors, or would run code when read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise WeightsError(f"weights {path}: {error.strerror}; give a .safetensors or .pth file") from None
    if path.suffix == ".safetensors":
        return _read_safetensors(path, start)
    content = _unpickle(path, start)
    tensors = find_tensors(content)
    if not tensors:
        held = f"keys {', '.join(map(repr, list(content)[:5]))}" if isinstance(content, Mapping) else "no mapping"
        raise WeightsError(
            f"weights {path}: no named tensors found in a {type(content).__name__} ({held}); "
            f"save a state_dict, bare or under one of {', '.join(CONTAINERS)}"
        )
    return Checkpoint(path, tensors, {})


def find_tensors(content: Any) -> dict[str, Tensor]:
    """The tensors of the first container in a mapping that holds some, else those of the mapping itself."""
    if not isinstance(content, Mapping):
        return {}
    for container in CONTAINERS:
        if tensors := find_tensors(content.get(container)):
            return tensors
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}


def ordered(content: bytes) -> bytes:
    """A .safetensors file with the keys of its header in order: else each writing would give other bytes."""
    size = int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8 : 8 + size]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)  # the tensors begin at a multiple of 8
    return len(header).to_bytes(8, "little") + header + content[8 + size :]


def _read_safetensors(path: Path, start: bytes) -> Checkpoint:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return Checkpoint(path, tensors, dict(file.metadata() or {}))
    except Exception as error:  # the library's own error, or whatever a damaged header leads to
        raise _damaged(path, start, str(error)) from None


def _unpickle(path: Path, start: bytes) -> Any:
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals([*HARMLESS]):
            warnings.simplefilter("ignore")  # remarks on pickle protocols: the file is readable or it is not
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle may raise anything
        text = str(error)
    if refused := re.search(r"GLOBAL (\S+)", text):
        raise WeightsError(
            f"weights {path}: not read, as it holds the Python object {refused[1]} besides tensors, which may "
            "run code; if you trust the file, load it yourself and save its state_dict alone"
        )
    if "TorchScript" in text:
        raise WeightsError(f"weights {path}: it is a TorchScript program; save its state_dict and give that")
    raise _damaged(path, start, text)


def _damaged(path: Path, start: bytes, why: str) -> WeightsError:
    found = f"{path.stat().st_size} bytes that start with {start!r}" if start else "the file is empty"
    reason = "" if not why or "Weights only" in why else f" ({why.splitlines()[0]})"
    return WeightsError(f"weights {path}: not a checkpoint, or one cut short{reason}: {found}; fetch it again")
