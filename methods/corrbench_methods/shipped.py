"""Weights that come with the package: small files of trunks trained here, which say of themselves what they are."""

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from corrbench.core.checkpoint_files import TRUNK_FORMAT, ordered
from corrbench.core.files import write_whole
from corrbench.errors import WeightsError

WEIGHTS = Path(str(resources.files("corrbench_methods"))) / "weights"  # NAME.safetensors for each method

# What a file is made of: the trunk to layer3, the layer that the methods are compared on.
_SHIPPED = re.compile(r"(conv1|bn1|layer[123])\.")


def shipped_file(method: str) -> Path:
    """The weights of a method that come with the package; WeightsError where it has none."""
    path = WEIGHTS / f"{method}.safetensors"
    if not path.is_file():
        raise WeightsError(
            f"method {method!r}: its weights, {WEIGHTS.name}/{path.name}, are not part of this installation; pass "
            f"--weights FILE, or train them with `corrbench train {method.partition('-')[0]}`"
        )
    return path


def export(tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path) -> None:
    """Write a trunk's tensors, under torchvision's names, as a file to ship.

    The convolutions of conv1 to layer3 are kept in float16, the vectors of their batch norms, a thousandth of
    the file, in float32; counters and later layers are left out. `metadata` needs `method`; `format` is added.
    The file is whole or absent. WeightsError for a trunk without layer3, or with values float16 cannot hold.
    """
    kept = {
        name: tensor.detach().cpu().to(torch.float16 if tensor.dim() > 1 else torch.float32).contiguous()
        for name, tensor in tensors.items()
        if _SHIPPED.match(name) and not name.endswith("num_batches_tracked")
    }
    if not {"conv1.weight", "layer3.1.bn2.weight"} <= kept.keys() or "method" not in metadata:
        raise WeightsError(
            f"weights {path}: not written, as a file to ship holds conv1 to layer3 and the name of its method; "
            f"given were {', '.join([*tensors][:3])}… and the metadata {', '.join(metadata) or 'nothing'}"
        )
    if bad := [name for name, tensor in kept.items() if not tensor.isfinite().all()]:
        raise WeightsError(f"weights {path}: not written, as {bad[0]} has values that float16 cannot hold; train again")
    content = ordered(save(kept, {**metadata, "format": TRUNK_FORMAT}))

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_whole(path, write)
