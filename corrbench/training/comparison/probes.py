"""The two probes of one method: where surfaces are found again, and what is still told apart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import torch

from corrbench.core.dataset import Dataset
from corrbench.core.extractor import FeatureExtractor
from corrbench.core.files import write_text
from corrbench.core.methods import parse_method
from corrbench.core.plugins import find
from corrbench.errors import SettingError
from corrbench.evaluation.device import arithmetic, choose_device
from corrbench.evaluation.probes.correspondence import Hits, correspondence
from corrbench.evaluation.probes.retrieval import retrieval
from corrbench.training.comparison.views import chosen, views
from corrbench.training.sources import Library, open_library

STRIDE = 8  # of methods that have a choice, as in the protocols of DAVIS
DIFFICULTY = 2  # of the embedded sample: the fastest motion, the widest occluders
RULES = 1  # to be raised when the probes give other numbers than before


@dataclass(frozen=True)
class Probed:
    """What the probes of a method gave."""

    hits: Hits
    retrieval: float | None  # in [0, 1]; None without images

    @property
    def shares(self) -> dict[str, float | None]:
        """All that was measured, in [0, 1]: the hits of each group, and retrieval."""
        return {**self.hits.shares, "retrieval": self.retrieval}


@dataclass(frozen=True)
class ProbeData:
    """What the probes look at."""

    flow: Dataset
    images: Library | None

    @property
    def identity(self) -> dict[str, Any]:
        """What tells other data, or other rules, from these; plain values."""
        images = None if self.images is None else [self.images.hash, len(chosen(self.images))]
        return {"flow": self.flow.identity(self.flow.sequences).hash, "images": images, "rules": RULES}


def probe_data(frames: int, images: Library | None) -> ProbeData:
    """The motion of the embedded sample of that many frames, and the images given."""
    return ProbeData(find("datasets", "sample").load()(frames=frames, difficulty=DIFFICULTY, labels="flow"), images)


def probe(text: str, weights: Path | None, data: ProbeData, device: torch.device, kept: Path | None = None) -> Probed:
    """What the probes say of a method, `NAME?key=value`.

    With `kept`, the answer lies in that file, and is taken from there where method and data are the same.
    """
    method = parse_method(text, weights, STRIDE)
    extractor = method.build(device)
    identity = {"method": method.hash(method.weights_sha256(extractor)), **data.identity}
    found = None if kept is None else _kept(kept, identity)
    if found is None:
        found = measure(extractor, data, device)
        if kept is not None:
            write_text(kept, json.dumps({"identity": identity, **asdict(found)}, indent=1) + "\n")
    return found


def measure(extractor: FeatureExtractor, data: ProbeData, device: torch.device) -> Probed:
    """What the probes say of an extractor on its device."""
    with arithmetic("fp32"):
        hits = [correspondence(extractor, data.flow.video(name), device) for name in data.flow.sequences]
        share = None
        if data.images is not None:
            share = retrieval(lambda frames: extractor(frames.to(device)), views(data.images))
    return Probed(reduce(add, hits), share)


def _kept(path: Path, identity: Mapping[str, Any]) -> Probed | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Probed(Hits(**found["hits"]), found["retrieval"]) if found["identity"] == identity else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def probe_methods(
    methods: Sequence[str],
    *,
    weights: Path | str | None = None,
    images: Path | str | None = None,
    frames: int = 15,
    device: str | None = None,
) -> dict[str, Probed]:
    """What the probes say of each method; `weights` are of a single one."""
    if not methods:
        raise SettingError("--method names none; give names with commas between them")
    if weights is not None and len(methods) != 1:
        raise SettingError(f"--weights {weights} is for one method; write NAME?weights=FILE for each of {methods}")
    data = probe_data(frames, None if images is None else open_library("images", Path(images)))
    given = None if weights is None else Path(weights)
    return {text: probe(text, given, data, choose_device(device)) for text in methods}
