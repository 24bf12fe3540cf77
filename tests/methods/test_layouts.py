"""A checkpoint of each program, in its exact key layout, gives the trunk that it was made from."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from corrbench.errors import WeightsError
from corrbench.training.weights import read_weights
from corrbench_methods.checkpoints import load
from corrbench_methods.layouts import LAYOUTS
from corrbench_methods.mast.extractor import WithHead, mast
from corrbench_methods.pyramid import Pyramid
from corrbench_methods.resnet_parts import Depth
from corrbench_methods.trained import Preprocessing
from corrbench_methods.trunk import Trunk

Tensors = dict[str, Tensor]
FRAMES = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(0))
SOME = torch.zeros(2, 2)
COMMAND_LINE = argparse.Namespace(lr=1e-4, gpu=[0, 1])
ADAM = {"state": {0: {"step": 3, "exp_avg": SOME}}, "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.999)}]}


def prefixed(prefix: str, tensors: Tensors) -> Tensors:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def renamed(tensors: Tensors, *renames: tuple[str, str]) -> Tensors:
    new = {}
    for name, tensor in tensors.items():
        for pattern, replacement in renames:
            name = re.sub(pattern, replacement, name)
        new[name] = tensor
    return new


def as_torchvision(trunk: Tensors) -> Any:
    return trunk | {"fc.weight": SOME, "fc.bias": SOME}


def as_crw(trunk: Tensors) -> Any:
    names = prefixed("encoder.model.", renamed(trunk, (r"(conv\d)\.weight", r"\1.1.weight")))
    model = names | {"selfsim_fc.0.weight": SOME, "selfsim_fc.0.bias": SOME}
    return {"model": model, "optimizer": ADAM, "lr_scheduler": {"gamma": 0.3}, "epoch": 24, "args": COMMAND_LINE}


def left_right(trunk: Tensors) -> Tensors:
    return renamed(
        trunk,
        (r"^conv1\.", "conv1.0."),
        (r"^bn1\.", "conv1.1."),
        (r"(layer.*)\.conv1\.", r"\1.left.0."),
        (r"(layer.*)\.bn1\.", r"\1.left.1."),
        (r"(layer.*)\.conv2\.", r"\1.left.3."),
        (r"(layer.*)\.bn2\.", r"\1.left.4."),
        (r"downsample\.", "shortcut."),
    )


def as_mast(trunk: Tensors) -> Any:
    head = {name: trunk.get(name, SOME) for name in ("post_convolution.weight", "post_convolution.bias")}
    body = {name: tensor for name, tensor in trunk.items() if name not in head}
    state = prefixed("feature_extraction.", left_right(body)) | head
    return {"epoch": 20, "state_dict": state, "optimizer": ADAM}


def as_corrflow(trunk: Tensors) -> Any:
    return {"epoch": 9, "state_dict": prefixed("module.", as_mast(trunk)["state_dict"]), "optimizer": ADAM}


def mmcv(trunk: Tensors) -> Tensors:
    return renamed(
        trunk,
        (r"conv(\d)\.weight", r"conv\1.conv.weight"),
        (r"bn(\d)\.", r"conv\1.bn."),
        (r"downsample\.0\.", "downsample.conv."),
        (r"downsample\.1\.", "downsample.bn."),
    )


def as_mmcv(trunk: Tensors) -> Any:
    return {"meta": {"mmcv_version": "1.3.18"}, "state_dict": prefixed("backbone.", mmcv(trunk)), "optimizer": ADAM}


def as_vfs(trunk: Tensors) -> Any:
    saved = as_mmcv(trunk)
    saved["state_dict"] |= {"img_head.projection_fcs.0.weight": SOME, "img_head.predictor_fcs.0.weight": SOME}
    return saved


def as_vfs_released(trunk: Tensors) -> Any:
    return {"meta": {"mmcv_version": "1.0"}, "state_dict": trunk}


def as_spa_then_temp(trunk: Tensors) -> Any:
    saved = as_mmcv(trunk)
    saved["state_dict"] |= prefixed("backbone_t.", mmcv(of_another_network(trunk))) | {"iteration": torch.tensor(7)}
    return saved


def as_uvc(trunk: Tensors) -> Any:
    codec = {"module.rgb_encoder.conv1.weight": SOME, "module.decoder.conv7.weight": SOME}
    others = codec | {"module.normalize.mean": SOME, "module.normalize.std": SOME}
    return {"epoch": 30, "state_dict": prefixed("module.gray_encoder.", trunk) | others, "best_loss": 0.25}


def as_timecycle(trunk: Tensors) -> Any:
    inflated = {name: tensor.unsqueeze(2) if tensor.dim() == 4 else tensor for name, tensor in trunk.items()}
    heads = {"module.afterconv1.weight": torch.zeros(4, 4, 1, 1, 1), "module.linear2.weight": SOME}
    return {"epoch": 14, "state_dict": prefixed("module.encoderVideo.", inflated) | heads}


def as_moco_v1(trunk: Tensors) -> Any:
    both = prefixed("module.encoder_q.", trunk) | prefixed("module.encoder_k.", of_another_network(trunk))
    heads = {"module.encoder_q.fc.weight": SOME, "module.queue": SOME, "module.queue_ptr": torch.tensor([0])}
    return {"epoch": 200, "arch": "resnet50", "state_dict": both | heads, "optimizer": ADAM}


def as_moco_v2(trunk: Tensors) -> Any:
    saved = as_moco_v1(trunk)
    saved["state_dict"] |= {"module.encoder_q.fc.0.weight": SOME, "module.encoder_q.fc.2.weight": SOME}
    return saved


def as_dino(trunk: Tensors) -> Any:
    head = {"head.mlp.0.weight": SOME}
    student = prefixed("module.", prefixed("backbone.", of_another_network(trunk)) | head)
    return {"student": student, "teacher": prefixed("backbone.", trunk) | head, "epoch": 3, "args": COMMAND_LINE}


def as_densecl(trunk: Tensors) -> Any:
    others = {"encoder_q.1.mlp.0.weight": SOME, "queue": SOME, "queue2": SOME}
    keys = prefixed("encoder_k.0.", of_another_network(trunk))
    state = prefixed("backbone.", trunk) | prefixed("encoder_q.0.", trunk) | keys | others
    return {"meta": {}, "state_dict": state, "optimizer": ADAM}


def as_densecl_released(trunk: Tensors) -> Any:
    return {"state_dict": trunk, "author": "DenseCL"}


def as_simsiam(trunk: Tensors) -> Any:
    heads = {"module.encoder.fc.0.weight": SOME, "module.predictor.0.weight": SOME}
    return {"epoch": 100, "arch": "resnet50", "state_dict": prefixed("module.encoder.", trunk) | heads}


def as_pixpro(trunk: Tensors) -> Any:
    keys = prefixed("module.encoder_k.", of_another_network(trunk))
    heads = {"module.projector.linear1.weight": SOME, "module.projector_k.linear1.weight": SOME}
    return {"opt": COMMAND_LINE, "model": prefixed("module.encoder.", trunk) | keys | heads, "epoch": 400}


def as_sfc(trunk: Tensors) -> Any:
    target = prefixed("target_encoder.", of_another_network(trunk))
    heads = {"online_projector.0.weight": SOME, "predictor.0.weight": SOME}
    model = prefixed("online_encoder.", trunk) | target | heads
    return {"model": model, "optimizer": ADAM, "epoch": 20, "args": COMMAND_LINE}


def as_dul(trunk: Tensors) -> Any:
    head = {"module.fast_net.emb_q.conv1.weight": SOME}
    return {"model": prefixed("module.fast_net.backbone.", trunk) | head, "opt": ADAM}


def as_vince(trunk: Tensors) -> Any:
    return prefixed("feature_extractor.module.model.", trunk) | {"embedding.0.weight": SOME}


def of_another_network(trunk: Tensors) -> Tensors:
    """Weights under the same names that must not be taken."""
    return {name: torch.zeros_like(tensor) for name, tensor in trunk.items()}


PROGRAMS: list[tuple[Callable[[Tensors], Any], str, Depth]] = [
    (as_torchvision, "torchvision or timm", 18),
    (as_crw, "CRW", 18),
    (as_mast, "MAST", 18),
    (as_corrflow, "CorrFlow", 18),
    (as_vfs, "VFS", 18),
    (as_vfs, "VFS", 50),
    (as_vfs_released, "torchvision or timm", 18),
    (as_mmcv, "mmcv", 50),
    (as_spa_then_temp, "Spa-then-Temp", 18),
    (as_uvc, "UVC", 18),
    (as_timecycle, "TimeCycle", 50),
    (as_moco_v1, "MoCo", 50),
    (as_moco_v2, "MoCo", 50),
    (as_dino, "a backbone", 50),
    (as_densecl, "DenseCL", 50),
    (as_densecl_released, "torchvision or timm", 50),
    (as_simsiam, "SimSiam", 50),
    (as_pixpro, "PixPro", 50),
    (as_sfc, "SFC", 18),
    (as_dul, "DUL", 18),
    (as_vince, "VINCE", 18),
]


@pytest.mark.parametrize(("write", "layout", "depth"), PROGRAMS)
def test_each_program(write: Callable[[Tensors], Any], layout: str, depth: Depth, tmp_path: Path) -> None:
    made_from = Trunk(depth, layer="layer2", seed=7)
    torch.save(write(made_from.state_dict()), tmp_path / "weights.pth")
    loaded = Trunk(depth, layer="layer2")
    report = load(loaded, tmp_path / "weights.pth")
    assert (report.layout, report.matched, report.missing, report.mismatched) == (layout, 1, (), ())
    assert torch.equal(loaded(FRAMES), made_from(FRAMES))


def test_every_layout_is_among_those_programs() -> None:
    assert {layout.name for layout in LAYOUTS} == {layout for _, layout, _ in PROGRAMS}


def test_a_file_of_our_own_says_so(tmp_path: Path) -> None:
    made_from = Trunk(18, layer="layer2", seed=7)
    save_file(made_from.state_dict(), tmp_path / "weights.safetensors", {"format": "corrbench-trunk 1"})
    loaded = Trunk(18, layer="layer2")
    assert load(loaded, tmp_path / "weights.safetensors").layout == "corrbench-trunk 1"
    assert torch.equal(loaded(FRAMES), made_from(FRAMES))


@pytest.mark.parametrize(("write", "layout", "depth"), PROGRAMS)
def test_a_training_can_start_from_each_program(
    write: Callable[[Tensors], Any], layout: str, depth: Depth, tmp_path: Path
) -> None:
    made_from = Trunk(depth, layer="layer2", seed=7).state_dict()
    torch.save(write(made_from), tmp_path / "weights.pth")
    started = Pyramid(("layer2",), depth=depth, weights=read_weights(tmp_path / "weights.pth")).state_dict()
    assert all(torch.equal(started[name], tensor) for name, tensor in made_from.items() if tensor.is_floating_point())


@pytest.mark.parametrize(("write", "colour"), [(as_mast, "lab"), (as_corrflow, "plain")])
def test_the_head_of_mast_is_loaded_with_its_narrow_layer4(
    write: Callable[[Tensors], Any], colour: Any, tmp_path: Path
) -> None:
    made_from = WithHead(Preprocessing(colour, "none", "zeros"), stride=4)
    for tensor in made_from.state_dict().values():
        tensor.copy_(0.9 * tensor + 0.001)  # not what every network of its kind starts from
    torch.save(write(made_from.state_dict()), tmp_path / "weights.pth")
    with_head = mast(tmp_path / "weights.pth", stride=4, head="conv")
    assert with_head.stride == 4
    assert with_head(FRAMES).shape == (1, 64, 6, 8)
    assert torch.equal(with_head(FRAMES), made_from(FRAMES))
    assert mast(tmp_path / "weights.pth", stride=4)(FRAMES).shape == (1, 256, 6, 8)


def test_the_layer4_of_mast_does_not_fit_a_stock_network(tmp_path: Path) -> None:
    tensors = WithHead(Preprocessing("lab", "none", "zeros"), stride=4).state_dict()
    torch.save(as_mast(tensors), tmp_path / "weights.pth")
    with pytest.raises(WeightsError, match=r"read as MAST, .* layer4\.0\.conv1\.weight \(256, 256, 3, 3\) for \(512,"):
        mast(tmp_path / "weights.pth", layer="layer4")
