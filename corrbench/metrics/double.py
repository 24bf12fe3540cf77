"""Float64 on every device."""

from torch import Tensor


def to_double(values: Tensor) -> Tensor:
    """The values in float64, on their own device, or on the CPU where that has no float64 (MPS)."""
    return (values.cpu() if values.device.type == "mps" else values).double()
