"""The device of a run, and the arithmetic it is allowed to use."""

import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def synchronise(device: torch.device) -> None:
    """Wait for the work that is queued on a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def machine_name(device: torch.device) -> str:
    """The name of the GPU, or of the processor followed by how many threads torch uses of it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    kind = "" if device.type == "cpu" else f"{device.type} of "
    return f"{kind}{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
