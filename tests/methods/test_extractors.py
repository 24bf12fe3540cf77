"""The trained methods: what each gives its network, which files it takes, and which it refuses."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.files import sha256
from corrbench.core.settings import settings_of
from corrbench.errors import SettingError, WeightsError
from corrbench.propagation.propagate import propagate
from corrbench.protocols.registry import find_protocol
from corrbench_methods import shipped
from corrbench_methods.crw.extractor import crw
from corrbench_methods.imagenet import imagenet
from corrbench_methods.mast.extractor import mast
from corrbench_methods.ours.extractor import ours, ours_spatial
from corrbench_methods.random_resnet import random_resnet18
from corrbench_methods.resnet import resnet18, resnet50
from corrbench_methods.trunk import Trunk
from corrbench_methods.uvc.extractor import uvc
from corrbench_methods.vfs.extractor import vfs

Method = Callable[..., Trunk]
ODD = torch.rand(2, 3, 33, 50, generator=torch.Generator().manual_seed(0))
METHODS: dict[str, Method] = {
    "ours": ours,
    "ours-spatial": ours_spatial,
    "mast": mast,
    "crw": crw,
    "vfs": vfs,
    "uvc": uvc,
}
every_method = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(autouse=True)
def _nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of shipped weights that each test fills for itself."""
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path / "weights")


def trained(name: str, path: Path, **about: str) -> Path:
    """A file as `corrbench train` leaves it, of a trunk drawn from seed 7."""
    method, _, stage = name.partition("-")
    metadata = {"format": "corrbench-trunk 1", "method": method, "stage": stage or "temporal", **about}
    save_file(Trunk(18, seed=7).state_dict(), path, metadata)
    return path


def plain(folder: Path, **options: Any) -> Path:
    """The same trunk without a word on where it comes from."""
    torch.save(Trunk(options.pop("depth", 18), seed=7, **options).state_dict(), folder / "weights.pth")
    return folder / "weights.pth"


@every_method
@torch.inference_mode()
def test_the_grid_covers_frames_of_any_size(name: str, tmp_path: Path) -> None:
    extractor = METHODS[name](trained(name, tmp_path / "weights.safetensors"))
    assert isinstance(extractor, FeatureExtractor)
    assert (extractor.stride, extractor.training) == (8, False)
    assert extractor(ODD).shape == (2, 256, 5, 7)
    assert METHODS[name](trained(name, tmp_path / "weights.safetensors"), stride=4)(ODD).shape == (2, 256, 9, 13)


@pytest.mark.parametrize(
    ("name", "same"),
    [  # as a trunk by hand
        ("ours", {"colour": "lab", "pool": "none"}),
        ("ours-spatial", {}),
        ("mast", {"colour": "lab", "pool": "none"}),
        ("crw", {"padding": "reflect"}),
        ("vfs", {}),
        ("uvc", {"colour": "lightness"}),
    ],
)
@torch.inference_mode()
def test_a_file_that_does_not_say_is_given_the_frames_of_the_paper(
    name: str, same: Mapping[str, Any], tmp_path: Path
) -> None:
    expected = Trunk(18, seed=7, **same)
    assert torch.equal(METHODS[name](plain(tmp_path))(ODD), expected(ODD))


@torch.inference_mode()
def test_at_stride_4_ours_has_a_mean_pool_and_no_strides_after_it(tmp_path: Path) -> None:
    extractor = ours(plain(tmp_path), stride=4)
    assert isinstance(extractor.pool, torch.nn.AvgPool2d)
    assert [getattr(extractor, f"layer{n}")[0].conv1.stride for n in (1, 2, 3)] == [(1, 1)] * 3
    assert torch.equal(extractor(ODD), Trunk(18, seed=7, colour="lab", pool="mean", stride=4)(ODD))


def test_at_stride_8_the_strides_of_ours_are_1_2_2(tmp_path: Path) -> None:
    extractor = ours(plain(tmp_path))
    assert [getattr(extractor, f"layer{n}")[0].conv1.stride for n in (1, 2, 3)] == [(1, 1), (2, 2), (2, 2)]


@torch.inference_mode()
def test_what_a_file_says_of_its_frames_wins(tmp_path: Path) -> None:
    path = trained("ours-spatial", tmp_path / "a.safetensors", colour="lab", pool="none", padding="reflect")
    expected = Trunk(18, seed=7, colour="lab", pool="none", padding="reflect")
    assert torch.equal(ours_spatial(path)(ODD), expected(ODD))


@torch.inference_mode()
def test_uvc_as_crw_evaluates_it(tmp_path: Path) -> None:
    expected = Trunk(18, seed=7, layer="layer4", colour="lightness-crw")
    extractor = uvc(plain(tmp_path, layer="layer4"), layer="layer4", colour="lightness-crw")
    assert torch.equal(extractor(ODD), expected(ODD))
    assert extractor(ODD).shape == (2, 512, 5, 7)


@pytest.mark.parametrize("method", [ours, ours_spatial, vfs])
def test_deeper_networks(method: Method, tmp_path: Path) -> None:
    path = plain(tmp_path, depth=50, layer="layer2")
    assert method(path, layer="layer2").layer2[3].conv3.weight.shape == (512, 128, 1, 1)
    with pytest.raises(WeightsError, match="give a checkpoint of this architecture"):
        method(path, depth=18, layer="layer2")


@every_method
def test_the_file_of_another_method_is_refused_by_both_names(name: str, tmp_path: Path) -> None:
    other = "crw" if name == "vfs" else "vfs"
    path = trained(other, tmp_path / "weights.safetensors")
    with pytest.raises(WeightsError) as caught:
        METHODS[name](path)
    assert f"was trained as {other}, and the method asked for is {name}; use --method {other}" in str(caught.value)


@pytest.mark.parametrize(("name", "stage"), [("ours", "ours-spatial"), ("ours-spatial", "ours")])
def test_the_two_stages_of_ours_are_not_mistaken_for_each_other(name: str, stage: str, tmp_path: Path) -> None:
    path = trained(stage, tmp_path / "weights.safetensors")
    with pytest.raises(WeightsError, match=f"was trained as {stage}, and the method asked for is {name};"):
        METHODS[name](path)


def test_the_key_names_of_another_method_are_refused(tmp_path: Path) -> None:
    tensors = {f"encoder.model.{name}": tensor for name, tensor in Trunk(18).state_dict().items()}
    torch.save({"model": tensors}, tmp_path / "pretrained.pth")
    assert crw(tmp_path / "pretrained.pth").weights_report is not None
    with pytest.raises(WeightsError, match="has the key names of CRW, for crw, and the method asked for is vfs"):
        vfs(tmp_path / "pretrained.pth")


def test_the_spatial_stage_may_be_mocos_and_ours_may_not(tmp_path: Path) -> None:
    tensors = {f"module.encoder_q.{name}": tensor for name, tensor in Trunk(18).state_dict().items()}
    torch.save({"state_dict": tensors}, tmp_path / "moco.pth")
    assert ours_spatial(tmp_path / "moco.pth").weights_report is not None
    with pytest.raises(WeightsError, match="has the key names of MoCo, for resnet50 or ours-spatial"):
        ours(tmp_path / "moco.pth")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"format": "corrbench-trunk 2"}, "the format is 'corrbench-trunk 2', and 'corrbench-trunk 1' is read here"),
        ({"colour": "infrared"}, "colour is 'infrared' in its metadata; there are rgb, plain, lab"),
        ({"padding": "wrap"}, "padding is 'wrap' in its metadata; there are zeros, reflect"),
    ],
)
def test_a_file_that_says_what_is_not_known_is_refused(about: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=re.escape(message)):
        crw(trained("crw", tmp_path / "weights.safetensors", **about))


def test_the_head_of_mast_is_not_in_a_file_of_the_trunk(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"missing layer4\.0\.conv1\.weight"):
        mast(trained("mast", tmp_path / "weights.safetensors"), head="conv")
    with pytest.raises(SettingError, match="layer=layer2 does not fit head=conv"):
        mast(tmp_path / "weights.safetensors", head="conv", layer="layer2")


@every_method
def test_shipped_weights_are_used_and_hashed(name: str, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    path = trained(name, tmp_path / "weights" / f"{name}.safetensors")
    extractor = METHODS[name]()
    assert torch.equal(extractor.conv1.weight, Trunk(18, seed=7).conv1.weight)
    assert extractor.weights_sha256 == sha256(path)
    assert METHODS[name](path).weights_sha256 is None


@every_method
def test_without_shipped_weights_one_line_says_which_and_how_to_get_some(name: str) -> None:
    with pytest.raises(WeightsError) as caught:
        METHODS[name]()
    message = str(caught.value)
    assert "\n" not in message
    assert f"weights/{name}.safetensors, are not part of this installation" in message
    assert f"pass --weights FILE, or train them with `corrbench train {name.removesuffix('-spatial')}`" in message


@torch.inference_mode()
def test_one_trunk_in_two_methods_of_the_same_frames_carries_labels_alike(tmp_path: Path) -> None:
    """A textured square on noise moves 8 pixels, a cell, to the right in each of four frames."""
    generator = torch.Generator().manual_seed(0)
    background, patch = 0.2 * torch.rand(3, 64, 96, generator=generator), torch.rand(3, 24, 24, generator=generator)
    video = torch.stack([_pasted(background, patch, 20, 16 + 8 * index) for index in range(4)])
    first = F.one_hot(torch.zeros(8, 12, dtype=torch.int64), 2).movedim(-1, 0).float()  # (2, 8, 12)
    first[:, 3:5, 2:5] = torch.tensor([0.0, 1.0])[:, None, None]
    rule, path = find_protocol("stt", "davis").propagation, plain(tmp_path)
    extractors = (vfs(path), ours_spatial(path), resnet18(path))
    carried = [torch.stack(list(propagate(extractor(video), first, rule))) for extractor in extractors]
    assert torch.equal(carried[0], carried[1])
    assert torch.equal(carried[0], carried[2])
    assert not torch.allclose(carried[0], torch.stack(list(propagate(crw(path)(video), first, rule))))


def _pasted(background: torch.Tensor, patch: torch.Tensor, top: int, left: int) -> torch.Tensor:
    frame = background.clone()
    frame[:, top : top + patch.shape[1], left : left + patch.shape[2]] = patch
    return frame


@pytest.mark.parametrize("method", [resnet18, resnet50, imagenet])
def test_the_settings_of_other_methods_are_as_before_so_their_hashes_stay(method: Method) -> None:
    assert list(settings_of(method)) == ["weights", "layer", "stride", "padding", "pool"]
    assert list(settings_of(random_resnet18)) == ["seed", "layer", "stride", "padding", "pool"]
