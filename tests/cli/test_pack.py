"""`corrbench pack`: what `corrbench run` wrote, for a server."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from corrbench.cli.pack import FORMATS
from corrbench.records.pack_layouts import LAYOUTS

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def predictions(run: Command) -> Path:
    assert run("identity", "--predictions", "out").returncode == 0
    return Path("out")


def test_the_formats_of_the_command_are_those_of_the_library() -> None:
    assert tuple(LAYOUTS) == FORMATS


def test_what_run_wrote_is_packed(corrbench: Command, predictions: Path, davis: Path) -> None:
    done = corrbench("pack", "--predictions", predictions, "--to", "ours.zip", "--data-root", davis)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ours.zip: 2 sequences, 8 files; every frame of the data set is there\n"
    with ZipFile("ours.zip") as archive:
        assert archive.namelist() == [f"{name}/{index:05d}.png" for name in ("ball", "pair") for index in range(4)]


def test_without_a_data_set_it_says_that_nothing_was_compared(corrbench: Command, predictions: Path) -> None:
    done = corrbench("pack", "--predictions", predictions, "--to", "ours.zip", "--format", "youtube-vos")
    assert done.stdout == "ours.zip: 2 sequences, 8 files; not compared with a data set\n"


@pytest.fixture
def refused(corrbench: Command, davis: Path) -> Callable[..., str]:
    def refuse(*options: object) -> str:
        done = corrbench("pack", "--predictions", "out", "--to", "ours.zip", "--data-root", davis, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert not Path("ours.zip").exists()
        [line] = done.stderr.splitlines()
        return line

    return refuse


def test_a_missing_frame_is_named(refused: Callable[..., str], predictions: Path) -> None:
    (predictions / "identity/pair/00002.png").unlink()
    assert "1 of 4 predictions are missing: 00002.png" in refused()


def test_a_frame_too_many_is_named(refused: Callable[..., str], predictions: Path) -> None:
    place = predictions / "identity/pair"
    (place / "00009.png").write_bytes((place / "00001.png").read_bytes())
    assert "1 masks belong to no frame of the data set: 00009.png" in refused()


def test_a_missing_sequence_is_named_unless_the_others_are(
    refused: Callable[..., str], predictions: Path, corrbench: Command, davis: Path
) -> None:
    for path in (predictions / "identity/pair").iterdir():
        path.unlink()
    (predictions / "identity/pair").rmdir()
    assert "1 of 2 sequences are missing: pair; found ball" in refused()
    done = corrbench("pack", "--predictions", "out", "--to", "ours.zip", "--data-root", davis, "--sequences", "ball")
    assert done.stdout.startswith("ours.zip: 1 sequences, 4 files")


def test_a_sequence_of_another_split_is_named(refused: Callable[..., str], predictions: Path) -> None:
    (predictions / "identity/ball").rename(predictions / "identity/goat")
    (predictions / "identity/ball").mkdir()
    (predictions / "identity/ball/00000.png").write_bytes(b"")
    assert "1 sequences are none of the data set's: goat; check --split" in refused()


def test_masks_of_another_size_than_the_frames_are_named(refused: Callable[..., str], predictions: Path) -> None:
    from PIL import Image

    for path in (predictions / "identity/ball").iterdir():
        with Image.open(path) as image:
            small = image.resize((32, 24))
        small.save(path)
    assert "(24, 32) pixels (rows, columns), but the sequence has (48, 64); resize with nearest" in refused()


def test_help_says_what_is_written(corrbench: Command) -> None:
    assert "Pack predictions for an evaluation server." in corrbench("pack", "--help").stdout
