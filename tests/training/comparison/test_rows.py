"""Rows are trained once, from what they start from, and go on where they were cut short."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from safetensors.torch import load_file

from corrbench.errors import SettingError, TrainingError
from corrbench.training.comparison.plan import ComparisonPlan, Row
from corrbench.training.comparison.rows import TrainedRow, Workshop, train_row
from corrbench.training.listener import TrainingListener
from corrbench.training.sources import open_library

TrainRow = Callable[..., TrainedRow]


class Heard(TrainingListener):
    """Keeps what a training says."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def train(tiny_module: ModuleType, images: Path, videos: Path, tmp_path: Path, heard: Heard) -> TrainRow:
    """A row `half` of the spatial stage, and a row `whole` that goes on from it with the temporal one."""
    libraries = {"images": open_library("images", images), "videos": open_library("videos", videos)}
    shop = Workshop(tmp_path / "work", libraries, "cpu", 0, heard)  # type: ignore[arg-type]

    def start(name: str = "whole", seed: int = 0, steps: int = 3) -> TrainedRow:
        rows = (
            Row("whole", "tiny", "tiny", stage="temporal", steps=steps, start="half"),
            Row("half", "tiny", "tiny", stage="spatial", steps=2),
        )
        plan = ComparisonPlan("plan", "Plan", (0,), rows)
        return train_row(shop, plan, plan.row(name, "test"), seed)

    return start


def test_a_row_costs_what_it_starts_from_too(train: TrainRow) -> None:
    half, whole = train("half").budget, train("whole").budget
    assert (half.steps, half.frames_seen) == (2, 8)
    assert (whole.steps, whole.frames_seen) == (5, 8 + 24)
    assert whole.seconds >= half.seconds
    assert whole.cpu_seconds > 0


def test_a_finished_row_is_not_trained_again_and_leaves_no_checkpoint(train: TrainRow, heard: Heard) -> None:
    first = train()
    assert sum("steps of tiny" in note for note in heard.notes) == 2
    before = first.weights.stat().st_mtime_ns
    assert train() == first
    assert first.weights.stat().st_mtime_ns == before
    assert sum("steps of tiny" in note for note in heard.notes) == 2
    assert not list(first.weights.parent.glob("*.checkpoint.pt"))


def test_weights_that_are_gone_are_trained_again_to_the_same_bits(train: TrainRow) -> None:
    first = train()
    before = load_file(first.weights)
    first.weights.unlink()
    after = load_file(train().weights)
    assert all(bool((before[name] == after[name]).all()) for name in before)


def test_each_seed_starts_from_the_half_of_its_own(train: TrainRow, tmp_path: Path) -> None:
    one = load_file(train(seed=1).weights)
    other = load_file(train(seed=2).weights)
    assert bool((one["conv1.weight"] != other["conv1.weight"]).any())
    assert sorted(path.name for path in (tmp_path / "work" / "half").iterdir()) == ["seed-1", "seed-2"]


def test_a_row_cut_short_goes_on_from_its_checkpoint_to_the_same_bits(
    train: TrainRow, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TINY_NAN", "105")
        with pytest.raises(TrainingError, match="of step 100"):
            train(steps=110)
    path = train(steps=110).weights
    assert any("goes on after step 100" in note for note in heard.notes)
    resumed = load_file(path)
    path.unlink()
    at_once = load_file(train(steps=110).weights)
    assert all(bool((resumed[name] == at_once[name]).all()) for name in at_once)


def test_other_steps_under_the_same_name_are_refused(train: TrainRow) -> None:
    train()
    with pytest.raises(
        SettingError,
        match=r"whole/seed-0 holds another training: its stages temporal steps is 3, asked for is 4; give another",
    ):
        train(steps=4)
