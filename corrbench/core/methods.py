"""Methods as users name them, `NAME:MODEL?key=value&key=value`, checked, identified and built."""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import device as Device
from torch import nn

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.files import sha256
from corrbench.core.plugins import Plugin, find
from corrbench.core.settings import bind, parse_pairs, settings_of
from corrbench.errors import ExtractorError, SettingError, WeightsError


@dataclass(frozen=True)
class Method:
    """One method with all its settings, not built yet."""

    name: str  # as the user wrote it
    factory: Callable[..., Any]
    settings: Mapping[str, Any]
    origin: str  # the distribution and its version, or the file, that defines it
    source_sha256: str | None  # of the file that defines it, where that is not part of an installed package

    def build(self, device: Device) -> FeatureExtractor:
        """The extractor, on the device and in evaluation mode; ExtractorError when it breaks the contract."""
        extractor = self.factory(**self.settings)
        stride = getattr(extractor, "stride", None)
        if not callable(extractor) or not isinstance(stride, int) or stride < 1:
            raise ExtractorError(
                f"method {self.name!r} returned {type(extractor).__name__} with stride {stride!r}; "
                "it has to be callable and have a whole-number `stride`"
            )
        if isinstance(extractor, nn.Module):
            extractor.eval().requires_grad_(False)
        if hasattr(extractor, "to"):
            extractor.to(device)
        built: FeatureExtractor = extractor
        return built

    def weights_sha256(self, extractor: FeatureExtractor) -> str | None:
        """The hash of the weights: of the file the user named, or what the extractor says of its own."""
        file = self.settings.get("weights")
        return sha256(Path(file)) if file else getattr(extractor, "weights_sha256", None)

    def plain_settings(self) -> dict[str, Any]:
        """The settings as JSON values, without the place of the weights, which changes no result."""
        return {
            key: value if isinstance(value, (bool, int, float, str, type(None))) else str(value)
            for key, value in self.settings.items()
            if key != "weights"
        }

    def hash(self, weights_sha256: str | None) -> str:
        """The first 12 hex digits of sha256 over plug-in, settings, weights, and source file or package version."""
        identity = {
            "method": self.name.partition("?")[0].partition(":")[0],
            "settings": self.plain_settings(),
            "weights": weights_sha256,
            "source": self.source_sha256 or self.origin,
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def parse_method(text: str, weights: Path | None = None, stride: int | None = None) -> Method:
    """The method that `NAME:MODEL?key=value` names.

    `weights` and `stride` are what --weights and the protocol ask for; a stride that the text sets wins.
    PluginError for an unknown name, SettingError for a wrong setting, WeightsError for a file that is not there.
    """
    head, _, query = text.partition("?")
    name, colon, model = head.partition(":")
    given: dict[str, Any] = dict(parse_pairs(query))
    plugin = find("methods", name)
    factory = plugin.load()
    known = settings_of(factory)
    if colon:
        if "model" not in known:
            raise SettingError(f"method {name!r} takes no model after a colon; write {name}?key=value")
        given["model"] = model
    if weights is not None:
        if "weights" not in known:
            raise SettingError(f"method {name!r} takes no weights; leave out --weights {weights}")
        if "weights" in given:
            raise SettingError(f"method {text!r} names weights already; leave out --weights {weights}")
        given["weights"] = weights
    if stride is not None and "stride" in known:
        given.setdefault("stride", stride)
    if given.get("weights"):
        given["weights"] = str(Path(given["weights"]).expanduser())
    settings = bind(factory, given, f"method {name!r}")
    file = settings.get("weights")
    if file and not Path(file).is_file():
        raise WeightsError(f"method {text!r}: no weights file {file}; give the path of a .safetensors or .pth file")
    source = _source_sha256(plugin, factory)
    origin = Path(plugin.origin).name if source else plugin.origin  # a plugin file without the place where it lies
    return Method(text, factory, settings, origin, source)


def _source_sha256(plugin: Plugin, factory: Callable[..., Any]) -> str | None:
    if plugin.source is not factory:  # an entry point: its version tells
        return None
    try:
        return sha256(Path(inspect.getfile(factory)))
    except (TypeError, OSError):  # defined in a notebook or a session
        try:
            return hashlib.sha256(inspect.getsource(factory).encode()).hexdigest()
        except (TypeError, OSError):
            return None
