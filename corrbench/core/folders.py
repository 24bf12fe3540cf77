"""Where corrbench keeps what it makes for itself."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The user's cache folder for corrbench: `CORRBENCH_HOME`/cache where that is set."""
    home = os.environ.get("CORRBENCH_HOME")
    return Path(home) / "cache" if home else Path(platformdirs.user_cache_dir("corrbench"))


def configuration_folder() -> Path:
    """The user's configuration folder for corrbench: `CORRBENCH_HOME` where that is set."""
    home = os.environ.get("CORRBENCH_HOME")
    return Path(home) if home else Path(platformdirs.user_config_dir("corrbench"))
