"""Backbones of timm, untrained: grids, layers, sizes, weights."""

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from corrbench.core import plugins, settings
from corrbench.errors import SettingError, WeightsError
from corrbench_methods.timm_backbone import TimmBackbone, timm_backbone
from corrbench_methods.trunk import Trunk

FRAMES = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))


def untrained(model: str, layer: str | int | None = None, **options: bool | int) -> TimmBackbone:
    return timm_backbone(model, layer=layer, pretrained=False, **options).eval()


@pytest.mark.parametrize(
    ("model", "layer", "stride", "size", "shape"),
    [  # of frames of 101 x 137
        ("resnet18", None, 8, (101, 137), (256, 13, 18)),
        ("resnet50", "layer4", 8, (101, 137), (2048, 13, 18)),
        ("resnet50d", "layer2", 8, (101, 137), (512, 13, 18)),  # an average pool in the shortcut
        ("resnet18", "act1", 2, (101, 137), (64, 51, 69)),
        ("vit_tiny_patch16_224", None, 16, (96, 144), (192, 6, 9)),
        ("deit_tiny_distilled_patch16_224", 3, 16, (96, 144), (192, 6, 9)),  # two tokens to drop
        ("vit_small_patch14_dinov2", -1, 14, (98, 140), (384, 7, 10)),
        ("vit_small_patch16_dinov3", 11, 16, (96, 144), (384, 6, 9)),  # rotary positions, registers
        ("convnext_atto", None, 16, (96, 144), (160, 6, 9)),  # would cut off a border
        ("convnext_atto", "stages.1", 8, (104, 136), (80, 13, 17)),
        ("swin_tiny_patch4_window7_224", "layers.1", 8, (100, 136), (192, 13, 17)),
        ("efficientnet_b0", "blocks.2", 8, (101, 137), (40, 13, 18)),
    ],
)
@torch.inference_mode()
def test_any_backbone_takes_any_size(
    model: str, layer: str | int | None, stride: int, size: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    backbone = untrained(model, layer)
    assert backbone.stride == stride
    assert backbone.network_size(101, 137) == size
    assert backbone(torch.rand(2, 3, 101, 137)).shape == (2, *shape)


def test_a_frame_is_resized_to_the_nearest_multiple_of_the_patch() -> None:
    backbone = untrained("vit_small_patch14_dinov2", 0)
    assert backbone.network_size(480, 854) == (476, 854)
    assert backbone.network_size(5, 21) == (14, 28)
    resized = torch.nn.functional.interpolate(FRAMES, (42, 70), mode="bilinear", align_corners=False)
    assert torch.equal(backbone(FRAMES), backbone(resized))


@pytest.mark.parametrize(("model", "prefix"), [("vit_tiny_patch16_224", 1), ("deit_tiny_distilled_patch16_224", 2)])
def test_features_are_the_patch_tokens_of_the_network_after_its_final_norm(model: str, prefix: int) -> None:
    backbone = untrained(model)
    network = backbone.network
    mean, std = (torch.tensor(network.pretrained_cfg[key])[:, None, None] for key in ("mean", "std"))
    tokens = network.forward_features((FRAMES - mean) / std)[:, prefix:]  # (1, 12, C)
    torch.testing.assert_close(backbone(FRAMES).flatten(2).mT, tokens)


def test_norm_is_only_that_of_the_last_block() -> None:
    normed, raw = untrained("vit_tiny_patch16_224"), untrained("vit_tiny_patch16_224", norm=False)
    torch.testing.assert_close(normed(FRAMES).mean(1), torch.zeros(1, 3, 4), atol=1e-5, rtol=0)
    assert raw(FRAMES).mean(1).abs().max() > 1e-3
    inner = [untrained("vit_tiny_patch16_224", 5, norm=norm)(FRAMES) for norm in (True, False)]
    assert torch.equal(*inner)


def test_a_layer_has_a_number_a_number_from_the_end_and_a_name() -> None:
    features = [untrained("vit_tiny_patch16_224", layer)(FRAMES) for layer in (4, "4", -8, "-8", "blocks.4")]
    assert all(torch.equal(features[0], other) for other in features[1:])


@pytest.mark.parametrize("stride", [4, 8, 16])
def test_a_dense_resnet_of_timm_is_the_trunk(stride: int, tmp_path: Path) -> None:
    trunk = Trunk(18, stride=stride, seed=7).eval()
    path = tmp_path / "weights.pth"
    torch.save(trunk.state_dict(), path)
    backbone = timm_backbone("resnet18.tv_in1k", layer="layer3", weights=path, stride=stride).eval()
    assert backbone.stride == trunk.stride
    assert torch.equal(backbone(FRAMES), trunk(FRAMES))


def test_weights_in_the_format_of_a_familys_authors_are_translated(tmp_path: Path) -> None:
    theirs = {}
    for name, tensor in untrained("convnext_atto", "stages.1", seed=5).network.state_dict().items():
        for ours, original in (("stem.", "downsample_layers.0."), ("conv_dw.", "dwconv."), ("mlp.fc", "pwconv")):
            name = name.replace(ours, original)
        theirs[name.replace("stages.1.downsample.", "downsample_layers.1.").replace(".blocks.", ".")] = tensor
    torch.save({"model": theirs}, tmp_path / "weights.pth")
    loaded = timm_backbone("convnext_atto", layer="stages.1", weights=tmp_path / "weights.pth").eval()
    assert loaded.weights_report is not None
    assert loaded.weights_report.matched == 1
    assert torch.equal(loaded(FRAMES), untrained("convnext_atto", "stages.1", seed=5)(FRAMES))


def test_an_untrained_network_is_seeded_and_leaves_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = (untrained("vit_tiny_patch16_224", 0, seed=seed)(FRAMES) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_settings_arrive_as_text() -> None:
    method = plugins.find("methods", "timm").load()
    given = {"model": "vit_tiny_patch16_224", "layer": "-2", "pretrained": "false", "norm": "false"}
    assert method(**settings.bind(method, given, "timm")).index == 10


def test_an_unknown_layer_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"no layer 'layer5'; it has 0 \(act1\), 1 \(layer1\), .*4 \(layer4\)"):
        untrained("resnet18", "layer5")
    with pytest.raises(SettingError, match="no layer 12"):
        untrained("vit_tiny_patch16_224", 12)


@pytest.mark.parametrize(("model", "near"), [("resnet81", "'resnet18'"), ("resnet18.tv_in2k", "'resnet18.tv_in1k'")])
def test_an_unknown_model_is_an_error_with_the_nearest_name(model: str, near: str) -> None:
    with pytest.raises(SettingError, match=f"no model '{model}'; did you mean .*{near}"):
        untrained(model)


def test_a_network_for_one_size_only_is_refused() -> None:
    with pytest.raises(SettingError, match="cait_xxs24_224 does not take frames of any size"):
        untrained("cait_xxs24_224")


def test_offline_the_error_names_the_file_to_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match=r"model\.safetensors from .*/timm/resnet18\.a1_in1k and pass --weights"):
        timm_backbone("resnet18")


def test_a_network_that_timm_has_no_weights_for_says_so() -> None:
    with pytest.raises(WeightsError, match=r"convnext_atto_rms has no weights; .* pretrained=false"):
        timm_backbone("convnext_atto_rms")
