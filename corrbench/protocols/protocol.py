"""A published evaluation protocol as frozen data: every number that can change a score, its source, and one hash."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, get_type_hints

from corrbench.core.resample import Bilinear, Nearest
from corrbench.core.settings import convert, unknown_key
from corrbench.errors import SettingError
from corrbench.propagation.rule import PropagationRule


@dataclass(frozen=True)
class FrameRule:
    """The size that frames have when a method sees them. Bilinear as in cv2, without antialias, on float RGB."""

    resize: Literal["native", "short_side", "square"]
    size: int  # pixels of the short side, or of both sides; 0 where native
    multiple: int  # the long side is floored to a multiple of it; 1 rounds it to the nearest pixel

    def __post_init__(self) -> None:
        if self.resize != "native" and self.size < 1:
            raise SettingError(f"size={self.size} does not fit resize={self.resize}: give the pixels of a side")
        if self.multiple < 1:
            raise SettingError(f"multiple={self.multiple} does not fit: it has to be at least 1")


@dataclass(frozen=True)
class MaskRule:
    """How a mask becomes soft labels on the feature grid, and how those become a mask again."""

    channels: Literal["first_frame", "grid"]  # one per id of the full mask, or up to the largest id left on the grid
    label_down: Literal["bilinear", "centre", "corner"]  # of the one-hot mask (cv2), or nearest of the ids
    upsample_to: Literal["network", "original"]  # the size at which the argmax is taken
    upsample: Bilinear
    output_norm: Literal["none", "minmax"]  # each channel stretched to [0, 1] before the argmax
    resize_back: Nearest  # from the network's size to the original one
    first_output: Literal["label", "truth"]  # what is written as frame 0: the re-sampled label, or the ground truth


@dataclass(frozen=True)
class SegmentationScoring:
    """J and F and their statistics."""

    boundary_tolerance: float  # of the boundary measure, as a fraction of the image diagonal
    recall_threshold: float
    decay_bins: int
    skip_first: int  # frames at the start and at the end that are not scored
    skip_last: int

    def __post_init__(self) -> None:
        least = {"boundary_tolerance": 0, "decay_bins": 1, "skip_first": 0, "skip_last": 0}
        for key, value in least.items():
            if not getattr(self, key) >= value:
                raise SettingError(f"{key}={getattr(self, key)} does not fit: it has to be at least {value}")


@dataclass(frozen=True)
class Protocol:
    """One protocol for one task. Its parts hold the values; `sources` says where each comes from."""

    name: str
    task: str
    propagation: PropagationRule
    frames: FrameRule
    masks: MaskRule
    scoring: SegmentationScoring
    sources: Mapping[str, str] = field(repr=False, compare=False)  # "part.field" or "part" -> paper or file
    overrides: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def values(self) -> dict[str, dict[str, Any]]:
        """All values by part and field. A field added after the first version is left out at its default."""
        return {
            part: {
                item.name: getattr(getattr(self, part), item.name)
                for item in fields(getattr(self, part))
                if not _is_later_default(item, getattr(getattr(self, part), item.name))
            }
            for part in self._parts()
        }

    @property
    def hash(self) -> str:
        """The first 12 hex digits of sha256 over the canonical JSON of task and values, without name and sources."""
        return _canonical_hash({"task": self.task, **self.values()})

    @property
    def scoring_hash(self) -> str:
        """The same hash over task and scoring rule alone, for predictions whose making is not known."""
        return _canonical_hash({"task": self.task, "scoring": self.values()["scoring"]})

    def source(self, part: str, key: str) -> str:
        """Where the value of one field comes from."""
        return self.sources.get(f"{part}.{key}") or self.sources[part]

    def with_settings(self, settings: Mapping[str, Any]) -> "Protocol":
        """The protocol with some fields changed, as `--set key=value` asks; SettingError for an unknown key."""
        changed = self
        overrides = dict(self.overrides)
        homes = {key: part for part in self._parts() for key in get_type_hints(type(getattr(self, part)))}
        for name, text in settings.items():
            key = name.rpartition(".")[2]
            if homes.get(key) is None or name not in (key, f"{homes[key]}.{key}"):
                raise unknown_key(name, sorted(homes), f"protocol {self.name}")
            part = getattr(changed, homes[key])
            value = convert(text, get_type_hints(type(part))[key], f"--set {key}")
            if value != getattr(part, key):
                overrides[key] = value
                changed = replace(changed, **{homes[key]: replace(part, **{key: value})})
        return replace(changed, overrides=overrides)

    @property
    def title(self) -> str:
        """The name, followed by what was changed."""
        changes = ", ".join(f"{key}={value}" for key, value in sorted(self.overrides.items()))
        return f"{self.name} ({changes})" if changes else self.name

    def _parts(self) -> Iterator[str]:
        return (item.name for item in fields(self) if is_dataclass(getattr(self, item.name)))


def _canonical_hash(values: Mapping[str, Any]) -> str:
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _is_later_default(item: "Field[Any]", value: Any) -> bool:
    return item.default is not MISSING and value == item.default
