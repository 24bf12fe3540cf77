"""The size of a network: its parameters, and the arithmetic of one frame."""

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from corrbench.core.extractor import FeatureExtractor

GIGA = 1e9


def parameter_count(extractor: FeatureExtractor) -> int:
    """How many parameters the extractor has, frozen ones included and buffers not; 0 for one without a network.

    An extractor that is not a module itself counts the modules among its attributes.
    """
    modules = [extractor] if isinstance(extractor, nn.Module) else list(getattr(extractor, "__dict__", {}).values())
    parameters = {
        id(parameter): parameter
        for module in modules
        if isinstance(module, nn.Module)
        for parameter in module.parameters()
    }
    return sum(parameter.numel() for parameter in parameters.values())


def gflop(extractor: FeatureExtractor, pixels: Tensor) -> float:
    """The floating-point operations on frames (T, 3, H, W), in units of 1e9, a multiply-add counting as two.

    torch's counter sees convolutions, matrix products and attention; everything else is free to it. Attention is
    computed by its plain formula, since of its fused kernels that of the CPU is not counted.
    """
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        extractor(pixels)
    return float(counter.get_total_flops()) / GIGA
