"""Methods as users name them: settings, weights, the stride of the protocol, and the hash."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import corrbench
from corrbench.core.files import sha256
from corrbench.core.methods import parse_method
from corrbench.core.plugins import load_file
from corrbench.errors import ExtractorError, PluginError, SettingError, WeightsError

CPU = torch.device("cpu")


class Grey(nn.Module):
    """A method that is a module."""

    def __init__(self, stride: int = 8) -> None:
        super().__init__()
        self.stride = stride
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, frames: Tensor) -> Tensor:
        return frames[:, :1, :: self.stride, :: self.stride] * self.scale


@pytest.fixture
def weighted() -> None:
    """A method `weighted` that takes a model and weights."""

    @corrbench.register_method("weighted")
    def weighted(model: str = "small", weights: Path | None = None, stride: int = 8) -> Grey:
        return Grey(stride)


def weights_file(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def hash_of(text: str, weights: Path | None = None) -> str:
    method = parse_method(text, weights)
    return method.hash(method.weights_sha256(method.build(CPU)))


# Names and settings


def test_a_name_alone_has_the_settings_of_its_factory() -> None:
    assert parse_method("rgb").settings == {"stride": 8}


def test_settings_follow_a_question_mark() -> None:
    assert parse_method("rgb?stride=4").settings == {"stride": 4}


@pytest.mark.usefixtures("weighted")
def test_a_model_follows_a_colon() -> None:
    method = parse_method("weighted:resnet50.a1_in1k?stride=16")
    assert method.settings == {"model": "resnet50.a1_in1k", "weights": None, "stride": 16}
    assert method.name == "weighted:resnet50.a1_in1k?stride=16"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("rgbb", PluginError, "nothing is named 'rgbb'; did you mean 'rgb'?"),
        ("", PluginError, "nothing is named ''"),
        ("rgb?strid=4", SettingError, "method 'rgb': unknown setting 'strid'; did you mean 'stride'?"),
        ("rgb?stride=wide", SettingError, "method 'rgb': stride=wide does not fit: "),
        ("rgb?stride", SettingError, "'stride' is not a setting; write key=value"),
        ("rgb?stride=4&stride=8", SettingError, "'stride' is set twice"),
        ("rgb:patch", SettingError, "method 'rgb' takes no model after a colon; write rgb?key=value"),
        ("timm", SettingError, "method 'timm': the setting 'model' is missing; give model="),
        ("resnet18?weights=none.pth", WeightsError, "no weights file none.pth; give the path of"),
    ],
)
def test_what_is_wrong_with_a_method_is_one_line(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)) as caught:
        parse_method(text)
    assert "\n" not in str(caught.value)


# The stride of the protocol


def test_the_protocol_asks_for_a_stride_and_the_text_wins() -> None:
    assert parse_method("rgb", stride=4).settings == {"stride": 4}
    assert parse_method("rgb?stride=16", stride=4).settings == {"stride": 16}


def test_a_method_without_a_stride_setting_is_not_asked() -> None:
    corrbench.register_method("fixed")(lambda: Grey(16))
    assert parse_method("fixed", stride=4).settings == {}


# Weights


@pytest.mark.usefixtures("weighted")
def test_weights_come_from_the_option_or_from_the_text(tmp_path: Path) -> None:
    file = weights_file(tmp_path / "w.pth", b"abc")
    assert parse_method("weighted", file).settings["weights"] == file
    assert parse_method(f"weighted?weights={file}").settings["weights"] == file


def test_weights_may_be_annotated_as_text(tmp_path: Path) -> None:
    @corrbench.register_method("texted")
    def texted(weights: str = "") -> Grey:
        return Grey()

    file = weights_file(tmp_path / "w.pth", b"abc")
    assert parse_method("texted", file).settings == {"weights": str(file)}
    assert parse_method("texted").settings == {"weights": ""}


@pytest.mark.usefixtures("weighted")
def test_weights_may_lie_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = weights_file(tmp_path / "w.pth", b"abc")
    assert parse_method("weighted?weights=~/w.pth").settings["weights"] == file


def test_weights_for_a_method_that_takes_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="method 'rgb' takes no weights; leave out --weights"):
        parse_method("rgb", weights_file(tmp_path / "w.pth", b"abc"))


@pytest.mark.usefixtures("weighted")
def test_weights_that_are_given_twice_are_refused(tmp_path: Path) -> None:
    file = weights_file(tmp_path / "w.pth", b"abc")
    with pytest.raises(SettingError, match="names weights already; leave out --weights"):
        parse_method(f"weighted?weights={file}", file)


@pytest.mark.usefixtures("weighted")
def test_weights_that_are_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=f"no weights file {tmp_path}; give the path of"):
        parse_method("weighted", tmp_path)


@pytest.mark.usefixtures("weighted")
def test_the_place_of_the_weights_is_no_setting_of_the_record(tmp_path: Path) -> None:
    method = parse_method("weighted", weights_file(tmp_path / "w.pth", b"abc"))
    assert method.plain_settings() == {"model": "small", "stride": 8}


# The hash


def test_the_hash_is_twelve_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{12}", hash_of("rgb"))


def test_the_hash_is_the_same_for_the_same_settings_however_they_are_given() -> None:
    method = parse_method("rgb", stride=8)
    assert hash_of("rgb") == hash_of("rgb?stride=8") == method.hash(None)


@pytest.mark.usefixtures("weighted")
def test_the_hash_changes_with_method_model_and_settings() -> None:
    texts = ("rgb", "identity", "rgb?stride=4", "weighted", "weighted:large", "weighted:large?stride=4")
    assert len({hash_of(text) for text in texts}) == len(texts)


@pytest.mark.usefixtures("weighted")
def test_the_hash_follows_the_content_of_the_weights_and_not_their_place(tmp_path: Path) -> None:
    here = weights_file(tmp_path / "w.pth", b"abc")
    there = weights_file(tmp_path / "elsewhere" / "v.pth", b"abc")
    other = weights_file(tmp_path / "other.pth", b"abd")
    assert hash_of("weighted", here) == hash_of("weighted", there) == hash_of(f"weighted?weights={there}")
    assert len({hash_of("weighted"), hash_of("weighted", here), hash_of("weighted", other)}) == 3


def test_the_hash_follows_weights_that_the_method_fetched_itself() -> None:
    @corrbench.register_method("fetched")
    def fetched() -> Grey:
        grey = Grey()
        grey.weights_sha256 = "ba7816bf"
        return grey

    method = parse_method("fetched")
    assert method.weights_sha256(method.build(CPU)) == "ba7816bf"


def test_the_hash_follows_the_content_of_a_plugin_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import corrbench\n\n@corrbench.register_method('mine')\ndef mine(): ...\n")
    load_file(file)
    method = parse_method("mine")
    assert method.source_sha256 == sha256(file)
    assert method.hash(None) != replace(method, source_sha256="another").hash(None)


def test_the_hash_of_an_installed_method_does_not_follow_its_source() -> None:
    assert parse_method("rgb").source_sha256 is None


# The extractor


def test_a_module_is_built_in_evaluation_mode_without_gradients() -> None:
    corrbench.register_method("grey")(Grey)
    extractor: Any = parse_method("grey").build(CPU)
    assert not extractor.training
    assert not extractor.scale.requires_grad


class NoStride:
    def __call__(self, frames: Tensor) -> Tensor:
        return frames


class NotCallable:
    stride = 8


def with_stride(stride: object) -> Callable[[], Any]:
    def build() -> Any:
        extractor = NoStride()
        extractor.stride = stride  # type: ignore[attr-defined]
        return extractor

    return build


@pytest.mark.parametrize(
    ("factory", "found"),
    [
        (NoStride, "NoStride with stride None"),
        (NotCallable, "NotCallable with stride 8"),
        (with_stride(0), "NoStride with stride 0"),
        (with_stride(8.0), "NoStride with stride 8.0"),
        (lambda: None, "NoneType with stride None"),
    ],
)
def test_what_is_no_extractor_is_refused(factory: Callable[[], Any], found: str) -> None:
    corrbench.register_method("broken")(factory)
    with pytest.raises(ExtractorError, match=f"method 'broken' returned {found}; it has to be callable"):
        parse_method("broken").build(CPU)
