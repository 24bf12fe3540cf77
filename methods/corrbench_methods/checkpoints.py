"""Checkpoints of many programs into one model: names are translated, and what did not fit is reported.

A partial load that nobody notices is the main trap of this trade, so less than 95 % of the elements of the
layers used is an error, and less than all a warning.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from corrbench.core.checkpoint_files import TRUNK_FORMAT, Checkpoint, read_checkpoint
from corrbench.errors import WeightsError
from corrbench_methods.layouts import TORCHVISION, Tensors, further_blocks, readings, unwrapped

ENOUGH = 0.95  # of the elements of the layers used


@dataclass(frozen=True)
class WeightsReport:
    """What a checkpoint gave to a model."""

    layout: str  # whose key names the file has
    matched: float  # share of the elements of the layers used
    missing: tuple[str, ...]  # names of the model that the file lacks
    mismatched: tuple[str, ...]  # names in both, with the two shapes
    unexpected: tuple[str, ...]  # names of the file, after translation, that the model lacks

    def summary(self) -> str:
        """All of it in one line, with three names of each kind."""
        parts = [f"read as {self.layout}, {self.matched:.1%} of the elements of the layers used were found"]
        for what in ("missing", "mismatched", "unexpected"):
            if names := getattr(self, what):
                more = f", and {len(names) - 3} more" if len(names) > 3 else ""
                parts.append(f"{what} {', '.join(names[:3])}{more}")
        return "; ".join(parts)


def load(model: nn.Module, path: Path, convert: Callable[[Tensors], Tensors] | None = None) -> WeightsReport:
    """What was matched when the model's parameters and statistics were replaced by those in a file.

    WeightsError when the file cannot be read, and as `fill` says.
    """
    return fill(model, read_checkpoint(path), convert)


def fill(
    model: nn.Module, checkpoint: Checkpoint, convert: Callable[[Tensors], Tensors] | None = None
) -> WeightsReport:
    """What was matched when the model's parameters and statistics were replaced by those of a checkpoint.

    Containers, prefixes and names are recognised; of all readings of the file, the one that fits most is
    taken. `convert` is one more reading, for a model with a format of its own. `num_batches_tracked` does not
    count. WeightsError when that gives less than 95 % of the elements of the model, or values that are not
    finite, and for a deeper ResNet, which would give all of them.
    """
    wanted = _without_counters(model.state_dict())
    candidates = _readings(checkpoint, convert)
    layout, found = max(candidates, key=lambda reading: _matched(wanted, reading[1]))  # of equals the first
    report = _compare(layout, wanted, found)
    if report.matched < ENOUGH:
        raise WeightsError(f"weights {checkpoint.path}: {report.summary()}; give a checkpoint of this architecture")
    if deeper := further_blocks(wanted, found):
        raise WeightsError(
            f"weights {checkpoint.path}: the file is of a deeper network, with {', '.join(deeper[:3])} that this one "
            "lacks; give a checkpoint of this architecture"
        )
    fitting = {name: found[name] for name in wanted if _fits(wanted, found, name)}
    _require_finite(checkpoint.path, fitting)
    if report.matched < 1:
        warnings.warn(f"weights {checkpoint.path}: {report.summary()}; these stay untrained", stacklevel=2)
    model.load_state_dict(fitting, strict=False)
    return report


def _readings(checkpoint: Checkpoint, convert: Callable[[Tensors], Tensors] | None) -> Iterator[tuple[str, Tensors]]:
    """The names of the layouts that there are, and what the file holds in each."""
    tensors = _without_counters(checkpoint.tensors)
    own = checkpoint.metadata.get("format") == TRUNK_FORMAT
    for layout, found in readings(tensors):
        yield TRUNK_FORMAT if own and layout is TORCHVISION else layout.name, found
    if convert is not None:
        for inner in unwrapped(tensors):
            yield "the network's own authors", convert(inner)


def _require_finite(path: Path, tensors: Tensors) -> None:
    bad = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if bad:
        more = f" (and {len(bad) - 1} more tensors)" if len(bad) > 1 else ""
        raise WeightsError(
            f"weights {path}: {bad[0]} holds values that are not finite, as after a training that diverged{more}; "
            "give an earlier checkpoint"
        )


def _without_counters(tensors: Tensors) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if not name.endswith("num_batches_tracked")}


def _fits(wanted: Tensors, found: Tensors, name: str) -> bool:
    return name in found and wanted[name].shape == found[name].shape


def _matched(wanted: Tensors, found: Tensors) -> int:
    return sum(tensor.numel() for name, tensor in wanted.items() if _fits(wanted, found, name))


def _compare(layout: str, wanted: Tensors, found: Tensors) -> WeightsReport:
    return WeightsReport(
        layout=layout,
        matched=_matched(wanted, found) / sum(tensor.numel() for tensor in wanted.values()),
        missing=tuple(name for name in wanted if name not in found),
        mismatched=tuple(
            f"{name} {tuple(found[name].shape)} for {tuple(wanted[name].shape)}"
            for name in wanted
            if name in found and not _fits(wanted, found, name)
        ),
        unexpected=tuple(name for name in found if name not in wanted),
    )
