"""corrbench: compare visual features by propagating labels through video, under exact, named, hashed protocols.

    corrbench.run("rgb,random", task="davis")
    corrbench.score("predictions/rgb", task="davis")
    corrbench.train("mast", videos="clips", output="trained/mast")

    @corrbench.register_method("mine")
    def mine(width: int = 64) -> corrbench.FeatureExtractor: ...

Names are imported when they are first used, so that the command line starts without torch.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_HOMES = {
    "CorrbenchError": "corrbench.errors",
    "FeatureExtractor": "corrbench.core.extractor",
    "Video": "corrbench.core.video",
    "Dataset": "corrbench.core.dataset",
    "DatasetIdentity": "corrbench.core.dataset",
    "register_method": "corrbench.core.plugins",
    "register_dataset": "corrbench.core.plugins",
    "register_task": "corrbench.core.plugins",
    "register_course": "corrbench.core.plugins",
    "run": "corrbench.records.run",
    "score": "corrbench.records.score",
    "train": "corrbench.training.train",
}
__all__ = [*_HOMES, "__version__"]

try:
    __version__ = version("corrbench")
except PackageNotFoundError:  # a source tree that is not installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'corrbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
