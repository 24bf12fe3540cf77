"""Which folder a task's data is read from: what the command says, then the environment, then the configuration file."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corrbench.core.folders import configuration_folder
from corrbench.core.plugins import installed
from corrbench.errors import DataError, SettingError

CONFIGURATION = "corrbench.toml"


def data_root(task: str, asked: Sequence[str] = ()) -> Path | None:
    """The root for a task, or None where nothing is configured and the embedded sample is used.

    `asked` holds the values of --data-root, each `DIR` or `TASK=DIR`. Order: --data-root, `CORRBENCH_<TASK>_ROOT`,
    `CORRBENCH_DATA` (a folder that holds the task's own), corrbench.toml here, then in the user's configuration
    folder; a relative path there starts at the file. A root that is configured but wrong is a DataError, never a
    reason to look further.
    """
    named = _by_task(asked)
    if task in named:
        return _existing(named[task], f"--data-root {named[task]}")
    if None in named:
        return _existing(named[None], f"--data-root {named[None]}")
    variable = f"CORRBENCH_{task.upper()}_ROOT"
    if value := os.environ.get(variable):
        return _existing(value, f"{variable}={value}")
    if value := os.environ.get("CORRBENCH_DATA"):
        return _below(_existing(value, f"CORRBENCH_DATA={value}"), task, "CORRBENCH_DATA")
    for folder in (Path.cwd(), configuration_folder()):
        file = folder / CONFIGURATION
        if file.is_file():
            table = _configured(file)
            if task in table:
                return _existing(table[task], f"{file}: data.{task} = {table[task]!r}", folder)
            if "root" in table:
                return _below(
                    _existing(table["root"], f"{file}: data.root = {table['root']!r}", folder), task, str(file)
                )
    return None


def _by_task(asked: Sequence[str]) -> dict[str | None, str]:
    """The folders of --data-root by the task they are for, under None the one that names no task."""
    folders: dict[str | None, str] = {}
    for value in asked:
        task, folder = _named(value)
        if task in folders:
            raise SettingError(f"--data-root {value}: {folders[task]} was given before; keep one of them")
        folders[task] = folder
    return folders


def _named(value: str) -> tuple[str | None, str]:
    task, equals, folder = value.partition("=")
    if not equals or not task.isidentifier() or Path(value).exists():
        return None, value
    tasks = [plugin.name for plugin in installed("tasks")]
    if task not in tasks:
        raise SettingError(f"--data-root {value}: no task is named {task!r}; there are {', '.join(tasks)}")
    return task, folder


def _existing(value: str, what: str, base: Path = Path()) -> Path:
    path = base / Path(value).expanduser()
    if not path.exists():
        raise DataError(f"{what}: no such folder; correct the path, or unset it to use the embedded sample")
    if not path.is_dir():
        raise DataError(f"{what}: this is a file; give the folder that holds the data set")
    return path


def _below(parent: Path, task: str, what: str) -> Path:
    """The folder of the task inside a parent of many data sets, or the parent itself where it is the only one."""
    named = sorted(folder for folder in parent.iterdir() if folder.is_dir() and folder.name.lower().startswith(task))
    if len(named) > 1:
        names = ", ".join(folder.name for folder in named)
        raise DataError(f"{what}: {parent} holds {names}; say which by CORRBENCH_{task.upper()}_ROOT or --data-root")
    return named[0] if named else parent


def _configured(file: Path) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("data", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingError(f"{file}: not readable as TOML ({error}); correct or remove it") from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise SettingError(f'{file}: [data] has to hold paths in quotes, such as davis = "/data/DAVIS"')
    return table
