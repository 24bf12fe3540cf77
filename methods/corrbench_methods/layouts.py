"""How the programs of the field name what torchvision names otherwise: one row of data a program."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from corrbench_methods.resnet_parts import Depth

Tensors = Mapping[str, Tensor]

# What wrappers and training programs put before the names of a backbone, one part at a time and in any order.
PREFIXES = (
    "module.",  # DataParallel
    "_orig_mod.",  # torch.compile
    "state_dict.",
    "model.",
    "encoder.",
    "encoder_q.",
    "backbone.",
    "teacher.",
    "student.",
    "net.",
)

# mmcv wraps a convolution and its batch norm in one module.
_MMCV = (
    (r"\bconv(\d)\.conv\.", r"conv\1."),
    (r"\bconv(\d)\.bn\.", r"bn\1."),
    (r"\bdownsample\.conv\.", "downsample.0."),
    (r"\bdownsample\.bn\.", "downsample.1."),
)
# MAST's blocks have a left and a right side, both Sequential.
_LEFT_RIGHT = (
    (r"^conv1\.0\.", "conv1."),
    (r"^conv1\.1\.", "bn1."),
    (r"\bleft\.0\.", "conv1."),
    (r"\bleft\.1\.", "bn1."),
    (r"\bleft\.3\.", "conv2."),
    (r"\bleft\.4\.", "bn2."),
    (r"\bshortcut\.", "downsample."),
)


@dataclass(frozen=True)
class Layout:
    """How one family of programs names the weights of a trunk."""

    name: str
    prefix: str = ""  # what stands before every name of the trunk, within what wrappers add
    renames: tuple[tuple[str, str], ...] = ()  # regular expressions, and what takes their place
    also: tuple[tuple[str, str], ...] = ()  # prefixes of what is kept beside the trunk, and what takes their place
    squeeze: bool = False  # kernels of one frame, (O, I, 1, k, k), lose the axis of time
    marker: str = ""  # a regular expression that finds a name of the file; others have another layout
    methods: tuple[str, ...] | None = None  # whose weights they certainly are; None where anybody's have this layout

    def read(self, tensors: Tensors) -> dict[str, Tensor]:
        """The tensors under torchvision's names; empty for a file of another layout."""
        if not any(re.search(self.marker, name) for name in tensors):
            return {}
        found = {name: tensors[key] for key in tensors if (name := self._torchvision(key)) is not None}
        if self.squeeze:
            return {name: tensor.squeeze(2) if tensor.dim() == 5 else tensor for name, tensor in found.items()}
        return found

    def _torchvision(self, name: str) -> str | None:
        for start, replacement in self.also:
            if name.startswith(start):
                return replacement + name[len(start) :]
        if not name.startswith(self.prefix):
            return None
        name = name[len(self.prefix) :]
        for pattern, replacement in self.renames:
            name = re.sub(pattern, replacement, name)
        return name


# What torchvision calls a part of a trunk.
_PART = re.compile(
    r"(conv1|bn1|(?P<block>(?P<layer>layer[1-4])\.\d+)\.(conv\d|bn\d|downsample\.[01]))"
    r"\.(weight|bias|running_mean|running_var|num_batches_tracked)"
)

TORCHVISION = Layout("torchvision or timm")
CORRFLOW = Layout(  # a MAST file but for the wrapper that it was saved with, and other colours
    "CorrFlow",
    "module.feature_extraction.",
    _LEFT_RIGHT,
    also=(("module.post_convolution.", "post_convolution."),),
    methods=("mast",),
)

# Each from the program's own saving or loading code, or from the loader of CRW or SFC that reads it. Of two that
# read a file equally well the first counts, within the shortest prefix of PREFIXES.
LAYOUTS = (
    TORCHVISION,
    Layout("CRW", "encoder.model.", ((r"\b(conv\d)\.1\.weight$", r"\1.weight"),), methods=("crw",)),
    CORRFLOW,
    Layout(
        "MAST",
        "feature_extraction.",
        _LEFT_RIGHT,
        also=(("post_convolution.", "post_convolution."),),
        methods=("mast",),
    ),
    Layout("Spa-then-Temp", "backbone.", _MMCV, marker=r"^backbone_t\.", methods=("ours",)),
    Layout("VFS", "backbone.", _MMCV, marker=r"^img_head\.", methods=("vfs",)),
    Layout("DenseCL", "backbone.", marker=r"^queue2", methods=("resnet50", "ours-spatial")),
    Layout("a backbone", "backbone."),  # DINO's ResNet-50, and what mmcv's converters write
    Layout("mmcv", "backbone.", _MMCV, marker=r"\.conv\.weight$", methods=("vfs", "ours")),  # either, for use only
    Layout("UVC", "gray_encoder.", methods=("uvc",)),
    Layout("TimeCycle", "encoderVideo.", squeeze=True, methods=("resnet50",)),
    Layout("MoCo", "encoder_q.", methods=("resnet50", "ours-spatial")),  # v1 and v2: not its moving average
    Layout("PixPro", "encoder.", marker=r"^projector", methods=("resnet50", "ours-spatial")),
    Layout("SimSiam", "encoder.", marker=r"^predictor\.", methods=("resnet50", "ours-spatial")),
    Layout("SFC", "online_encoder.", methods=("resnet18",)),
    Layout("DUL", "fast_net.backbone.", methods=("resnet18",)),
    Layout("VINCE", "feature_extractor.module.model.", methods=("resnet18",)),
)


def readings(tensors: Tensors) -> Iterator[tuple[Layout, dict[str, Tensor]]]:
    """Every layout's reading of the tensors under every prefix, the shortest first, a student after its teacher."""
    for inner in unwrapped(tensors):
        for layout in LAYOUTS:
            yield layout, layout.read(inner)


def torchvision_names(tensors: Tensors) -> dict[str, Tensor]:
    """The reading that gives most parts of a trunk; of a file with torchvision's own names these as they are."""
    return max((found for _, found in readings(tensors)), key=lambda found: sum(map(bool, map(_PART.fullmatch, found))))


def depth_of(tensors: Tensors) -> Depth:
    """Of the ResNet that the tensors are of, in any layout: the blocks of the deeper one have a third convolution."""
    return 50 if "layer1.0.conv3.weight" in torchvision_names(tensors) else 18


def further_blocks(wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    """The blocks of a deeper ResNet: those found in the layers that are wanted, and not wanted themselves."""
    blocks = _blocks(wanted)
    layers = set(blocks.values())
    return [block for block, layer in _blocks(found).items() if layer in layers and block not in blocks]


def _blocks(names: Iterable[str]) -> dict[str, str]:
    """Each block that names of torchvision's tell of, and its layer."""
    parts = filter(None, map(_PART.fullmatch, names))
    return {part["block"]: part["layer"] for part in parts if part["block"]}


def unwrapped(tensors: Tensors) -> Iterator[dict[str, Tensor]]:
    """The tensors without each chain of known prefixes that there is, those without the chain left out."""
    chains = {""} | {chain for name in tensors for chain in _chains(name)}
    for chain in sorted(chains, key=lambda chain: (len(chain), "student." in chain, chain)):
        yield {name[len(chain) :]: tensor for name, tensor in tensors.items() if name.startswith(chain)}


def methods_of(layout: str) -> tuple[str, ...] | None:
    """The methods whose weights certainly have the layout of that name; None where anybody's may."""
    return next((known.methods for known in LAYOUTS if known.name == layout), None)


def _chains(name: str) -> Iterator[str]:
    """Every chain of known prefixes that a name starts with, the empty one first."""
    chain = ""
    while True:
        yield chain
        part = next((prefix for prefix in PREFIXES if name.startswith(prefix, len(chain))), None)
        if part is None:
            return
        chain += part
