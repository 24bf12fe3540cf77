"""The command in this process, and a data set small enough to run in no time."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corrbench.cli import main
from corrbench.core import plugins

Command = Callable[..., subprocess.CompletedProcess[str]]
Refusal = Callable[..., str]
HEIGHT, WIDTH, FRAMES = 48, 64, 4
OBJECTS = {"ball": 1, "pair": 2}


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has its own current folder and registry of plugins."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plugins, "_registered", list(plugins._registered))
    monkeypatch.setattr(plugins, "broken_files", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("corrbench_plugin_"):
            del sys.modules[name]


@pytest.fixture
def corrbench(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command `corrbench`, run in this process."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        arguments = ["corrbench", *map(str, words)]
        monkeypatch.setattr(sys, "argv", arguments)
        capsys.readouterr()
        status: object = 0
        try:
            main()
        except SystemExit as error:
            status = error.code or 0
        written = capsys.readouterr()
        assert isinstance(status, int)
        return subprocess.CompletedProcess(arguments, status, written.out, written.err)

    return run


@pytest.fixture
def davis(tmp_path: Path) -> Path:
    """A data set in the layout of DAVIS: `ball` with one object and `pair` with two, 4 frames of 48x64 each.

    Object n is a square of 12 pixels, 20 rows below the one before, that moves 4 pixels to the right a frame.
    """
    root = tmp_path / "DAVIS"
    for name, objects in OBJECTS.items():
        for index in range(FRAMES):
            frame = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
            frame[:, ::8] = 60
            mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
            for number in range(1, objects + 1):
                rows = slice(20 * number - 16, 20 * number - 4)
                columns = slice(8 + 4 * index, 20 + 4 * index)
                frame[rows, columns] = (200, 30 * number, 20)
                mask[rows, columns] = number
            _save(Image.fromarray(frame), root / "JPEGImages" / "480p" / name / f"{index:05d}.jpg")
            indexed = Image.fromarray(mask)
            indexed.putpalette(any_palette())
            _save(indexed, root / "Annotations" / "480p" / name / f"{index:05d}.png")
    (root / "ImageSets" / "2017").mkdir(parents=True)
    (root / "ImageSets" / "2017" / "val.txt").write_text("ball\npair\n")
    return root


def any_palette() -> bytes:
    """Any 256 colours: readers take the indices."""
    return bytes(range(256)) * 3


def _save(image: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, quality=95) if path.suffix == ".jpg" else image.save(path)


@pytest.fixture
def refused(corrbench: Command, davis: Path) -> Refusal:
    """A function that runs, checks that the command failed as it should, and returns its one line."""

    def run(*options: object, method: str = "identity", root: Path | None = davis) -> str:
        where = () if root is None else ("--data-root", root)
        done = corrbench("run", "--method", method, "--protocol", "crw", *where, *options)
        assert done.returncode == 1, done.stdout
        assert done.stdout == ""
        *progress, line = done.stderr.splitlines()
        assert all(" frames in " in one for one in progress)
        assert line.startswith("corrbench: ")
        assert "Error: " in line
        left = [path for path in Path().rglob("*") if path.is_file() and "results" in path.parts]
        assert all(path.parent.suffix == ".parts" and path.suffix == ".npz" for path in left), left
        assert not any(path.name.startswith(".") for path in left)
        return line

    return run


@pytest.fixture
def run(corrbench: Command, davis: Path) -> Command:
    """`corrbench run` on the tiny data set, at the size of its frames."""

    def command(method: str, *options: object) -> subprocess.CompletedProcess[str]:
        return corrbench("run", "--method", method, "--protocol", "crw", "--data-root", davis, *options)

    return command
