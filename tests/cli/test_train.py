"""`corrbench train`, from the command to its files."""

import csv
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Command = Callable[..., subprocess.CompletedProcess[str]]
COURSE = Path(__file__).parents[1] / "training" / "tiny_course.py"


@pytest.fixture
def data(tmp_path: Path) -> None:
    """Folders `images`, with four images, and `videos`, with two clips of three frames, 16x16 noise each."""
    files = [f"images/{number}.png" for number in range(4)]
    files += [f"videos/{clip}/{frame}.png" for clip in "ab" for frame in range(3)]
    random = np.random.default_rng(0)
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (16, 16, 3)).astype(np.uint8)).save(tmp_path / name)


@pytest.fixture
def train(corrbench: Command, data: None) -> Command:
    """`corrbench train tiny` on both folders, into `out`."""

    def command(*options: object) -> subprocess.CompletedProcess[str]:
        folders = ("--images", "images", "--videos", "videos", "--output", "out", "--device", "cpu")
        return corrbench("train", "tiny", "--plugin", COURSE, *folders, *options)

    return command


def test_the_files_of_weights_are_printed(train: Command) -> None:
    done = train()
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["out/spatial.safetensors", "out/temporal.safetensors", "out/weights.safetensors"]
    assert all(Path(name).is_file() for name in done.stdout.split())


def test_data_and_progress_go_to_standard_error(train: Command) -> None:
    lines = train("--stage", "temporal").stderr.splitlines()
    assert lines[0] == "temporal: starts from random"
    assert lines[1].startswith("videos: 2 clips with 6 frames, 3 to 3 each, in ")
    assert lines[2].startswith("temporal: step 1 of 6, loss ")
    assert lines[3].startswith("temporal: step 6 of 6, loss ")
    assert " 48 frames in " in lines[3]
    assert len(lines) == 4


def test_options_reach_the_training(train: Command) -> None:
    Path("tiny.toml").write_text("learning_rate = 0.5\n[spatial]\nwarmup = 0\n")
    done = train("--steps", 8, "--config", "tiny.toml", "--set", "temporal.warmup=1", "--half")
    assert done.returncode == 0, done.stderr
    rates = {}
    for stage in ("spatial", "temporal"):
        with Path(f"out/{stage}.csv").open(newline="") as file:
            rates[stage] = [row["learning_rate"] for row in csv.DictReader(file)]
    assert (len(rates["spatial"]), rates["spatial"][0]) == (6, "0.5")
    assert (len(rates["temporal"]), rates["temporal"][0]) == (2, "0.25")


def test_an_interrupted_training_says_how_to_go_on_and_does(train: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TINY_SIGNAL", f"{int(signal.SIGINT)}@4")
        done = train("--checkpoint-every", 2)
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == (
        "corrbench: interrupted in step 5 of spatial; --resume goes on after step 4, out/spatial.checkpoint.pt"
    )
    done = train("--checkpoint-every", 2, "--resume")
    assert done.returncode == 0, done.stderr
    assert "spatial: goes on after step 4, out/spatial.checkpoint.pt" in done.stderr.splitlines()
    assert "temporal: begins with its first step; there is no out/temporal.checkpoint.pt" in done.stderr.splitlines()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--stage", "spacial"), "SettingError: tiny: there is no stage 'spacial'; there is spatial, temporal, or all"),
        (("--set", "widht=2"), "SettingError: --set of tiny: unknown setting 'widht'; did you mean 'width'?"),
        (("--config", "none.toml"), "SettingError: --config none.toml: No such file or directory; give a TOML file"),
        (("--images", "nowhere"), "DataError: "),
        (("--init", "none.pth"), "WeightsError: --init: weights none.pth: No such file or directory; give a"),
        (("--steps", "0"), "SettingError: --steps 0 is too few for 2 stages; give at least one for each"),
        (("--device", "tpu"), "SettingError: --device tpu: corrbench runs on cpu, cuda, mps"),
    ],
)
def test_a_mistake_is_one_line(train: Command, options: tuple[str, ...], line: str) -> None:
    done = train(*options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"corrbench: {line}")
    assert not Path("out").exists()


def test_a_loss_that_is_no_number_is_one_line(train: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_NAN", "1")
    done = train()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("corrbench: TrainingError: tiny spatial: loss is nan in step 2; ")


def test_a_course_that_there_is_not_is_named(corrbench: Command) -> None:
    done = corrbench("train", "tinny", "--plugin", COURSE, "--output", "out")
    assert done.returncode == 1
    assert "corrbench.courses: nothing is named 'tinny'; did you mean 'tiny'?" in done.stderr


def test_courses_are_listed(corrbench: Command) -> None:
    lines = corrbench("list", "courses", "--plugin", COURSE).stdout.splitlines()
    assert [line.split() for line in lines if line.startswith("tiny ")] == [["tiny", str(COURSE)]]


def test_help_names_what_can_be_set(corrbench: Command) -> None:
    text = corrbench("train", "--help").stdout
    for option in ("--images", "--videos", "--output", "--stage", "--steps", "--init", "--config", "--set", "--resume"):
        assert option in text
