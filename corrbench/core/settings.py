"""Settings given as text, `key=value`, checked against the signature of the function that takes them."""

import difflib
import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from corrbench.errors import SettingError


def parse_pairs(pairs: str | tuple[str, ...], separator: str = "&") -> dict[str, str]:
    """The settings in `key=value&key=value`, or in a tuple of `key=value`; SettingError when one has no `=`."""
    items = tuple(item for item in pairs.split(separator) if item) if isinstance(pairs, str) else pairs
    parsed: dict[str, str] = {}
    for item in items:
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or not key:
            raise SettingError(f"{item!r} is not a setting; write key=value")
        if key in parsed:
            raise SettingError(f"{key!r} is set twice, to {parsed[key]!r} and to {value!r}; keep one")
        parsed[key] = value
    return parsed


def convert(text: Any, kind: Any, what: str) -> Any:
    """The text as a value of an annotated type; `what` names the setting in the SettingError otherwise raised."""
    if text == "None":
        text = None
    try:
        return TypeAdapter(kind).validate_python(_spelled_out(text, kind))
    except PydanticSchemaGenerationError:
        raise SettingError(f"{what} cannot be given as text; it is a {getattr(kind, '__name__', kind)}") from None
    except ValidationError as error:
        problem = error.errors()[0]["msg"].lower()
        raise SettingError(f"{what}={text} does not fit: {problem}") from None


def _spelled_out(text: Any, kind: Any) -> Any:
    """The number 50 of "50" where numbers are the choice, the parts of "1,2" or "[1,2]" where a tuple is asked for."""
    if get_origin(kind) is Literal:
        return next((choice for choice in get_args(kind) if str(choice) == text), text)
    if get_origin(kind) is tuple and isinstance(text, str):
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        return tuple(part.strip() for part in inner.split(","))
    return text


def bind(factory: Callable[..., Any], given: Mapping[str, Any], what: str) -> dict[str, Any]:
    """All keyword settings of a factory: the given ones converted to their annotated types, the rest at their defaults.

    SettingError for a key the factory does not take, a value of the wrong kind, or a setting without a default that
    is missing.
    """
    parameters = settings_of(factory)
    hints = _parameter_types(factory)
    for key in given:
        if key not in parameters:
            raise unknown_key(key, list(parameters), what)
    bound: dict[str, Any] = {}
    for key, parameter in parameters.items():
        if key in given:
            bound[key] = convert(given[key], hints.get(key, str), f"{what}: {key}")
        elif parameter.default is inspect.Parameter.empty:
            raise SettingError(f"{what}: the setting {key!r} is missing; give {key}=…")
        else:
            bound[key] = parameter.default
    return bound


def settings_of(factory: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters of a factory that can be set by name: all but *args and **kwargs."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(factory).parameters
    return {key: parameter for key, parameter in parameters.items() if parameter.kind in named}


def _parameter_types(factory: Callable[..., Any]) -> dict[str, Any]:
    """The annotated types of the parameters; what the factory returns may be named for type checkers only."""
    function = inspect.unwrap(factory.__init__ if inspect.isclass(factory) else factory)
    annotations = {key: kind for key, kind in inspect.get_annotations(function).items() if key != "return"}
    try:
        return get_type_hints(SimpleNamespace(__annotations__=annotations), getattr(function, "__globals__", None))
    except NameError as error:
        raise SettingError(
            f"{factory.__name__}: its settings are annotated with {error.name!r}, which is not defined; import it"
        ) from None


def unknown_key(key: str, known: list[str], what: str) -> SettingError:
    """The error for a key that is not among the known ones."""
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known) or 'no settings'}"
    return SettingError(f"{what}: unknown setting {key!r}; {hint}")
