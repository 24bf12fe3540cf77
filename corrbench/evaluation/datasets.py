"""The data set of a run: a reader, found by name, opened at the configured root."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from corrbench.core.dataset import Dataset
from corrbench.core.plugins import find
from corrbench.core.settings import bind, parse_pairs
from corrbench.errors import DataError, SettingError
from corrbench.evaluation.roots import data_root
from corrbench.tasks.task import Task


def open_dataset(task: Task, named: str | None, roots: Sequence[str], options: Mapping[str, Any]) -> Dataset:
    """The data set `named` as NAME?key=value, or the task's own at the configured root, or the embedded sample.

    `options` are further settings of the reader (split, year, resolution); a key it does not take is a SettingError.
    """
    root = data_root(task.name, roots)
    if named is None:
        named = task.reader if root is not None else "sample"
    name, _, query = named.partition("?")
    given: dict[str, Any] = {**parse_pairs(query), **options}
    if name == "sample":
        given.setdefault("labels", getattr(task, "labels", "masks"))
    elif root is not None:
        given.setdefault("root", root)
    reader = find("datasets", name).load()
    dataset: Dataset = reader(**bind(reader, given, f"data set {name!r}"))
    return dataset


def choose_sequences(dataset: Dataset, names: Sequence[str] | None, limit: int | None) -> tuple[str, ...]:
    """The named sequences in the order of the data set, cut to the first `limit`.

    SettingError where no sequence is named, DataError for one that the data set lacks.
    """
    chosen = dataset.sequences
    if names is not None:
        if not names:
            raise SettingError("--sequences names none; give names with commas between them, or leave it out")
        for name in names:
            if name not in chosen:
                near = difflib.get_close_matches(name, chosen, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(chosen)}"
                raise DataError(f"--sequences: no sequence {name!r} in this data set; {hint}")
        chosen = tuple(name for name in chosen if name in names)
    return chosen if limit is None else chosen[:limit]
