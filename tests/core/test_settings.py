"""Settings as text, against the signature of what takes them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from torch import nn

from corrbench.core.settings import bind, convert, parse_pairs
from corrbench.errors import SettingError

if TYPE_CHECKING:
    from decimal import Decimal


def method(width: int = 64, scale: float = 1.0, padding: Literal["zeros", "reflect"] = "zeros") -> object:
    return object()


# Pairs


def test_pairs_are_split_at_ampersands() -> None:
    assert parse_pairs("width=8&padding=reflect") == {"width": "8", "padding": "reflect"}


def test_no_text_is_no_settings() -> None:
    assert parse_pairs("") == {}
    assert parse_pairs(()) == {}


def test_pairs_of_a_tuple_may_hold_ampersands_and_equal_signs() -> None:
    assert parse_pairs(("weights=a&b=c.pth", " radius = 18 ")) == {"weights": "a&b=c.pth", "radius": "18"}


@pytest.mark.parametrize("text", ["width", "=8", "  =8"])
def test_what_is_not_a_pair_is_named(text: str) -> None:
    with pytest.raises(SettingError, match=f"{text!r} is not a setting; write key=value"):
        parse_pairs(text)


@pytest.mark.parametrize("text", ["width=8&width=9", "width=8&width =9"])
def test_a_key_that_is_set_twice_is_named_with_both_values(text: str) -> None:
    with pytest.raises(SettingError, match="'width' is set twice, to '8' and to '9'; keep one"):
        parse_pairs(text)


# Values


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("8", int, 8),
        ("0.5", float, 0.5),
        ("true", bool, True),
        ("False", bool, False),
        ("None", int | None, None),
        ("8", int | None, 8),
        ("zeros", Literal["zeros", "reflect"], "zeros"),
        ("50", Literal[18, 50], 50),
        ("1, 2,4", tuple[int, ...], (1, 2, 4)),
        ("[1, 2,4]", tuple[int, ...], (1, 2, 4)),
        ("3", tuple[int, ...], (3,)),
        (50, Literal[18, 50], 50),
        ("w.pth", Path, Path("w.pth")),
        ("8", str, "8"),
    ],
)
def test_text_becomes_the_annotated_type(text: str, kind: Any, expected: object) -> None:
    assert convert(text, kind, "width") == expected


@pytest.mark.parametrize(
    ("text", "kind"), [("eight", int), ("0.5", int), ("wide", float), ("maybe", bool), ("same", Literal["zeros"])]
)
def test_text_of_another_type_is_an_error_that_shows_it(text: str, kind: Any) -> None:
    with pytest.raises(SettingError, match=f"width={text} does not fit: ") as caught:
        convert(text, kind, "width")
    assert "\n" not in str(caught.value)


def test_a_type_that_has_no_text_is_named() -> None:
    class Backbone:
        pass

    with pytest.raises(SettingError, match="width cannot be given as text; it is a Backbone"):
        convert("8", Backbone, "width")


# Factories


def test_what_is_not_given_has_its_default() -> None:
    assert bind(method, {"width": "8"}, "method 'x'") == {"width": 8, "scale": 1.0, "padding": "zeros"}


def test_an_unknown_key_gets_the_nearest_one() -> None:
    with pytest.raises(SettingError, match=r"method 'x': unknown setting 'widht'; did you mean 'width'\?"):
        bind(method, {"widht": "8"}, "method 'x'")


def test_a_key_that_is_like_none_gets_all_of_them() -> None:
    with pytest.raises(SettingError, match="unknown setting 'zzz'; it takes width, scale, padding"):
        bind(method, {"zzz": "8"}, "method 'x'")
    with pytest.raises(SettingError, match="unknown setting 'zzz'; it takes no settings"):
        bind(lambda: object(), {"zzz": "8"}, "method 'x'")


def test_a_value_of_the_wrong_type_names_method_and_key() -> None:
    with pytest.raises(SettingError, match=r"method 'x': width=eight does not fit: .*integer"):
        bind(method, {"width": "eight"}, "method 'x'")


def test_a_setting_without_default_has_to_be_given() -> None:
    def needs(root: Path) -> None: ...

    with pytest.raises(SettingError, match="method 'x': the setting 'root' is missing; give root="):
        bind(needs, {}, "method 'x'")


def test_a_class_has_the_settings_of_its_constructor() -> None:
    class Net(nn.Module):
        def __init__(self, width: int = 64) -> None:
            super().__init__()

    assert bind(Net, {"width": "8"}, "method 'x'") == {"width": 8}


def test_a_class_without_constructor_has_no_settings() -> None:
    class Net(nn.Module):
        stride = 8

    class Plain:
        stride = 8

    assert bind(Net, {}, "method 'x'") == {}
    assert bind(Plain, {}, "method 'x'") == {}


def test_bags_of_arguments_are_no_settings() -> None:
    def wrapped(*args: object, width: int = 64, **kwargs: object) -> None: ...

    assert bind(wrapped, {}, "method 'x'") == {"width": 64}
    with pytest.raises(SettingError, match="unknown setting 'kwargs'; it takes width"):
        bind(wrapped, {"kwargs": "1"}, "method 'x'")


def test_only_the_types_of_settings_have_to_be_defined() -> None:
    def returns(width: int = 64) -> "Decimal": ...

    def takes(width: "Decimal | None" = None) -> None: ...

    assert bind(returns, {"width": "8"}, "method 'x'") == {"width": 8}
    with pytest.raises(SettingError, match="takes: its settings are annotated with 'Decimal', which is not defined"):
        bind(takes, {"width": "8"}, "method 'x'")
