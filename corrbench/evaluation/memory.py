"""The memory that a piece of work needs: on CUDA that of tensors, elsewhere what the process holds."""

import ctypes
import re
import sys
from contextlib import suppress
from pathlib import Path

import torch

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")  # Linux


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
    """The most memory held since `reset_peak`, or since the process began where that does nothing; None on Windows."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if (resident := _resident("VmHWM")) is not None:
        return resident
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, others KiB


def held_bytes(device: torch.device) -> int | None:
    """The memory held now: on CUDA by tensors, else resident; None where nobody tells."""
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else _resident("VmRSS")


def _resident(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
