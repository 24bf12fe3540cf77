"""The labels of a clip of the sample, by their kind, read when they are indexed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corrbench.core.flow import Flow
from corrbench.core.images import LazyFiles, read_mask
from corrbench.core.parts import PartInstances, PartLabel
from corrbench.core.points import Points
from corrbench_datasets.davis import LazyLabels
from corrbench_datasets.sample import Labels
from corrbench_datasets.sample.truth import read_truth
from corrbench_datasets.sample.write import MASKS, TRUTH


def labels_of(root: Path, kind: Labels, clip: str, about: Mapping[str, Any], stems: Sequence[str]) -> Sequence[Any]:
    """The labels of all frames of a clip."""
    if kind == "masks":
        return LazyFiles([root / MASKS / clip / f"{stem}.png" for stem in stems], read_mask)
    files = tuple(root / TRUTH / clip / f"{stem}.npz" for stem in stems)
    if kind == "parts":
        return LazyLabels(files, _parts)
    if kind == "instances":
        return LazyLabels(files, _instances)
    if kind == "boxes":
        return LazyLabels(files, _box)
    if kind == "flow":
        return LazyLabels((*files[:-1], None), _flow)
    owners = about["keypoint_objects"]
    if kind == "pose":
        person = [index for index, owner in enumerate(owners) if owner in about["people"]]
        return LazyLabels(files, partial(_points, tuple(about["joints"]), person))
    names = tuple(f"{owner}.{owners[: index + 1].count(owner)}" for index, owner in enumerate(owners))
    return LazyLabels(files, partial(_scaled, names, root / MASKS / clip))


def _parts(file: Path) -> Tensor:
    return torch.from_numpy(read_truth(file).parts)


def _instances(file: Path) -> PartLabel:
    """Parts and their instances: of the one person, each class is one, and its id."""
    parts = _parts(file)
    found = torch.unique(parts)
    ids = found[found > 0].long()
    return PartLabel(parts, PartInstances(parts.long(), ids, ids))


def _box(file: Path) -> Tensor | None:
    """The box (x, y, w, h) float64 of object 1 with x and y its first column and row; None where hidden."""
    box = read_truth(file).boxes[0].astype(np.float64)
    return None if np.isnan(box).any() else torch.from_numpy(box)


def _flow(file: Path) -> Flow:
    truth = read_truth(file)
    return Flow(torch.from_numpy(truth.flow.astype(np.float32)), torch.from_numpy(truth.flow_valid))


def _points(names: tuple[str, ...], chosen: Sequence[int], file: Path) -> Points:
    truth = read_truth(file)
    positions = torch.from_numpy(truth.keypoints[chosen].astype(np.float64))
    rows, columns = truth.parts.shape
    return Points(names, positions, torch.from_numpy(truth.visible[chosen]), size=(rows, columns))


def _scaled(names: tuple[str, ...], masks: Path, file: Path) -> Points:
    """All points, with the root of the area of all objects as their scale, as BADJA has it."""
    points = _points(names, range(len(names)), file)
    area = int((read_mask(masks / f"{file.stem}.png") > 0).sum())
    return replace(points, scale=math.sqrt(area))
