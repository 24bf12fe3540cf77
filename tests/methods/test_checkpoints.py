"""Checkpoints of many forms, loaded whole, or refused with a reason, and never run."""

import argparse
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from corrbench.errors import WeightsError
from corrbench_methods.checkpoints import load
from corrbench_methods.resnet import resnet18, resnet50
from corrbench_methods.trunk import Trunk

FRAMES = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def trained() -> Trunk:
    """A trunk to layer1 whose weights are those in the files below."""
    return Trunk(18, layer="layer1", seed=7).eval()


def _prefixed(trunk: Trunk, prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in trunk.state_dict().items()}


def _save(content: Any, folder: Path) -> Path:
    path = folder / "weights.pth"
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    ("container", "prefix"),
    [
        (None, ""),
        ("state_dict", "module."),
        ("state_dict", "module.encoder_q."),  # MoCo
        ("state_dict", "backbone."),  # mmcv
        ("state_dict", "module.encoder."),  # SimSiam
        ("teacher", "module.backbone."),  # DINO
        ("model", "encoder.model."),  # CRW
        ("model", "_orig_mod."),
        ("net", ""),
    ],
)
def test_containers_and_prefixes_are_recognised(
    container: str | None, prefix: str, trained: Trunk, tmp_path: Path
) -> None:
    tensors = _prefixed(trained, prefix)
    content = {container: tensors, "epoch": 3, "args": argparse.Namespace(lr=1.0)} if container else tensors
    loaded = resnet18(_save(content, tmp_path), layer="layer1").eval()
    assert torch.equal(loaded(FRAMES), trained(FRAMES))
    assert loaded.weights_report is not None
    assert loaded.weights_report.matched == 1


def test_a_safetensors_file_in_half_precision_loads(trained: Trunk, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({name: tensor.half() for name, tensor in trained.state_dict().items()}, path)
    loaded = resnet18(path, layer="layer1").eval()
    assert loaded.conv1.weight.dtype == torch.float32
    torch.testing.assert_close(loaded(FRAMES), trained(FRAMES), atol=0.02, rtol=0.01)


@pytest.mark.parametrize(
    ("wanted", "other"),
    [("module.encoder_q.", "module.encoder_k."), ("backbone.", "backbone_t."), ("teacher.", "student.")],
)
def test_of_two_networks_in_a_file_the_one_for_use_is_taken_whole(
    wanted: str, other: str, trained: Trunk, tmp_path: Path
) -> None:
    both = _prefixed(Trunk(18, layer="layer1"), other) | _prefixed(trained, wanted)
    loaded = resnet18(_save({"state_dict": both}, tmp_path), layer="layer1").eval()
    assert torch.equal(loaded(FRAMES), trained(FRAMES))


def test_layers_that_are_not_used_are_neither_wanted_nor_an_error(trained: Trunk, tmp_path: Path) -> None:
    path = _save(trained.state_dict() | {"fc.weight": torch.zeros(10, 512)}, tmp_path)
    report = load(Trunk(18, layer="layer1"), path)
    assert (report.matched, report.missing, report.unexpected) == (1, (), ("fc.weight",))


def test_98_percent_loads_with_a_warning_and_a_report(tmp_path: Path) -> None:
    tensors = Trunk(18, layer="layer2", seed=7).state_dict()
    del tensors["conv1.weight"]  # 9,408 of 684,992 elements
    trunk = Trunk(18, layer="layer2")
    with pytest.warns(UserWarning, match=r"98\.6% of the elements .* missing conv1\.weight; these stay untrained"):
        report = load(trunk, _save(tensors, tmp_path))
    assert report.matched == pytest.approx(1 - 9408 / 684992)
    assert report.missing == ("conv1.weight",)
    assert torch.equal(trunk.layer2[1].conv2.weight, tensors["layer2.1.conv2.weight"])


def test_below_95_percent_is_an_error_that_names_what_did_not_fit(tmp_path: Path) -> None:
    tensors = Trunk(18, layer="layer2").state_dict()
    tensors["other.weight"] = tensors.pop("layer1.0.conv1.weight")  # 5.4 %
    tensors["conv1.weight"] = tensors["conv1.weight"][:, :1]
    with pytest.raises(WeightsError) as caught:
        load(Trunk(18, layer="layer2"), _save(tensors, tmp_path))
    message = str(caught.value)
    assert "93.2% of the elements of the layers used were found; missing layer1.0.conv1.weight" in message
    assert "mismatched conv1.weight (64, 1, 7, 7) for (64, 3, 7, 7); unexpected other.weight" in message


def test_a_deeper_network_is_refused_although_it_has_all_that_is_asked_for(trained: Trunk, tmp_path: Path) -> None:
    unused = {"layer2.9.conv1.weight": torch.zeros(128, 128, 3, 3)}
    assert load(Trunk(18, layer="layer1"), _save(trained.state_dict() | unused, tmp_path)).matched == 1
    further = {"layer1.2.conv1.weight": torch.zeros(64, 64, 3, 3)}  # as a ResNet-34 has
    path = _save({"state_dict": {f"module.{k}": v for k, v in (trained.state_dict() | further).items()}}, tmp_path)
    with pytest.raises(WeightsError, match=r"the file is of a deeper network, with layer1\.2 that this one lacks; "):
        load(Trunk(18, layer="layer1"), path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(value: float, trained: Trunk, tmp_path: Path) -> None:
    tensors = trained.state_dict()
    tensors["bn1.running_var"][3] = value
    with pytest.raises(WeightsError, match=r"bn1\.running_var holds values that are not finite"):
        load(Trunk(18, layer="layer1"), _save(tensors, tmp_path))


def test_values_that_are_not_used_may_be_anything(trained: Trunk, tmp_path: Path) -> None:
    path = _save(trained.state_dict() | {"fc.weight": torch.full((10, 512), torch.nan)}, tmp_path)
    assert load(Trunk(18, layer="layer1"), path).matched == 1


def test_nothing_is_changed_by_a_file_that_does_not_fit(tmp_path: Path) -> None:
    trunk = Trunk(18, layer="layer1")
    before = trunk.conv1.weight.clone()
    with pytest.raises(WeightsError):
        load(trunk, _save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path))
    assert torch.equal(trunk.conv1.weight, before)


class _Touch:
    """Unpickling it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content))])
def test_code_in_a_pickle_is_refused_and_does_not_run(save: Any, tmp_path: Path) -> None:
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"
    save({"state_dict": _Touch(trace)}, path)
    with pytest.raises(WeightsError, match=r"weights\.pth: not"):
        resnet18(path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b"<!DOCTYPE html>", "start with b'<!DOCTYPE html>'"), (None, "No such file")],
)
def test_a_damaged_or_missing_file_is_named_in_one_line(
    name: str, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        resnet18(path)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_cut_short_is_refused(trained: Trunk, tmp_path: Path) -> None:
    path = _save(trained.state_dict(), tmp_path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="cut short"):
        resnet18(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [([1, 2], "a list"), ({"epoch": 3}, "keys 'epoch'"), ({"a.num_batches_tracked": torch.tensor(1)}, r"0\.0%")],
)
def test_a_file_without_weights_is_refused(content: Any, found: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=found):
        resnet18(_save(content, tmp_path))


@pytest.mark.parametrize("method", [resnet18, resnet50])
def test_a_resnet_without_a_file_says_how_to_give_one(method: Any) -> None:
    with pytest.raises(WeightsError, match="pass --weights FILE"):
        method()


@pytest.mark.data
def test_the_golden_weights_load_whole_with_their_own_statistics(golden: Path) -> None:
    trunk = resnet18(golden / "resnet18_random_seed0.safetensors")
    report = trunk.weights_report
    assert report is not None
    assert (report.matched, report.missing, report.mismatched, report.unexpected) == (1, (), (), ())
    assert trunk.layer3[1].bn2.running_mean.tolist() == [0] * 256
    assert trunk.layer3[1].bn2.running_var.tolist() == [1] * 256
