"""The plan of a comparison: a TOML file of rows, each a method and how it is trained."""

import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corrbench.core.methods import parse_method
from corrbench.core.plugins import find
from corrbench.core.settings import parse_pairs, settings_of, unknown_key
from corrbench.errors import CorrbenchError, SettingError
from corrbench.training.plan import find_course, plan_stages

SEED = "{seed}"  # in the text of a method


@dataclass(frozen=True)
class Row:
    """One method, and how it is trained where it is."""

    name: str
    method: str  # as for `corrbench run --method`, without weights where it is trained; {seed} is replaced
    course: str | None = None
    stage: str = "all"
    steps: int | None = None  # of the stage, or of all together; without those of the row it starts from
    start: str | None = None  # `from`: the row whose weights it starts from; None: at random
    settings: tuple[str, ...] = ()  # `set`: as for `corrbench train --set`
    hidden: bool = False  # only trained, as others start from it

    @property
    def seeded(self) -> bool:
        """Whether another seed gives another result."""
        return self.course is not None or SEED in self.method

    def method_of(self, seed: int) -> str:
        """The text of the method for one seed."""
        return self.method.replace(SEED, str(seed))


@dataclass(frozen=True)
class ComparisonPlan:
    """What is compared, in the order of the file; the others are set against the first row that is not hidden."""

    name: str  # of the files that are written
    title: str
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that are evaluated."""
        return tuple(row for row in self.rows if not row.hidden)

    def row(self, name: str, what: str) -> Row:
        """The row of that name; SettingError, which begins with `what`, where there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        names = [row.name for row in self.rows]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        raise SettingError(f"{what}: there is no row {name!r}; {hint}")

    def chain(self, row: Row) -> tuple[Row, ...]:
        """The row, preceded by the one it starts from, and so on; SettingError where that comes back to the row."""
        chain = [row]
        while (name := chain[0].start) is not None:
            if any(name == later.name for later in chain):
                circle = " from ".join(one.name for one in [*reversed(chain), self.row(name, "from")])
                raise SettingError(f"row {row.name!r}: it starts from itself, {circle}; leave out one `from`")
            chain.insert(0, self.row(name, f"row {chain[0].name!r}: from"))
        return tuple(chain)

    def scaled(self, factor: float) -> "ComparisonPlan":
        """The same plan with all steps multiplied, but at least 1."""
        if not 0 < factor < math.inf:
            raise SettingError(f"--scale {factor} does not fit; give more than 0")
        rows = [
            row if row.steps is None else replace(row, steps=max(1, round(row.steps * factor))) for row in self.rows
        ]
        return replace(self, rows=tuple(rows))


def read_plan(path: Path) -> ComparisonPlan:
    """The plan in a TOML file; SettingError, naming file and row, for what does not fit. No plugin is looked up."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingError(f"{path}: {reason}; give a TOML file with a title and [[row]] tables") from None
    _known(content, ("title", "seeds", "row"), str(path))
    tables = content.get("row", [])
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables) or not tables:
        raise SettingError(f"{path}: it has no rows; write a [[row]] table for each")
    rows = tuple(_row(table, f"{path}: row {number}") for number, table in enumerate(tables, start=1))
    names = [row.name for row in rows]
    if twice := [name for name in names if names.count(name) > 1]:
        raise SettingError(f"{path}: two rows are named {twice[0]!r}; rename one")
    title = _one(content, "title", str, path.stem, str(path))
    seeds = _list(content, "seeds", int, [0], str(path))
    plan = ComparisonPlan(path.stem, title, require_seeds(seeds, f"{path}: seeds"), rows)
    if not plan.shown:
        raise SettingError(f"{path}: all rows are hidden; leave `hidden` out of those that are to be evaluated")
    for row in rows:
        if any(one.course is None for one in plan.chain(row)[:-1]):
            raise SettingError(f"{path}: row {row.name!r}: from {row.start!r}, which is not trained; give it a course")
    return plan


def check_plugins(rows: Sequence[Row]) -> None:
    """A CorrbenchError, naming the row, for a course, stage, setting or method that there is not."""
    for row in rows:
        try:
            if row.course is not None:
                plan_stages(find_course(row.course), row.stage, steps=row.steps, pairs=row.settings)
            _check_method(row)
        except CorrbenchError as error:
            raise type(error)(f"row {row.name!r}: {error}") from None


def _check_method(row: Row) -> None:
    text = row.method_of(0)
    if row.course is None:
        parse_method(text)
        return
    head, _, query = text.partition("?")
    if "weights" not in settings_of(find("methods", head.partition(":")[0]).load()):
        raise SettingError(f"method {text!r} takes no weights, and the row is trained; give the method of its course")
    if "weights" in parse_pairs(query):
        raise SettingError(f"method {text!r} names weights, and the row is trained; leave them out")
    parse_method(text, Path(__file__))  # any file: only that there is one is looked at


def require_seeds(seeds: Sequence[int], what: str) -> tuple[int, ...]:
    """The seeds; SettingError unless there is one, and all are different numbers from 0 on."""
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise SettingError(f"{what} are {list(seeds)}; give different whole numbers from 0 on, such as 0,1,2")
    return tuple(seeds)


_KEYS = {
    "name": str,
    "method": str,
    "course": str,
    "stage": str,
    "steps": int,
    "from": str,
    "set": list,
    "hidden": bool,
}


def _row(table: Mapping[str, Any], what: str) -> Row:
    name = _one(table, "name", str, "", what)
    if not name or "," in name:
        raise SettingError(f"{what}: its name is {name!r}; give one, without a comma")
    what = f"{what}, {name!r}"
    _known(table, tuple(_KEYS), what)
    if not (method := _one(table, "method", str, "", what)):
        raise SettingError(f'{what}: it has no method; give one, such as method = "rgb"')
    course, steps = _one(table, "course", str, None, what), _one(table, "steps", int, None, what)
    if course is None and (given := [key for key in ("stage", "steps", "from", "set", "hidden") if key in table]):
        raise SettingError(f"{what}: {given[0]} is of a training, and it has no course; give course or leave it out")
    if course is not None and (steps is None or steps < 1):
        raise SettingError(f"{what}: steps is {steps}; give how many, at least 1")
    return Row(
        name=name,
        method=method,
        course=course,
        stage=_one(table, "stage", str, "all", what),
        steps=steps,
        start=_one(table, "from", str, None, what),
        settings=tuple(_list(table, "set", str, [], what)),
        hidden=_one(table, "hidden", bool, False, what),
    )


def _known(table: Mapping[str, Any], keys: Sequence[str], what: str) -> None:
    for key in table:
        if key not in keys:
            raise unknown_key(key, list(keys), what)


def _one(table: Mapping[str, Any], key: str, kind: type, default: Any, what: str) -> Any:
    value = table.get(key, default)
    if key in table and type(value) is not kind:
        raise SettingError(f"{what}: {key} is {value!r}; give a {_WORDS[kind]}")
    return value


def _list(table: Mapping[str, Any], key: str, kind: type, default: list[Any], what: str) -> list[Any]:
    value = table.get(key, default)
    if not isinstance(value, list) or not all(type(one) is kind for one in value):
        raise SettingError(f"{what}: {key} is {value!r}; give a list of {_WORDS[kind]}s")
    return value


_WORDS = {str: "text", int: "whole number", bool: "true or false"}
