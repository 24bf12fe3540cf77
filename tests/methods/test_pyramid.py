"""The trunk while it is trained: sizes of its maps, its weights, its initialisation."""

import pytest
import torch

from corrbench.errors import SettingError, WeightsError
from corrbench_methods.pyramid import Pyramid, holds
from corrbench_methods.trunk import Trunk

SQUARE = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("pool", "strides", "sides"),  # sides of the maps of layer1 to layer4 for a square of 64
    [
        pytest.param("none", (1, 2, 2, 4), (32, 16, 8, 2), id="ours-student"),
        pytest.param("none", (1, 2, 2, 2), (32, 16, 8, 4), id="ours-student-at-16"),
        pytest.param("max", (1, 2, 2, 2), (16, 8, 4, 2), id="ours-teacher-and-vfs"),
        pytest.param("none", (1, 2, 2, 1), (32, 16, 8, 8), id="ours-tested-at-8"),
        pytest.param("mean", (1, 1, 1, 1), (16, 16, 16, 16), id="ours-tested-at-4"),
        pytest.param("none", (1, 2, 1, 1), (32, 16, 16, 16), id="mast"),
        pytest.param("max", (1, 2, 1, 1), (16, 8, 8, 8), id="crw-and-uvc"),
        pytest.param("max", (1, 2, 1, 4), (16, 8, 8, 2), id="ours-spatial"),
    ],
)
@torch.inference_mode()
def test_the_maps_have_the_sizes_of_the_papers(
    pool: str, strides: tuple[int, int, int, int], sides: tuple[int, ...]
) -> None:
    maps = Pyramid(("layer1", "layer2", "layer3", "layer4"), pool=pool, strides=strides)(SQUARE)
    assert [tuple(one.shape[1:]) for one in maps] == [
        (channels, side, side) for channels, side in zip((64, 128, 256, 512), sides, strict=True)
    ]


@torch.inference_mode()
def test_at_256_the_student_has_64_32_and_8_cells_a_side_and_the_teacher_8() -> None:
    frame = torch.zeros(1, 3, 256, 256)
    student = Pyramid(("layer2", "layer3", "layer4"), pool="none", strides=(1, 2, 2, 4)).eval()
    teacher = Pyramid(("layer4",)).eval()
    assert [one.shape[-1] for one in (*student(frame), *teacher(frame))] == [64, 32, 8, 8]


@torch.inference_mode()
def test_maps_come_in_the_order_in_which_they_are_asked_for() -> None:
    pyramid = Pyramid(("layer3", "layer2")).eval()
    assert pyramid.channels == (256, 128)
    assert [one.shape[1] for one in pyramid(SQUARE)] == [256, 128]


def test_layers_after_the_last_output_are_gone() -> None:
    names = Pyramid(("layer2",)).state_dict()
    assert not [name for name in names if name.startswith(("layer3", "layer4", "fc"))]


def test_a_stride_is_that_of_the_first_3x3_and_of_its_shortcut_without_dilation() -> None:
    block = Pyramid(("layer4",), strides=(1, 2, 2, 4)).layer4[0]
    assert [block.conv1.stride, block.conv2.stride, block.downsample[0].stride] == [(4, 4), (1, 1), (4, 4)]
    assert block.conv1.dilation == (1, 1)
    bottleneck = Pyramid(("layer2",), depth=50, strides=(1, 1, 1, 1)).layer2[0]
    assert [bottleneck.conv1.stride, bottleneck.conv2.stride, bottleneck.downsample[0].stride] == [(1, 1)] * 3


def test_layer1_of_resnet18_cannot_stride() -> None:
    with pytest.raises(SettingError, match="layer1 has no shortcut that could stride by 2"):
        Pyramid(("layer1",), strides=(2, 2, 2, 2))


def test_an_unknown_layer_is_named() -> None:
    with pytest.raises(SettingError, match=r"outputs=\('layer5',\) are not layers"):
        Pyramid(("layer5",))  # type: ignore[arg-type]


@torch.inference_mode()
def test_what_was_trained_is_what_the_deployed_trunk_computes() -> None:
    pyramid = Pyramid(("layer2", "layer3"), pool="none", seed=3).eval()
    deployed = Trunk(18, pool="none", stride=8).eval()
    deployed.load_state_dict(pyramid.torchvision_weights())
    torch.testing.assert_close(pyramid(deployed.normalise(SQUARE))[1], deployed(SQUARE))


def test_a_seed_draws_the_weights_that_it_draws_for_the_deployed_trunk() -> None:
    before = torch.get_rng_state()
    pyramid, trunk = Pyramid(("layer4",), seed=5), Trunk(18, layer="layer3", seed=5)
    assert torch.equal(torch.get_rng_state(), before)
    weights = pyramid.torchvision_weights()
    assert all(torch.equal(weights[name], tensor) for name, tensor in trunk.state_dict().items())


def test_blocks_may_start_as_their_shortcuts() -> None:
    pyramid = Pyramid(("layer2",), zero_init_last=True)
    assert [float(block.bn2.weight.detach().abs().sum()) for block in (*pyramid.layer1, *pyramid.layer2)] == [
        0,
        0,
        0,
        0,
    ]
    assert float(pyramid.layer1[0].bn1.weight.detach().sum()) == 64


def test_weights_are_copies() -> None:
    pyramid = Pyramid(("layer1",))
    pyramid.torchvision_weights()["conv1.weight"].zero_()
    assert pyramid.conv1.weight.abs().sum() > 0


def test_weights_come_in_by_name_with_their_statistics() -> None:
    given = Pyramid(("layer4",), seed=1)
    given.bn1.running_mean.fill_(2)
    taken = Pyramid(("layer2",), weights=given.torchvision_weights() | {"fc.weight": torch.zeros(3)})
    assert torch.equal(taken.layer2[1].conv2.weight, given.layer2[1].conv2.weight)
    assert taken.bn1.running_mean.unique().tolist() == [2]


def test_a_layer4_that_the_weights_lack_stays_as_drawn() -> None:
    three = Pyramid(("layer3",), seed=1).torchvision_weights()
    four = Pyramid(("layer4",), seed=2, weights=three)
    drawn = Pyramid(("layer4",), seed=2)
    assert torch.equal(four.layer4[0].conv1.weight, drawn.layer4[0].conv1.weight)
    assert torch.equal(four.layer3[0].conv1.weight, three["layer3.0.conv1.weight"])
    assert (holds(three, "layer4"), holds(drawn.torchvision_weights(), "layer4"), holds(None, "layer1")) == (
        False,
        True,
        False,
    )


def test_weights_that_lack_a_used_layer_are_an_error() -> None:
    two = Pyramid(("layer2",)).torchvision_weights()
    with pytest.raises(WeightsError, match=r"layer3\.0\.conv1\.weight needs \(256, 128, 3, 3\), found nothing"):
        Pyramid(("layer3",), weights=two)


def test_weights_of_another_depth_are_an_error() -> None:
    with pytest.raises(WeightsError, match=r"the weights are of a ResNet-18, and depth=50 .*; give depth=18"):
        Pyramid(("layer2",), depth=50, weights=Pyramid(("layer2",)).torchvision_weights())


def test_weights_of_a_network_with_more_blocks_are_an_error() -> None:
    two = Pyramid(("layer2",)).torchvision_weights()
    assert Pyramid(("layer1",), weights=two | {"layer2.2.bn1.weight": torch.ones(128)}).layers == ("layer1",)
    with pytest.raises(WeightsError, match=r"of a network deeper than ResNet-18, with layer2\.2; give a trunk"):
        Pyramid(("layer2",), weights=two | {"layer2.2.bn1.weight": torch.ones(128)})
