"""Which stages are trained, and with which settings: defaults, a TOML file, `--set`, and the options above them."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corrbench.core.plugins import find
from corrbench.core.settings import bind, parse_pairs, settings_of, unknown_key
from corrbench.errors import PluginError, SettingError
from corrbench.training.course import Course, Schedule, Stage

SCHEDULE = tuple(settings_of(Schedule))
Values = Mapping[str, Any]


@dataclass(frozen=True)
class StagePlan:
    """One stage with everything that can be set of it."""

    stage: Stage
    settings: Any  # an instance of the stage's settings
    schedule: Schedule


def find_course(name: str) -> Course:
    """The course of that name; PluginError where there is none, or what is called so is none."""
    plugin = find("courses", name)
    course = plugin.load()()
    if not isinstance(course, Course) or not course.stages:
        found = "one without stages" if isinstance(course, Course) else f"a {type(course).__name__}"
        raise PluginError(
            f"corrbench.courses: {name!r} of {plugin.origin} returns {found}; return a Course with its stages"
        )
    return course


def plan_stages(
    course: Course,
    which: str = "all",
    *,
    steps: int | None = None,
    config: Path | str | Values | None = None,
    pairs: Sequence[str] = (),
    precision: str | None = None,
) -> tuple[StagePlan, ...]:
    """The named stage, or all in order, with their settings.

    A key of `config` stands at its top, for every stage that has it, or in a table of one stage; a key of `pairs` is
    `key=value` or `stage.key=value`, and wins. `steps` wins over both: for one stage they are its own, for all of them
    each gets its share. SettingError for what no stage has, or a value that does not fit.
    """
    names = [stage.name for stage in course.stages]
    if which != "all" and which not in names:
        raise SettingError(f"{course.name}: there is no stage {which!r}; there is {', '.join(names)}, or all")
    stages = [stage for stage in course.stages if which in ("all", stage.name)]
    content = read_config(Path(config)) if isinstance(config, Path | str) else config or {}
    given = [_by_stage(course, content, f"--config of {course.name}"), _by_stage(course, *_nested(course, pairs))]
    shares = _shares(stages, steps)
    plans = []
    for stage, share in zip(stages, shares, strict=True):
        values = {key: value for one in given for key, value in one[stage.name].items()}
        above = {"steps": share, "precision": precision}
        plans.append(_plan(course, stage, values | {key: value for key, value in above.items() if value is not None}))
    return tuple(plans)


def read_config(path: Path) -> dict[str, Any]:
    """The content of a TOML file; SettingError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingError(f"--config {path}: {reason}; give a TOML file") from None


def _nested(course: Course, pairs: Sequence[str]) -> tuple[dict[str, Any], str]:
    """`stage.key=value` as a table of the stage."""
    nested: dict[str, Any] = {}
    for key, text in parse_pairs(tuple(pairs)).items():
        stage, dot, inner = key.rpartition(".")
        place = nested.setdefault(stage, {}) if dot else nested
        place[inner] = text
    return nested, f"--set of {course.name}"


def _by_stage(course: Course, content: Values, what: str) -> dict[str, dict[str, Any]]:
    """For each stage of a course the values meant for it: those at the top that it has, then those of its table."""
    keys = {stage.name: _keys(course, stage) for stage in course.stages}
    everywhere = {key: value for key, value in content.items() if not isinstance(value, Mapping)}
    for key in everywhere:
        if not any(key in known for known in keys.values()):
            raise unknown_key(key, _once(key for known in keys.values() for key in known), what)
    for name, table in content.items():
        if not isinstance(table, Mapping):
            continue
        if name not in keys:
            raise SettingError(f"{what}: there is no stage {name!r}; there is {', '.join(keys)}")
        for key in table:
            if key not in keys[name]:
                raise unknown_key(key, list(keys[name]), f"{what}: {name}")
    return {
        name: {key: value for key, value in everywhere.items() if key in known} | dict(content.get(name, {}))
        for name, known in keys.items()
    }


def _keys(course: Course, stage: Stage) -> tuple[str, ...]:
    """All that can be set of a stage; PluginError where a setting has the name of a part of the schedule."""
    own = tuple(settings_of(stage.settings))
    if both := [key for key in own if key in SCHEDULE]:
        raise PluginError(
            f"corrbench.courses: {course.name!r}: {both[0]!r} is a setting of stage {stage.name} and a part of every "
            "schedule; rename the setting"
        )
    return own + SCHEDULE


def _plan(course: Course, stage: Stage, values: Values) -> StagePlan:
    what = f"{course.name} {stage.name}"
    own = {key: value for key, value in values.items() if key not in SCHEDULE}
    scheduled = asdict(stage.schedule) | {key: value for key, value in values.items() if key in SCHEDULE}
    try:
        settings = stage.settings(**bind(stage.settings, own, what))
        return StagePlan(stage, settings, Schedule(**bind(Schedule, scheduled, what)))
    except ValueError as error:
        raise SettingError(f"{what}: {error}; give other settings") from None


def _shares(stages: Sequence[Stage], steps: int | None) -> list[int | None]:
    """The steps of each stage, in proportion to their shares and `steps` together; None each where None."""
    if steps is None:
        return [None] * len(stages)
    if steps < len(stages):
        raise SettingError(f"--steps {steps} is too few for {len(stages)} stages; give at least one for each")
    whole = sum(stage.share for stage in stages)
    done, ends = 0.0, [0]
    for number, stage in enumerate(stages, start=1):
        done += stage.share / whole * steps
        most = steps - (len(stages) - number)  # at least one step is left for each that follows
        ends.append(min(max(round(done), ends[-1] + 1), most))
    return [end - start for start, end in pairwise(ends)]


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
