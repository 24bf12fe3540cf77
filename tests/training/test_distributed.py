"""Two processes on one machine, started as torchrun starts them, against one."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from corrbench.errors import SettingError
from corrbench.training.distributed import World, join_world
from corrbench.training.train import Trained

Train = Callable[..., Trained]
STILL = (
    "still_statistics=true",
    "optimiser=sgd",
    "momentum=0",
    "learning_rate=1",
    "warmup=0",
    "final_factor=1",
    "clip=None",
)


def together(course: Path, images: Path, videos: Path, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`corrbench train tiny` by two processes of torchrun."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "corrbench", "train", "tiny", "--plugin", course, "--images", images, "--videos", videos,
        "--output", output, "--device", "cpu", *options,
    ]  # fmt: skip
    return subprocess.run(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False, capture_output=True, text=True, timeout=120
    )


def column(path: Path, name: str) -> list[float]:
    with path.open(newline="") as file:
        return [float(row[name]) for row in csv.DictReader(file)]


@pytest.mark.slow
def test_loss_and_gradients_of_two_processes_are_those_of_one_which_can_go_on_alone(
    run: Train, course_file: Path, images: Path, videos: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "out", tmp_path / "two"
    options = [word for setting in STILL for word in ("--set", setting)]
    done = together(course_file, images, videos, two, "--steps", "4", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(two / f"{name}.safetensors") for name in ("spatial", "temporal", "weights")]
    run(steps=4, settings=STILL)

    def assert_close() -> None:
        for stage in ("spatial", "temporal"):
            for name in ("loss", "gradient_norm", "right"):
                assert column(two / f"{stage}.csv", name) == pytest.approx(column(one / f"{stage}.csv", name), abs=1e-6)
            # SGD at rate 1 without momentum: what the weights have moved is the sum of the gradients.
            expected, found = (load_file(folder / f"{stage}.safetensors") for folder in (one, two))
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)

    assert_close()
    (two / "temporal.checkpoint.pt").unlink()
    run(steps=4, settings=STILL, output=two, resume=True)
    assert_close()


@pytest.mark.slow
def test_a_refusal_of_the_first_process_is_heard_by_all(
    run: Train, course_file: Path, images: Path, videos: Path, tmp_path: Path
) -> None:
    run(stage="spatial")
    done = together(course_file, images, videos, tmp_path / "out", "--stage", "spatial")
    assert done.returncode == 1
    assert "spatial.checkpoint.pt is there already" in done.stderr


def test_a_batch_that_does_not_divide_is_refused() -> None:
    world = World(torch.device("cpu"), rank=0, size=2)
    assert world.share(4) == 2
    with pytest.raises(SettingError, match="batch=3 does not divide among 2 processes; give a multiple of 2"):
        world.share(3)


def test_alone_a_process_is_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_world("cpu") as world:
        assert world == World(torch.device("cpu"), rank=0, size=1)
        assert world.first
        assert world.mean(torch.tensor([2.0])).tolist() == [2.0]
        assert world.gather("here") == ["here"]
        assert world.from_first(lambda: 7) == 7


def test_half_of_the_environment_of_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    with (
        pytest.raises(SettingError, match="WORLD_SIZE is 2, but LOCAL_RANK is not set; start with torchrun"),
        join_world("cpu"),
    ):
        pass


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_statistics_of_two_gpus_are_those_of_one(
    run: Train, course_file: Path, images: Path, videos: Path, tmp_path: Path
) -> None:
    options = ("--stage", "spatial", "--steps", "3", "--set", "sync_batch_norm=true", "--device", "cuda")
    done = together(course_file, images, videos, tmp_path / "two", *options)
    assert done.returncode == 0, done.stderr
    run(stage="spatial", steps=3, device="cuda:0")
    expected, found = (load_file(tmp_path / name / "spatial.safetensors") for name in ("out", "two"))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
