"""How fast at which step."""

import pytest
import torch
from torch import nn

from corrbench.errors import SettingError
from corrbench.training.course import Schedule
from corrbench.training.schedule import make_optimiser, rate


def test_the_rate_rises_in_equal_steps_and_is_whole_after_the_warm_up() -> None:
    schedule = Schedule(learning_rate=0.4, steps=100, warmup=3)
    assert [rate(schedule, step) for step in range(4)] == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_without_warm_up_the_first_step_has_the_whole_rate() -> None:
    assert rate(Schedule(learning_rate=0.4, steps=100), 0) == 0.4


def test_half_way_down_the_cosine_the_rate_is_halved() -> None:
    assert rate(Schedule(learning_rate=0.4, steps=110, warmup=10), 60) == pytest.approx(0.2)


def test_the_cosine_ends_at_the_final_factor() -> None:
    schedule = Schedule(learning_rate=0.4, steps=100, final_factor=0.1)
    assert rate(schedule, 50) == pytest.approx(0.22)
    assert rate(schedule, 100) == pytest.approx(0.04)


def test_a_final_factor_of_one_keeps_the_rate() -> None:
    schedule = Schedule(learning_rate=0.4, steps=10, final_factor=1)
    assert {rate(schedule, step) for step in range(10)} == {0.4}


def test_a_warm_up_longer_than_the_training_only_rises() -> None:
    schedule = Schedule(learning_rate=1.0, steps=2, warmup=3)
    assert [rate(schedule, step) for step in range(2)] == [0.25, 0.5]


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)]
)
def test_the_optimiser_is_the_one_named(name: str, kind: type[torch.optim.Optimizer]) -> None:
    schedule = Schedule(learning_rate=0.1, optimiser=name, momentum=0.8, weight_decay=0.01)  # type: ignore[arg-type]
    optimiser = make_optimiser([nn.Parameter(torch.zeros(1))], schedule)
    assert type(optimiser) is kind
    [group] = optimiser.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.1, 0.01)
    assert group["momentum"] == 0.8 if name == "sgd" else group["betas"] == (0.8, 0.999)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate=0.0 does not fit; give more than 0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan does not fit"),
        ({"steps": -1}, "steps=-1 does not fit"),
        ({"clip": 0.0}, "clip=0.0 does not fit"),
        ({"warmup": -1}, "warmup=-1 does not fit; give 0 or more"),
        ({"momentum": 1.0}, "momentum=1.0 does not fit; give 0 or more, but less than 1"),
        ({"final_factor": 2.0}, "final_factor=2.0 does not fit; give a number from 0 to 1"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Schedule(**({"learning_rate": 0.1} | changes))  # type: ignore[arg-type]
