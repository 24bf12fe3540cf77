"""What is trained, with which settings, and who has the last word on them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import corrbench
from corrbench.core import plugins
from corrbench.errors import PluginError, SettingError
from corrbench.training.course import Course
from corrbench.training.plan import find_course, plan_stages


def schedules(course: Course, which: str = "all", **given: Any) -> list[tuple[int, float]]:
    return [(plan.schedule.steps, plan.schedule.learning_rate) for plan in plan_stages(course, which, **given)]


def test_without_settings_each_stage_has_its_own_defaults(tiny: Course) -> None:
    plans = plan_stages(tiny)
    assert [plan.stage.name for plan in plans] == ["spatial", "temporal"]
    assert [plan.settings.width for plan in plans] == [4, 4]
    assert schedules(tiny) == [(6, 0.03), (6, 0.03)]


def test_a_stage_can_be_planned_alone(tiny: Course) -> None:
    assert [plan.stage.name for plan in plan_stages(tiny, "temporal")] == ["temporal"]


def test_a_key_at_the_top_is_for_every_stage_and_one_in_a_table_for_that_stage(tiny: Course) -> None:
    config = {"learning_rate": 0.1, "temporal": {"learning_rate": 0.2}}
    assert schedules(tiny, config=config) == [(6, 0.1), (6, 0.2)]


def test_a_setting_given_beside_the_file_wins(tiny: Course) -> None:
    config = {"temporal": {"learning_rate": 0.2, "width": 8}}
    plans = plan_stages(tiny, config=config, pairs=["learning_rate=0.3", "spatial.width=2"])
    assert [plan.schedule.learning_rate for plan in plans] == [0.3, 0.3]
    assert [plan.settings.width for plan in plans] == [2, 8]


def test_steps_and_precision_win_over_all(tiny: Course) -> None:
    [plan] = plan_stages(tiny, "spatial", steps=9, precision="bf16", config={"steps": 3}, pairs=["precision=fp32"])
    assert (plan.schedule.steps, plan.schedule.precision) == (9, "bf16")


def test_steps_are_for_one_stage_alone(tiny: Course) -> None:
    assert schedules(tiny, "temporal", steps=8) == [(8, 0.03)]


@pytest.mark.parametrize(("steps", "each"), [(8, [6, 2]), (10, [8, 2]), (101, [76, 25]), (2, [1, 1])])
def test_steps_for_all_stages_are_shared_three_to_one(tiny: Course, steps: int, each: list[int]) -> None:
    assert [done for done, _ in schedules(tiny, steps=steps)] == each


def test_fewer_steps_than_stages_are_refused(tiny: Course) -> None:
    with pytest.raises(SettingError, match=r"--steps 1 is too few for 2 stages; give at least one for each"):
        plan_stages(tiny, steps=1)


def test_a_file_is_read(tiny: Course, tmp_path: Path) -> None:
    file = tmp_path / "tiny.toml"
    file.write_text("batch = 2\nclip = 'None'\n\n[spatial]\nstill_statistics = true\n")
    plans = plan_stages(tiny, config=file)
    assert [(plan.schedule.batch, plan.schedule.clip) for plan in plans] == [(2, None), (2, None)]
    assert [plan.settings.still_statistics for plan in plans] == [True, False]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"learning_rat": 1}, "--config of tiny: unknown setting 'learning_rat'; did you mean 'learning_rate'"),
        ({"spatial": {"widht": 1}}, "--config of tiny: spatial: unknown setting 'widht'; did you mean 'width'"),
        ({"spacial": {"width": 1}}, "--config of tiny: there is no stage 'spacial'; there is spatial, temporal"),
        ({"width": "wide"}, "tiny spatial: width=wide does not fit: input should be a valid integer"),
        ({"optimiser": "lion"}, "tiny spatial: optimiser=lion does not fit: input should be 'adam', 'adamw' or 'sgd'"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(tiny: Course, config: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        plan_stages(tiny, config=config)


def test_a_pair_that_does_not_fit_is_named(tiny: Course) -> None:
    with pytest.raises(SettingError, match="--set of tiny: spatial: unknown setting 'widht'; did you mean 'width'"):
        plan_stages(tiny, pairs=["spatial.widht=1"])


def test_a_stage_that_there_is_not_is_named(tiny: Course) -> None:
    with pytest.raises(SettingError, match="tiny: there is no stage 'special'; there is spatial, temporal, or all"):
        plan_stages(tiny, "special")


@pytest.mark.parametrize(("text", "message"), [("width = ", "Invalid value"), (None, "No such file")])
def test_a_file_that_cannot_be_read_is_named(tiny: Course, tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "tiny.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingError, match=f"tiny.toml: {message}"):
        plan_stages(tiny, config=file)


@dataclass(frozen=True)
class Lists:
    """A setting that is several numbers."""

    strides: tuple[int, ...] = (1, 2)
    momentum_of_keys: float = 0.99


@dataclass(frozen=True)
class Clash:
    """A setting with the name of a part of every schedule."""

    momentum: float = 0.99


def test_several_numbers_are_given_in_brackets(tiny: Course) -> None:
    course = Course("tiny", (replace(tiny.stages[0], settings=Lists),))
    [plan] = plan_stages(course, pairs=["strides=[1, 2, 4]"])
    assert plan.settings.strides == (1, 2, 4)


def test_a_setting_that_a_schedule_has_too_is_refused(tiny: Course) -> None:
    course = Course("tiny", (replace(tiny.stages[0], settings=Clash),))
    with pytest.raises(PluginError, match="'momentum' is a setting of stage spatial and a part of every schedule"):
        plan_stages(course)


def test_a_plugin_that_returns_no_course_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_registered", [])
    corrbench.register_course("mine")(dict)
    with pytest.raises(PluginError, match=r"'mine' of .* returns a dict; return a Course with its stages"):
        find_course("mine")
