"""Files that come with the package: small, whole, and true to what was trained."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from corrbench.errors import WeightsError
from corrbench_methods import shipped
from corrbench_methods.crw.extractor import crw
from corrbench_methods.shipped import export, shipped_file
from corrbench_methods.trunk import Trunk

FRAMES = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(0))
METADATA = {"method": "crw", "stage": "walk", "colour": "rgb", "pool": "max", "padding": "reflect", "stride": "8"}


def test_it_holds_the_trunk_to_layer3_and_says_what_it_is(tmp_path: Path) -> None:
    tensors = Trunk(18, layer="layer4").state_dict() | {"fc.weight": torch.zeros(2, 2)}
    export(tensors, METADATA, tmp_path / "crw.safetensors")
    with safe_open(tmp_path / "crw.safetensors", framework="pt") as file:
        names, metadata = set(file.keys()), file.metadata()
        assert file.get_tensor("layer3.0.conv1.weight").dtype == torch.float16
        assert file.get_tensor("bn1.running_var").dtype == torch.float32
    assert metadata == METADATA | {"format": "corrbench-trunk 1"}
    assert {name.split(".")[0] for name in names} == {"conv1", "bn1", "layer1", "layer2", "layer3"}
    assert not [name for name in names if name.endswith("num_batches_tracked")]
    assert (tmp_path / "crw.safetensors").stat().st_size < 6e6


@torch.inference_mode()
def test_it_loads_as_float32_and_gives_the_same_features_but_for_rounding(tmp_path: Path) -> None:
    trunk = Trunk(18, padding="reflect", seed=7)
    export(trunk.state_dict(), METADATA, tmp_path / "crw.safetensors")
    loaded = crw(tmp_path / "crw.safetensors")
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    difference = (loaded(FRAMES) - trunk(FRAMES)).norm() / trunk(FRAMES).norm()
    assert 0 < difference < 2e-3


def test_a_trunk_that_is_too_short_or_does_not_name_its_method_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds conv1 to layer3 and the name of its method"):
        export(Trunk(18, layer="layer2").state_dict(), METADATA, tmp_path / "crw.safetensors")
    with pytest.raises(WeightsError, match="the name of its method"):
        export(Trunk(18).state_dict(), {"colour": "rgb"}, tmp_path / "crw.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [1e5, float("nan")])
def test_a_value_that_float16_cannot_hold_is_not_written(value: float, tmp_path: Path) -> None:
    tensors = Trunk(18).state_dict()
    tensors["conv1.weight"][0, 0, 0, 0] = value
    with pytest.raises(WeightsError, match=r"conv1\.weight has values that float16 cannot hold"):
        export(tensors, METADATA, tmp_path / "crw.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted(shipped.WEIGHTS.glob("*.safetensors")), ids=lambda path: path.stem)
def test_every_file_that_is_shipped_names_its_method(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["format"] == "corrbench-trunk 1"
    assert path.stem in {metadata["method"], f"{metadata['method']}-{metadata['stage']}"}
    assert shipped_file(path.stem) == path
