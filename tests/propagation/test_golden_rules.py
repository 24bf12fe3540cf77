"""The propagation kernel against numbers worked out in float64 by a separate program for a 4 x 5 grid."""

import pytest
import torch

from corrbench.propagation.propagate import propagate
from corrbench.propagation.rule import PropagationRule

CRW = PropagationRule(
    stride=8,
    normalise=True,
    temperature=0.1,
    context=2,
    first_frame="unmasked",
    window="padded",
    neighbourhood="disc",
    radius=2,
    topk=3,
    topk_scope="joint",
    weighting="softmax_topk",
    memory="soft",
    precision="fp32",
)
BASE = {field: getattr(CRW, field) for field in CRW.__dataclass_fields__}
RULES = {
    "crw": CRW,
    "vfs": PropagationRule(**BASE | {"first_frame": "masked", "window": "with_first"}),
    "dino": PropagationRule(
        **BASE
        | {
            "first_frame": "masked",
            "window": "without_first",
            "neighbourhood": "square",
            "weighting": "softmax_topk_ties",
        }
    ),
    "uvc": PropagationRule(
        **BASE
        | {
            "normalise": False,
            "temperature": 1.0,
            "window": "without_first",
            "neighbourhood": "everywhere",
            "topk_scope": "per_frame",
            "weighting": "softmax_all",
        }
    ),
    "vfs without duplicates": PropagationRule(**BASE | {"first_frame": "masked", "window": "without_first"}),
}
MEANS = {
    "crw": [0.2, 0.229438, 0.238214, 0.245451],
    "vfs": [0.2, 0.199873, 0.320746, 0.332164],
    "dino": [0.2, 0.280605, 0.316776, 0.278094],
    "uvc": [0.2, 0.090554, 0.078132, 0.054452],
    "vfs without duplicates": [0.2, 0.216172, 0.329746, 0.334606],
}
LAST_FRAME_ROW_1 = {
    "crw": [0.209099, 0, 0.306980, 0, 0.372298],
    "vfs": [0, 0.016516, 0.591206, 0, 0.618396],
    "dino": [0.245073, 0.007689, 0.154048, 0, 0.406382],
    "uvc": [0.089146, 0.002226, 0.030606, 0, 0.101969],
    "vfs without duplicates": [0, 0.038245, 0.467749, 0, 0.674043],
}


def object_channel(rule: PropagationRule, device: str = "cpu") -> torch.Tensor:
    """The soft label of the object in four frames, (4, 4, 5)."""
    t, c, y, x = torch.meshgrid(*(torch.arange(float(n)) for n in (4, 3, 4, 5)), indexing="ij")
    features = torch.sin(0.7 * (c + 1) * y + 1.3 * (c + 2) * x + 0.5 * t * (c + 1)) + 0.1 * c  # (T, C, h, w)
    inside = torch.zeros(4, 5)
    inside[1:3, 2:4] = 1
    first = torch.stack([1 - inside, inside]).to(device)  # (K, h, w)
    return torch.stack([soft[1].cpu() for soft in propagate(features.to(device), first, rule)])


@pytest.mark.parametrize("name", RULES)
def test_soft_labels_are_those_of_the_reference_rule(name: str) -> None:
    labels = object_channel(RULES[name])
    assert labels.mean((1, 2)).tolist() == pytest.approx(MEANS[name], abs=1e-5)
    assert labels[3, 1].tolist() == pytest.approx(LAST_FRAME_ROW_1[name], abs=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", RULES)
def test_cuda_gives_the_same_soft_labels(name: str) -> None:
    assert torch.allclose(object_channel(RULES[name], "cuda"), object_channel(RULES[name]), atol=1e-5)
