"""Folders of predictions as the archives that evaluation servers take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from corrbench.core.files import safe_name, write_whole
from corrbench.core.plugins import find
from corrbench.errors import PredictionError, SettingError
from corrbench.evaluation.datasets import choose_sequences, open_dataset
from corrbench.records.pack_layouts import LAYOUTS, Layout
from corrbench.records.pack_members import Member, Wanted, listed, visible

_TIME = (1980, 1, 1, 0, 0, 0)  # the first that the format knows: the same predictions give the same bytes
_UNIX, _MODE = 3, 0o644 << 16


@dataclass(frozen=True)
class Archive:
    """An archive that was written."""

    path: Path
    sequences: int
    files: int
    checked: bool  # whether every frame of a data set was looked for


def pack(
    predictions: Path | str,
    archive: Path | str,
    layout: str = "davis",
    *,
    dataset: str | None = None,
    data_root: str | Path | Sequence[str] = (),
    reader_options: Mapping[str, Any] | None = None,
    sequences: Sequence[str] | None = None,
) -> Archive:
    """The archive of the predictions in DIR, or in the only method's folder DIR/METHOD, for one server.

    `layout` is one of `LAYOUTS`. Where a data set is named, every frame of its sequences must have been predicted, and
    nothing else. All is checked before anything is written; the archive is whole or absent, and equal predictions give
    equal bytes. SettingError for an unknown layout or another ending than .zip, PredictionError for predictions that
    the server would refuse.
    """
    target, rule = Path(archive), LAYOUTS.get(layout)
    if rule is None:
        raise SettingError(f"--format {layout}: no such format; there are {', '.join(LAYOUTS)}")
    if target.suffix.lower() != ".zip":
        raise SettingError(f"--to {target}: servers take zip files; give a name that ends in .zip")
    folder = _method_folder(Path(predictions), rule)
    roots = (str(data_root),) if isinstance(data_root, (str, Path)) else tuple(data_root)
    wanted = None
    if dataset is not None or roots or reader_options:
        wanted = _wanted(rule, dataset, roots, reader_options or {}, sequences)
    found = rule.sequences(folder)
    chosen = _chosen(folder, found, wanted, sequences)
    members = [
        member
        for name, stored in sorted(chosen.items())
        for member in rule.members(folder, stored, name, wanted[name] if wanted else None)
    ]
    write_whole(target, lambda temporary: _write(temporary, members))
    return Archive(target, len(chosen), len(members), wanted is not None)


def _method_folder(root: Path, rule: Layout) -> Path:
    """The folder itself, or the only method's folder in it; PredictionError where there are several or none."""
    if not root.is_dir():
        wrong = "this is a file" if root.exists() else "no such folder"
        raise PredictionError(f"--predictions {root}: {wrong}; give the folder that holds {rule.holds}")
    if rule.sequences(root):
        return root
    methods = [folder for folder in visible(root) if folder.is_dir() and rule.sequences(folder)]
    if len(methods) == 1:
        return methods[0]
    if methods:
        names = [folder.name for folder in methods]
        raise PredictionError(
            f"--predictions {root}: predictions of {len(methods)} methods, {listed(names)}; give one, {methods[0]}"
        )
    if rule.is_sequence(root.resolve()):
        raise PredictionError(
            f"--predictions {root}: this is the folder of one sequence; give the folder above it, "
            f"{root.resolve().parent}"
        )
    there = [path.name for path in visible(root)]
    raise PredictionError(
        f"--predictions {root}: no predictions, found {listed(there) if there else 'an empty folder'}; give the folder "
        f"that holds {rule.holds}"
    )


def _wanted(
    rule: Layout, named: str | None, roots: Sequence[str], options: Mapping[str, Any], sequences: Sequence[str] | None
) -> dict[str, Wanted]:
    """What the data set has of each sequence."""
    data = open_dataset(find("tasks", rule.task).load()(), named or rule.reader, roots, options)
    return {name: rule.wanted(data.video(name)) for name in choose_sequences(data, sequences, None)}


def _chosen(
    folder: Path, found: Sequence[str], wanted: Mapping[str, Wanted] | None, sequences: Sequence[str] | None
) -> dict[str, str]:
    """Sequences to pack and the names that they are stored under; PredictionError where some are missing or unknown."""
    if wanted is None and sequences is None:
        return {name: name for name in found}
    stored = {name: safe_name(name) for name in (wanted if wanted is not None else sequences or ())}
    missing = [name for name in stored if stored[name] not in found]
    if missing:
        raise PredictionError(
            f"{folder}: {len(missing)} of {len(stored)} sequences are missing: {listed(missing)}; found "
            f"{listed(found)}; predict these too, or name what there is by --sequences"
        )
    unknown = [name for name in found if name not in stored.values()]
    if unknown and sequences is None:
        raise PredictionError(
            f"{folder}: {len(unknown)} sequences are none of the data set's: {listed(unknown)}; check --split, or "
            "remove them"
        )
    return stored


def _write(path: Path, members: Sequence[Member]) -> None:
    with ZipFile(path, "w") as archive:
        for member in members:
            entry = ZipInfo(member.name, _TIME)
            entry.compress_type = ZIP_STORED  # PNGs do not shrink, and compressors differ from one system to another
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, member.content())
