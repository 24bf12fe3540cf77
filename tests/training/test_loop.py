"""A training from data to weights."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from corrbench.training.listener import TrainingListener
from corrbench.training.train import Trained

Train = Callable[..., Trained]


def log(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def column(path: Path, name: str) -> list[float]:
    return [float(row[name]) for row in log(path)]


class Heard(TrainingListener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.stages: list[tuple[str, int, int]] = []
        self.steps = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stage(self, name: str, first: int, steps: int) -> None:
        self.stages.append((name, first, steps))

    def step(self, row: Mapping[str, float]) -> None:
        self.steps += 1


@pytest.mark.parametrize("stage", ["spatial", "temporal"])
def test_what_can_be_learnt_is_learnt(run: Train, tmp_path: Path, stage: str) -> None:
    run(stage=stage, steps=80, settings=["batch=16"])
    loss = column(tmp_path / f"out/{stage}.csv", "loss")
    right = column(tmp_path / f"out/{stage}.csv", "right")
    assert 0.5 < loss[0] < 1.0
    assert sum(loss[-10:]) / 10 < 0.25
    assert sum(right[-10:]) / 10 > 0.95


def test_in_bfloat16_it_is_learnt_too(run: Train, tmp_path: Path) -> None:
    run(stage="spatial", steps=80, settings=["batch=16"], precision="bf16")
    assert column(tmp_path / "out/spatial.csv", "right")[-1] > 0.9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_on_a_gpu_it_is_learnt_in_every_precision(run: Train, tmp_path: Path, precision: str) -> None:
    run(stage="temporal", steps=80, settings=["batch=16"], precision=precision, device="cuda")
    assert column(tmp_path / "out/temporal.csv", "right")[-1] > 0.9


def test_the_stages_leave_their_weights_and_the_last_ones_are_those_of_the_method(run: Train, tmp_path: Path) -> None:
    trained = run()
    out = tmp_path / "out"
    assert trained.stages == {"spatial": out / "spatial.safetensors", "temporal": out / "temporal.safetensors"}
    assert trained.weights == out / "weights.safetensors"
    assert trained.weights.read_bytes() == (out / "temporal.safetensors").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == [
        "run.json", "spatial.checkpoint.pt", "spatial.csv", "spatial.safetensors",
        "temporal.checkpoint.pt", "temporal.csv", "temporal.safetensors", "weights.safetensors",
    ]  # fmt: skip


def test_a_file_of_weights_has_torchvision_names_and_says_where_it_is_from(run: Train) -> None:
    path = run(stage="spatial", seed=3).weights
    weights = load_file(path)
    assert set(weights) == {
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",
    }  # fmt: skip
    assert weights["conv1.weight"].shape == (4, 3, 3, 3)
    assert weights["bn1.num_batches_tracked"] == 6
    with safe_open(path, "pt") as file:
        about = file.metadata()
    assert float(about.pop("seconds")) >= 0
    assert about == {
        "format": "corrbench-trunk 1", "method": "tiny", "stage": "spatial", "steps": "6", "seed": "3",
        "frames_seen": "24", "colour": "rgb", "pool": "none", "torch": torch.__version__,
    }  # fmt: skip


def test_half_of_the_bits_are_enough_where_they_are_asked_for(run: Train, tmp_path: Path) -> None:
    whole = load_file(run(stage="spatial").weights)
    half = load_file(run(stage="spatial", half=True, output=tmp_path / "half").weights)
    assert half["conv1.weight"].dtype == torch.float16
    assert half["bn1.num_batches_tracked"].dtype == torch.int64
    assert half["conv1.weight"].equal(whole["conv1.weight"].half())


def test_the_log_has_a_line_a_step(run: Train, tmp_path: Path) -> None:
    run(stage="temporal")
    rows = log(tmp_path / "out/temporal.csv")
    assert list(rows[0]) == ["step", "seconds", "frames", "learning_rate", "loss", "gradient_norm", "right"]
    assert [row["step"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [row["frames"] for row in rows] == ["8", "16", "24", "32", "40", "48"]
    assert [row["learning_rate"] for row in rows[:3]] == ["0.01", "0.02", "0.03"]


def test_the_record_says_what_was_done(run: Train, tmp_path: Path) -> None:
    run(seed=3)
    stages = json.loads((tmp_path / "out/run.json").read_text())["stages"]
    assert list(stages) == ["spatial", "temporal"]
    spatial = stages["spatial"]
    assert (spatial["course"], spatial["seed"], spatial["start"], spatial["processes"]) == ("tiny", 3, "random", 1)
    assert spatial["settings"] == {"width": 4, "still_statistics": False, "noise": 0.1}
    assert (spatial["schedule"]["steps"], spatial["schedule"]["batch"]) == (6, 4)
    [data] = spatial["data"]
    assert (data["kind"], data["items"], data["skipped"]) == ("images", 6, {})
    assert spatial["unreadable"] == {}
    assert (spatial["last"]["step"], spatial["last"]["frames"]) == (6, 24)
    assert spatial["environment"]["device"] == "cpu"
    assert stages["temporal"]["start"] == "spatial"


def test_a_stage_starts_from_the_trunk_of_the_one_before(run: Train, tmp_path: Path) -> None:
    run(settings=["temporal.learning_rate=1e-12", "temporal.still_statistics=true"])
    before, after = (load_file(tmp_path / f"out/{stage}.safetensors") for stage in ("spatial", "temporal"))
    torch.testing.assert_close(after, before, atol=1e-9, rtol=0)


def test_two_stages_one_by_one_are_those_in_one_go(run: Train, tmp_path: Path) -> None:
    run()
    heard = Heard()
    run(stage="spatial", output=tmp_path / "one")
    run(stage="temporal", output=tmp_path / "one", listener=heard)
    assert heard.notes[0] == f"temporal: starts from {tmp_path / 'one/spatial.safetensors'}"
    both = [load_file(tmp_path / folder / "temporal.safetensors") for folder in ("out", "one")]
    assert all(value.equal(both[1][name]) for name, value in both[0].items())


def test_a_second_stage_without_a_first_starts_at_random_and_says_so(run: Train) -> None:
    heard = Heard()
    run(stage="temporal", listener=heard)
    assert heard.notes[0] == "temporal: starts from random"


def test_a_second_stage_can_be_told_to_start_at_random(run: Train) -> None:
    heard = Heard()
    run(stage="spatial")
    run(stage="temporal", init="random", listener=heard)
    assert heard.notes[0] == "temporal: starts from random"


@pytest.mark.parametrize("ending", ["safetensors", "pth"])
def test_a_training_starts_from_a_file(run: Train, tmp_path: Path, ending: str) -> None:
    given = run(stage="spatial").weights
    expected = load_file(given)
    if ending == "pth":
        given = tmp_path / "trunk.pth"
        torch.save({"state_dict": expected}, given)
    still = ["learning_rate=1e-12", "still_statistics=true"]
    after = run(stage="spatial", init=given, output=tmp_path / "next", settings=still).weights
    torch.testing.assert_close(load_file(after), expected, atol=1e-9, rtol=0)


def test_the_listener_hears_of_data_stages_and_steps(run: Train, images: Path, videos: Path) -> None:
    heard = Heard()
    run(listener=heard)
    assert heard.stages == [("spatial", 0, 6), ("temporal", 0, 6)]
    assert heard.steps == 12
    assert any(note.startswith(f"images: 6 images in {images}") for note in heard.notes)
    assert any(note.startswith(f"videos: 4 clips with 20 frames, 5 to 5 each, in {videos}") for note in heard.notes)


def test_another_seed_is_another_training_and_the_same_seed_the_same(run: Train, tmp_path: Path) -> None:
    trunks = [
        load_file(run(stage="spatial", seed=seed, output=tmp_path / name).weights)["conv1.weight"]
        for seed, name in ((0, "a"), (0, "b"), (1, "c"))
    ]
    assert trunks[0].equal(trunks[1])
    assert not trunks[0].equal(trunks[2])


def test_threads_that_read_ahead_change_nothing(run: Train, tmp_path: Path) -> None:
    alone = load_file(run(stage="temporal").weights)
    helped = load_file(run(stage="temporal", workers=2, output=tmp_path / "helped").weights)
    assert all(value.equal(helped[name]) for name, value in alone.items())


def test_no_global_seed_is_touched(run: Train) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    run(stage="spatial")
    assert torch.rand(1).equal(expected)


def test_parameters_that_are_frozen_stay(run: Train, tmp_path: Path) -> None:
    run(stage="spatial", settings=["weight_decay=0.5"])
    state: dict[str, Any] = torch.load(tmp_path / "out/spatial.checkpoint.pt", weights_only=True)["state"]
    assert state["recipe"]["frozen"].item() == 1.0
    assert len(state["optimiser"]["param_groups"][0]["params"]) == 5
