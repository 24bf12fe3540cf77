"""A trunk with trained weights, and with the frames that it was trained on: what the trained methods share."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from corrbench.core.checkpoint_files import TRUNK_FORMAT, Checkpoint, read_checkpoint
from corrbench.core.files import sha256
from corrbench.errors import WeightsError
from corrbench_methods.checkpoints import fill
from corrbench_methods.colour import Colour
from corrbench_methods.layouts import depth_of, methods_of
from corrbench_methods.resnet_parts import Depth, Layer, Padding, Pool
from corrbench_methods.shipped import shipped_file
from corrbench_methods.trunk import Trunk

# The method that reads what a stage of a course leaves, where it does not have the name of the course.
_STAGES = {("ours", "spatial"): "ours-spatial", ("ours-joint", "joint"): "ours"}

AnyTrunk = TypeVar("AnyTrunk", bound=Trunk)
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class Preprocessing:
    """What a trunk is given, and how it runs."""

    colour: Colour = "rgb"
    pool: Pool = "max"
    padding: Padding = "zeros"


def trained_trunk(
    method: str,
    weights: Path | None,
    usual: Preprocessing,
    *,
    layer: Layer,
    stride: int,
    depth: Depth | None = None,
) -> Trunk:
    """The trunk of a method with the weights of a file, else with those that come with the package.

    It is given frames as the file says that it was trained on, else as `usual`; without `depth` it has that of the
    file. WeightsError where there is no file, where it belongs to another method, or where it does not fit.
    """
    checkpoint = weights_of(method, weights)
    how = preprocessing(checkpoint, usual)
    depth = depth or depth_of(checkpoint.tensors)
    trunk = Trunk(depth, layer=layer, stride=stride, padding=how.padding, pool=how.pool, colour=how.colour)
    return with_weights(trunk, checkpoint, method, shipped=weights is None)


def weights_of(method: str, weights: Path | None) -> Checkpoint:
    """What a file holds, else the shipped one; the metadata is empty where corrbench has not written it.

    WeightsError where it says that it is another method's.
    """
    checkpoint = read_checkpoint(weights or shipped_file(method))
    metadata = checkpoint.metadata
    if not metadata.get("format", "").startswith("corrbench"):
        return replace(checkpoint, metadata={})
    if metadata["format"] != TRUNK_FORMAT:
        raise WeightsError(
            f"weights {checkpoint.path}: the format is {metadata['format']!r}, and {TRUNK_FORMAT!r} is read here; "
            "install the version of corrbench that wrote the file"
        )
    if named := metadata.get("method"):
        stage = metadata.get("stage", "")
        _require(checkpoint, method, (_STAGES.get((named, stage), named),), "was trained as")
    return checkpoint


def preprocessing(checkpoint: Checkpoint, usual: Preprocessing) -> Preprocessing:
    """What the metadata says, else the usual; WeightsError for a value that there is not."""
    return Preprocessing(
        colour=_one_of(checkpoint, "colour", Colour, usual.colour),
        pool=_one_of(checkpoint, "pool", Pool, usual.pool),
        padding=_one_of(checkpoint, "padding", Padding, usual.padding),
    )


def with_weights(trunk: AnyTrunk, checkpoint: Checkpoint, method: str, *, shipped: bool) -> AnyTrunk:
    """The trunk, filled; WeightsError where the weights do not fit it, or are laid out as another method's."""
    trunk.weights_report = fill(trunk, checkpoint)
    if owners := methods_of(trunk.weights_report.layout):
        _require(checkpoint, method, owners, f"has the key names of {trunk.weights_report.layout}, for")
    if shipped:
        trunk.weights_sha256 = sha256(checkpoint.path)
    return trunk


def _require(checkpoint: Checkpoint, method: str, owners: tuple[str, ...], how: str) -> None:
    if method not in owners:
        named = " or ".join(owners)
        raise WeightsError(
            f"weights {checkpoint.path}: the file {how} {named}, and the method asked for is {method}; "
            f"use --method {named}, or give a file of {method}"
        )


def _one_of(checkpoint: Checkpoint, key: str, kind: Any, usual: Choice) -> Choice:
    value = checkpoint.metadata.get(key, usual)
    if value not in get_args(kind):
        raise WeightsError(
            f"weights {checkpoint.path}: {key} is {value!r} in its metadata; there are {', '.join(get_args(kind))}"
        )
    return cast(Choice, value)
