"""A course that trains in no time, and a few images and clips of noise for it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from corrbench.core import plugins
from corrbench.training.course import Course
from corrbench.training.train import Trained, train

Train = Callable[..., Trained]
COURSE = Path(__file__).parent / "tiny_course.py"


@pytest.fixture
def course_file() -> Path:
    """The plugin file of the course `tiny`."""
    return COURSE


@pytest.fixture
def tiny_module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The plugin file as a module, for the parts of the course."""
    monkeypatch.setattr(plugins, "_registered", list(plugins._registered))
    spec = importlib.util.spec_from_file_location("tiny_course", COURSE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tiny(tiny_module: ModuleType) -> Course:
    """The course `tiny`: stages spatial, on images, and temporal, on videos; 6 steps of 4 items each."""
    course = tiny_module.tiny()
    assert isinstance(course, Course)
    return course


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Six images of noise, 16x16."""
    folder = tmp_path / "images"
    for number in range(6):
        _noise(folder / f"{number}.png", number, 0)
    return folder


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Four clips of noise, 5 frames of 16x16 each, that brighten by 30 a frame."""
    folder = tmp_path / "videos"
    for clip in range(4):
        for frame in range(5):
            _noise(folder / f"clip{clip}" / f"{frame:05d}.png", clip, 30 * frame)
    return folder


@pytest.fixture
def run(tiny: Course, images: Path, videos: Path, tmp_path: Path) -> Train:
    """`train` with the tiny course and its data, into the folder `out` unless another is given."""

    def start(**changes: Any) -> Trained:
        given = {"images": images, "videos": videos, "output": tmp_path / "out", "device": "cpu"}
        return train(tiny, **(given | changes))

    return start


def _noise(path: Path, seed: int, brightness: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 100, (16, 16, 3)) + brightness
    Image.fromarray(noise.astype(np.uint8)).save(path)
