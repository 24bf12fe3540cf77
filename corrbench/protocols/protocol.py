"""A published evaluation protocol as frozen data: every number that can change a score, its source, and one hash."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from corrbench.core.settings import convert, unknown_key
from corrbench.errors import ProtocolError
from corrbench.propagation.regions import RegionRule
from corrbench.propagation.rule import PropagationRule
from corrbench.protocols.rules import FrameRule, MaskRule, PointRule

Rule = TypeVar("Rule")


@dataclass(frozen=True)
class Protocol:
    """One protocol for one task. Its parts hold the values; `sources` says where each comes from."""

    name: str
    task: str
    propagation: PropagationRule
    frames: FrameRule
    scoring: Any  # a dataclass of the task's own
    sources: Mapping[str, str] = field(repr=False, compare=False)  # "part.field" or "part" -> paper or file
    masks: MaskRule | None = None  # of tasks whose labels are masks, object ids or classes
    points: PointRule | None = None  # of tasks whose labels are points
    regions: RegionRule | None = None  # of those whose labels stay inside boxes that follow the objects
    tracker: Any = None  # of box tracking, a dataclass of the tracker's own
    queries: Any = None  # of points that are asked for in any frame, a QueryRule
    overrides: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def part(self, kind: type[Rule]) -> Rule:
        """The part of that type; ProtocolError if the protocol has none."""
        for name in self._parts():
            found = getattr(self, name)
            if isinstance(found, kind):
                return found
        raise ProtocolError(f"protocol {self.name} for {self.task} has no {kind.__name__}; choose another")

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
