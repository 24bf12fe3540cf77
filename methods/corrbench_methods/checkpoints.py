"""Checkpoints of many programs into one model: names are translated, and what did not fit is reported.

A partial load that nobody notices is the main trap of this trade, so less than 95 % of the elements of the
layers used is an error, and less than all a warning.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from corrbench.errors import WeightsError
from corrbench_methods.checkpoint_files import read_tensors

Tensors = Mapping[str, Tensor]

ENOUGH = 0.95  # of the elements of the layers used

# What wrappers and training programs put before the names of a backbone, one part at a time and in any order.
PREFIXES = (
    "module.",  # DataParallel
    "_orig_mod.",  # torch.compile
    "state_dict.",
    "model.",
    "encoder.",  # SimSiam, PixPro; with "model.", CRW
    "encoder_q.",  # MoCo: the query encoder, not its moving average
    "backbone.",  # mmcv, DINO
    "teacher.",
    "student.",
    "net.",
)


@dataclass(frozen=True)
class Layout:
    """How a family of programs names what torchvision names otherwise: regular expressions, replacements."""

    name: str
    renames: tuple[tuple[str, str], ...] = ()

    def translate(self, tensors: Tensors) -> dict[str, Tensor]:
        """The tensors under torchvision's names."""
        translated = {}
        for name, tensor in tensors.items():
            for pattern, replacement in self.renames:
                name = re.sub(pattern, replacement, name)
            translated[name] = tensor
        return translated


LAYOUTS = (Layout("torchvision, timm"),)


@dataclass(frozen=True)
class WeightsReport:
    """What a checkpoint gave to a model."""

    matched: float  # share of the elements of the layers used
    missing: tuple[str, ...]  # names of the model that the file lacks
    mismatched: tuple[str, ...]  # names in both, with the two shapes
    unexpected: tuple[str, ...]  # names of the file, after translation, that the model lacks


def load(model: nn.Module, path: Path, convert: Callable[[Tensors], Tensors] | None = None) -> WeightsReport:
    """What was matched when the model's parameters and statistics were replaced by those in a file.

    Containers, prefixes and names are recognised; of all readings of the file, the one that fits most is
    taken. `convert` is one more reading, for a model with a format of its own. `num_batches_tracked` does not
    count. WeightsError when the file cannot be read, or gives less than 95 % of the elements of the model.
    """
    wanted = _without_counters(model.state_dict())
    readings = _readings(_without_counters(read_tensors(path)), convert)
    found = max(readings, key=lambda reading: _matched(wanted, reading))  # of equals the first
    report = _compare(wanted, found)
    if report.matched < ENOUGH:
        raise WeightsError(f"weights {path}: {_summary(report)}; give a checkpoint of this architecture")
    if report.matched < 1:
        warnings.warn(f"weights {path}: {_summary(report)}; these stay untrained", stacklevel=2)
    model.load_state_dict({name: found[name] for name in wanted if _fits(wanted, found, name)}, strict=False)
    return report


def _readings(tensors: Tensors, convert: Callable[[Tensors], Tensors] | None) -> Iterator[Tensors]:
    """The tensors under each prefix that there is, the shortest first and a student after its teacher."""
    prefixes = {""} | {prefix for name in tensors for prefix in _prefixes(name)}
    for prefix in sorted(prefixes, key=lambda prefix: (len(prefix), "student." in prefix, prefix)):
        inner = {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        for layout in LAYOUTS:
            yield layout.translate(inner)
        if convert is not None:
            yield convert(inner)


def _prefixes(name: str) -> Iterator[str]:
    """Every chain of known prefixes that a name starts with, the empty one first."""
    chain = ""
    while True:
        yield chain
        part = next((prefix for prefix in PREFIXES if name.startswith(prefix, len(chain))), None)
        if part is None:
            return
        chain += part


def _without_counters(tensors: Tensors) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in tensors.items() if not name.endswith("num_batches_tracked")}


def _fits(wanted: Tensors, found: Tensors, name: str) -> bool:
    return name in found and wanted[name].shape == found[name].shape


def _matched(wanted: Tensors, found: Tensors) -> int:
    return sum(tensor.numel() for name, tensor in wanted.items() if _fits(wanted, found, name))


def _compare(wanted: Tensors, found: Tensors) -> WeightsReport:
    return WeightsReport(
        matched=_matched(wanted, found) / sum(tensor.numel() for tensor in wanted.values()),
        missing=tuple(name for name in wanted if name not in found),
        mismatched=tuple(
            f"{name} {tuple(found[name].shape)} for {tuple(wanted[name].shape)}"
            for name in wanted
            if name in found and not _fits(wanted, found, name)
        ),
        unexpected=tuple(name for name in found if name not in wanted),
    )


def _summary(report: WeightsReport) -> str:
    parts = [f"{report.matched:.1%} of the elements of the layers used were found"]
    for what in ("missing", "mismatched", "unexpected"):
        if names := getattr(report, what):
            more = f", and {len(names) - 3} more" if len(names) > 3 else ""
            parts.append(f"{what} {', '.join(names[:3])}{more}")
    return "; ".join(parts)
