"""The machine under a measurement: its name, and the memory a piece of work needed on it."""

import ctypes
import platform
import re
from contextlib import suppress
from pathlib import Path

import torch

from corrbench.core.files import safe_name
from corrbench.evaluation.environment import peak_memory_bytes

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")  # Linux


def machine_name(device: torch.device) -> str:
    """The name of the GPU, or of the processor followed by how many threads torch uses of it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    kind = "" if device.type == "cpu" else f"{device.type} of "
    return f"{kind}{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def synchronise(device: torch.device) -> None:
    """Wait for the work that is queued on a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def file_part(text: str) -> str:
    """The text as a part of a file name, dashes for all but letters, digits and dots."""
    return safe_name(re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-."))


def reset_peak(device: torch.device) -> None:
    """Start a new peak at the memory held now, where the system can: on CUDA and on Linux."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(AttributeError, OSError, TypeError):  # another C library, another system
        ctypes.CDLL(None).malloc_trim(0)  # freed memory that glibc keeps would hide what is needed next
    with suppress(OSError):
        _RESET.write_text("5")  # man 5 proc: resets the peak resident set size


def peak_bytes(device: torch.device) -> int | None:
    """The most memory held since `reset_peak`, or since the process began where that does nothing."""
    resident = None if device.type == "cuda" else _resident("VmHWM")
    return peak_memory_bytes(device) if resident is None else resident


def held_bytes(device: torch.device) -> int | None:
    """The memory held now: on CUDA by tensors, else resident; None where nobody tells."""
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else _resident("VmRSS")


def _resident(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
