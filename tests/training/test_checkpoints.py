"""A training that stops goes on as if it had not."""

import csv
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from corrbench.errors import SettingError, WeightsError
from corrbench.training.train import Trained

Train = Callable[..., Trained]


def assert_equal(one: Any, other: Any) -> None:
    """Containers alike down to the last bit of their tensors."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype
        assert one.equal(other)
    else:
        assert one == other


def state(folder: Path, stage: str = "spatial") -> Any:
    return torch.load(folder / f"{stage}.checkpoint.pt", weights_only=True)["state"]


def log(folder: Path, stage: str = "spatial") -> list[dict[str, str]]:
    with (folder / f"{stage}.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture
def interrupted(run: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A function that trains until Ctrl-C comes before a step, counted from 0, and returns the folder."""

    def start(step: int, **changes: Any) -> Path:
        folder = tmp_path / "stopped"
        with monkeypatch.context() as patch:
            patch.setenv("TINY_SIGNAL", f"{int(signal.SIGINT)}@{step}")
            with pytest.raises(KeyboardInterrupt, match="interrupted in step"):
                run(output=folder, **changes)
        return folder

    return start


@pytest.mark.parametrize("stage", ["spatial", "temporal"])
@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_three_steps_and_three_more_are_six(
    run: Train, interrupted: Callable[..., Path], tmp_path: Path, stage: str, optimiser: str
) -> None:
    given = {"stage": stage, "settings": [f"optimiser={optimiser}"]}
    run(**given)
    folder = interrupted(3, checkpoint_every=3, **given)
    run(output=folder, resume=True, **given)
    assert_equal(state(folder, stage), state(tmp_path / "out", stage))
    assert log(folder, stage) == log(tmp_path / "out", stage)


def test_what_was_done_after_the_last_checkpoint_is_done_again(
    run: Train, interrupted: Callable[..., Path], tmp_path: Path
) -> None:
    run(stage="spatial")
    folder = interrupted(5, checkpoint_every=2, stage="spatial")
    assert [row["step"] for row in log(folder)] == ["1", "2", "3", "4", "5"]
    run(output=folder, stage="spatial", resume=True)
    assert_equal(state(folder), state(tmp_path / "out"))
    assert log(folder) == log(tmp_path / "out")


def test_a_training_of_two_stages_goes_on_in_the_second(run: Train, tmp_path: Path) -> None:
    run()
    folder = tmp_path / "stopped"
    run(stage="spatial", output=folder)
    run(output=folder, resume=True)
    for stage in ("spatial", "temporal"):
        assert_equal(state(folder, stage), state(tmp_path / "out", stage))


def test_a_finished_training_is_found_finished(run: Train, tmp_path: Path) -> None:
    before = run().weights.read_bytes()
    assert run(resume=True).weights.read_bytes() == before
    assert len(log(tmp_path / "out")) == 6


def test_resume_without_a_checkpoint_begins(run: Train, tmp_path: Path) -> None:
    run(stage="spatial", resume=True)
    assert len(log(tmp_path / "out")) == 6


def test_the_log_is_cut_back_to_the_checkpoint_even_in_the_middle_of_a_line(
    run: Train, interrupted: Callable[..., Path], tmp_path: Path
) -> None:
    run(stage="spatial")
    folder = interrupted(4, checkpoint_every=2, stage="spatial")
    with (folder / "spatial.csv").open("a") as file:
        file.write("5,0.1,2")
    run(output=folder, stage="spatial", resume=True)
    assert log(folder) == log(tmp_path / "out")


def test_an_interruption_says_how_to_go_on(run: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_SIGNAL", f"{int(signal.SIGINT)}@4")
    with pytest.raises(KeyboardInterrupt, match=r"interrupted in step 5 of spatial; --resume goes on after step 3, "):
        run(checkpoint_every=3)
    with pytest.raises(KeyboardInterrupt, match=r"interrupted in step 5 of spatial; no checkpoint was written"):
        run(output=tmp_path / "none")
    assert not list((tmp_path / "none").glob("*.pt"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": ["width=5"]}, "its settings width is 4, asked for is 5"),
        ({"settings": ["learning_rate=0.5"]}, "its schedule learning_rate is 0.03, asked for is 0.5"),
        ({"steps": 7}, "its schedule steps is 6, asked for is 7"),
        ({"seed": 1}, "its seed is 0, asked for is 1"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(run: Train, changes: dict[str, Any], message: str) -> None:
    run(stage="spatial")
    with pytest.raises(SettingError, match=rf"spatial\.checkpoint\.pt is of another training: {message}; resume with"):
        run(stage="spatial", resume=True, **changes)


def test_a_checkpoint_of_other_data_is_refused(run: Train, images: Path) -> None:
    run(stage="spatial")
    (images / "0.png").unlink()
    with pytest.raises(SettingError, match="is of another training: its data is"):
        run(stage="spatial", resume=True)


def test_a_checkpoint_of_another_course_is_refused(run: Train, tiny_module: Any, tmp_path: Path) -> None:
    run(stage="spatial")
    path = tmp_path / "out/spatial.checkpoint.pt"
    content = torch.load(path, weights_only=True)
    content["identity"]["course"] = "huge"
    torch.save(content, path)
    with pytest.raises(SettingError, match="its course is huge, asked for is tiny"):
        run(stage="spatial", resume=True)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04half of a zip"])
def test_a_damaged_checkpoint_is_named(run: Train, tmp_path: Path, content: bytes) -> None:
    run(stage="spatial")
    (tmp_path / "out/spatial.checkpoint.pt").write_bytes(content)
    with pytest.raises(WeightsError, match=r"spatial\.checkpoint\.pt cannot be read as a checkpoint: .*--overwrite"):
        run(stage="spatial", resume=True)


def test_a_file_of_something_else_is_no_checkpoint(run: Train, tmp_path: Path) -> None:
    run(stage="spatial")
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "out/spatial.checkpoint.pt")
    with pytest.raises(WeightsError, match="is no checkpoint of a training"):
        run(stage="spatial", resume=True)


def test_an_earlier_training_is_not_written_over_unasked(run: Train, tmp_path: Path) -> None:
    run(stage="spatial")
    with pytest.raises(SettingError, match=r"spatial\.checkpoint\.pt is there already; --resume goes on with that"):
        run(stage="spatial", seed=1)
    run(stage="spatial", seed=1, overwrite=True)
    assert torch.load(tmp_path / "out/spatial.checkpoint.pt", weights_only=True)["identity"]["seed"] == 1


def test_a_full_disk_leaves_the_last_checkpoint_whole(run: Train, tmp_path: Path) -> None:
    run(stage="spatial", settings=["width=64"])
    whole = (tmp_path / "out/spatial.checkpoint.pt").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) // 2, hard))  # to a process, as if a disk were full
    try:
        with pytest.raises(OSError, match=r"spatial\.checkpoint\.pt|File too large"):
            run(stage="spatial", settings=["width=64"], overwrite=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in (tmp_path / "out").glob(".*")] == []


def test_a_killed_process_goes_on(run: Train, images: Path, videos: Path, course_file: Path, tmp_path: Path) -> None:
    run(steps=8, checkpoint_every=2)
    folder = tmp_path / "killed"
    command = [
        sys.executable, "-m", "corrbench", "train", "tiny", "--plugin", course_file, "--images", images,
        "--videos", videos, "--output", folder, "--steps", "8", "--checkpoint-every", "2", "--device", "cpu",
    ]  # fmt: skip
    killing = os.environ | {"TINY_SIGNAL": f"{int(signal.SIGKILL)}@5"}
    died = subprocess.run(command, env=killing, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL
    assert [row["step"] for row in log(folder)] == ["1", "2", "3", "4", "5"]
    (folder / ".spatial.checkpoint-half.pt").write_bytes(b"half")
    run(steps=8, checkpoint_every=2, output=folder, resume=True)
    for stage in ("spatial", "temporal"):
        assert_equal(state(folder, stage), state(tmp_path / "out", stage))
    assert not (folder / ".spatial.checkpoint-half.pt").exists()
