"""The memory that a piece of work needs: on CUDA that of tensors, elsewhere what the process holds."""

import ctypes
import re
import sys
from contextlib import suppress
from pathlib import Path

import torch

_STATUS, _RESET, _MACHINE = (Path(f"/proc/{name}") for name in ("self/status", "self/clear_refs", "meminfo"))  # Linux


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


def free_bytes(device: torch.device) -> int | None:
    """The memory that can be had now: of a GPU, or on Linux of the machine; None where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return _kibibytes(_MACHINE, "MemAvailable") if device.type == "cpu" else None


def _resident(field: str) -> int | None:
    return _kibibytes(_STATUS, field)


def _kibibytes(path: Path, field: str) -> int | None:
    """The bytes that a line such as `VmRSS:  12 kB` states."""
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB$", path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
