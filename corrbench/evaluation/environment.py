"""What a number was computed with: versions, commit, device."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import corrbench
from corrbench.evaluation.device import machine_name

PACKAGES = ("torch", "torchvision", "timm", "numpy", "scipy", "scikit-image", "pillow")


def environment(device: torch.device) -> dict[str, Any]:
    """Versions, source commit, machine and device, as plain JSON values."""
    return {
        "corrbench": corrbench.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": str(device),
        "device_name": machine_name(device),
        "cuda": torch.version.cuda if device.type == "cuda" else None,
    }


def commit() -> str | None:
    """The commit of the source tree corrbench runs from, with `-dirty` where files differ; None outside a tree."""
    folder = Path(corrbench.__file__).parents[1]
    if not (folder / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
