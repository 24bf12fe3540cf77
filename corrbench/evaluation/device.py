"""The device of a run, and the arithmetic it is allowed to use."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from corrbench.errors import SettingError

KINDS = ("cpu", "cuda", "mps")
AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str | None) -> torch.device:
    """The named device, or CUDA where there is one and the CPU otherwise; SettingError if the machine lacks it."""
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.partition(":")[0] not in KINDS:
        raise SettingError(f"--device {name}: corrbench runs on {', '.join(KINDS)}")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise SettingError(f"--device {name}: this machine or this torch cannot use it ({reason}); try cpu") from None
    return device


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Inference with float32 products kept exact, or rounded to TF32 where `precision` says tf32."""
    before = torch.get_float32_matmul_precision()
    tf32 = precision == "tf32"
    cudnn = torch.backends.cudnn
    try:
        torch.set_float32_matmul_precision("high" if tf32 else "highest")
        with (
            torch.inference_mode(),
            cudnn.flags(enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=tf32),
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(before)
