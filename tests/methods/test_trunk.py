"""The dense trunk: strides, grids, padding, initialisation."""

import pytest
import torch
import torchvision
from torch.nn import functional as F

from corrbench.errors import SettingError
from corrbench_methods.trunk import Trunk

ODD = torch.rand(1, 3, 33, 50, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("pool", "requested", "layer", "stride", "grid"),
    [
        ("max", 8, "layer3", 8, (5, 7)),  # the literature's: layers (1, 2, 1)
        ("max", 4, "layer3", 4, (9, 13)),  # (1, 1, 1)
        ("mean", 4, "layer3", 4, (9, 13)),
        ("max", 16, "layer3", 16, (3, 4)),  # stock
        ("max", 8, "layer4", 8, (5, 7)),
        ("max", 32, "layer4", 32, (2, 2)),  # stock
        ("max", 8, "layer1", 4, (9, 13)),  # layer1 cannot reach 8
        ("max", 2, "layer3", 4, (9, 13)),  # the stem cannot go below 4
        ("none", 4, "layer2", 4, (9, 13)),
        ("none", 8, "layer3", 8, (5, 7)),  # stock strides, as there is no pool
        ("none", 2, "layer2", 2, (17, 25)),
    ],
)
def test_the_layers_keep_their_stride_while_the_request_allows_it(
    pool: str, requested: int, layer: str, stride: int, grid: tuple[int, int]
) -> None:
    trunk = Trunk(18, layer=layer, stride=requested, pool=pool).eval()
    assert trunk.stride == stride
    assert trunk(ODD).shape[-2:] == grid


def test_stride_one_is_set_on_the_3x3_of_block_0_and_on_its_shortcut_without_dilation() -> None:
    layer3 = Trunk(18).layer3
    assert [layer3[0].conv1.stride, layer3[0].conv2.stride, layer3[0].downsample[0].stride] == [(1, 1)] * 3
    assert [layer3[0].conv1.dilation, layer3[1].conv1.dilation] == [(1, 1)] * 2


@torch.inference_mode()
def test_a_davis_frame_gives_60_by_107_cells() -> None:
    assert Trunk(18).eval()(torch.rand(1, 3, 480, 854)).shape == (1, 256, 60, 107)


def test_resnet50_has_four_times_the_channels() -> None:
    assert Trunk(50, layer="layer2").eval()(ODD).shape == (1, 512, 5, 7)


def test_at_stock_strides_it_is_torchvisions_network_on_normalised_colours() -> None:
    trunk = Trunk(18, stride=16).eval()
    stock = torchvision.models.resnet18().eval()
    stock.load_state_dict(trunk.state_dict(), strict=False)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = stock.maxpool(stock.relu(stock.bn1(stock.conv1((ODD - mean[:, None, None]) / std[:, None, None]))))
    torch.testing.assert_close(trunk(ODD), stock.layer3(stock.layer2(stock.layer1(x))))


def test_reflect_padding_is_that_of_every_padded_convolution() -> None:
    trunk = Trunk(18, padding="reflect").eval()
    for conv, pad in ((trunk.conv1, 3), (trunk.layer3[0].conv1, 1)):
        x = torch.rand(1, conv.in_channels, 9, 8)
        expected = F.conv2d(F.pad(x, (pad,) * 4, mode="reflect"), conv.weight, stride=conv.stride)
        assert torch.equal(conv(x), expected)
    assert trunk.layer3[0].downsample[0].padding_mode == "zeros"  # 1x1: nothing to pad


def test_layers_beyond_the_used_one_are_gone() -> None:
    names = Trunk(18, layer="layer2").state_dict()
    assert not [name for name in names if name.startswith(("layer3", "layer4", "fc"))]


def test_weights_are_torchvisions_rule_by_a_seed_and_leave_the_global_random_state_alone() -> None:
    before = torch.get_rng_state()
    same, again, other = Trunk(18, seed=3), Trunk(18, seed=3), Trunk(18, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(same.layer3[1].conv2.weight, again.layer3[1].conv2.weight)
    assert not torch.equal(same.conv1.weight, other.conv1.weight)
    assert same.layer3[1].conv2.weight.std().item() == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)
    assert same.bn1.weight.tolist() == [1] * 64
    assert same.bn1.bias.tolist() == [0] * 64


def test_a_shallower_trunk_is_the_beginning_of_a_deeper_one() -> None:
    assert torch.equal(Trunk(18, layer="layer1").layer1[1].conv2.weight, Trunk(18).layer1[1].conv2.weight)


def test_a_stride_of_nothing_is_refused() -> None:
    with pytest.raises(SettingError, match="stride=0"):
        Trunk(18, stride=0)
