"""Methods, data sets, tasks and courses by name. Listing imports none; built-ins are found as a stranger's are."""

import difflib
import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from corrbench.errors import PluginError

KINDS = ("methods", "datasets", "tasks", "courses")
Factory = TypeVar("Factory", bound=Callable[..., Any])


@dataclass(frozen=True)
class Plugin:
    """One name of one kind, and how to get the object behind it."""

    kind: str
    name: str
    origin: str  # the distribution or file it comes from
    source: EntryPoint | Callable[..., Any]

    def load(self) -> Any:
        """The object itself; PluginError, naming plugin and origin, when importing it fails."""
        if not isinstance(self.source, EntryPoint):
            return self.source
        try:
            loaded = self.source.load()
        except (Exception, SystemExit) as error:  # a stranger's module may raise anything
            raise PluginError(
                f"corrbench.{self.kind}: {self.name!r} of {self.origin} does not load: "
                f"{type(error).__name__}: {error}; repair or uninstall it"
            ) from error
        if not callable(loaded):
            raise PluginError(
                f"corrbench.{self.kind}: {self.name!r} of {self.origin} is {self.source.value}, which is no function "
                "or class; repair or uninstall it"
            )
        return loaded


_registered: list[Plugin] = []
broken_files: dict[str, str] = {}  # plugin file -> why it did not load


def register_method(name: str) -> Callable[[Factory], Factory]:
    """A decorator that makes a function or class which builds a feature extractor known as method `name`."""
    return _register("methods", name)


def register_dataset(name: str) -> Callable[[Factory], Factory]:
    """A decorator that makes a function which opens a data set known as `name`."""
    return _register("datasets", name)


def register_task(name: str) -> Callable[[Factory], Factory]:
    """A decorator that makes a function which builds a task known as `name`."""
    return _register("tasks", name)


def register_course(name: str) -> Callable[[Factory], Factory]:
    """A decorator that makes a function which describes how a method is trained known as course `name`."""
    return _register("courses", name)


def _register(kind: str, name: str) -> Callable[[Factory], Factory]:
    def remember(factory: Factory) -> Factory:
        module = sys.modules.get(factory.__module__)
        origin = str(getattr(module, "__file__", None) or factory.__module__)
        same = [p for p in _registered if (p.kind, p.name, p.origin) == (kind, name, origin)]
        for plugin in same:  # a notebook cell that is run again replaces its own plugin
            _registered.remove(plugin)
        _registered.append(Plugin(kind, name, origin, factory))
        return factory

    return remember


def installed(kind: str) -> list[Plugin]:
    """Every plugin of a kind, sorted by name, imported or not; of a clash, all that share the name."""
    if kind not in KINDS:
        raise PluginError(f"there are no plugins called {kind!r}; there are {', '.join(KINDS)}")
    found = [
        Plugin(kind, point.name, f"{point.dist.name} {point.dist.version}" if point.dist else point.value, point)
        for point in entry_points(group=f"corrbench.{kind}")
    ]
    unique = {(plugin.name, plugin.origin): plugin for plugin in found + [p for p in _registered if p.kind == kind]}
    return sorted(unique.values(), key=lambda plugin: (plugin.name, plugin.origin))


def find(kind: str, name: str) -> Plugin:
    """The one plugin of that kind and name.

    PluginError when there is none, with the nearest name there is, or when two distributions or files define it.
    """
    plugins = installed(kind)
    named = [plugin for plugin in plugins if plugin.name == name]
    if len(named) == 1:
        return named[0]
    if named:
        raise PluginError(
            f"corrbench.{kind}: {name!r} is defined by {' and by '.join(p.origin for p in named)}; "
            "rename or uninstall one of them"
        )
    names = sorted({plugin.name for plugin in plugins})
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    failed = "".join(f"; {file} did not load: {why}" for file, why in broken_files.items())
    raise PluginError(f"corrbench.{kind}: nothing is named {name!r}; {hint}{failed}")


def load_file(path: Path) -> None:
    """Run a Python file whose decorated functions register themselves.

    PluginError when it is missing, fails, or registers nothing; the reason is also kept in `broken_files`, so that a
    later look-up can name it.
    """
    path = path.resolve()
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    name = f"corrbench_plugin_{path.stem}_{digest}"
    if name in sys.modules:
        return
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        if not path.is_file() or spec is None or spec.loader is None:
            raise PluginError("no such Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        if not any(plugin.origin == str(path) for plugin in _registered):
            raise PluginError("it registers nothing; decorate a function with @corrbench.register_method('name')")
        broken_files.pop(str(path), None)
    except (Exception, SystemExit) as error:  # a stranger's file may raise anything
        sys.modules.pop(name, None)
        _registered[:] = [plugin for plugin in _registered if plugin.origin != str(path)]  # not half a file
        why = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        broken_files[str(path)] = why
        raise PluginError(f"--plugin {path}: {why}") from error
