"""Folders of predictions made by any tool."""

from collections.abc import Sequence
from pathlib import Path

from corrbench.errors import PredictionError

SHOWN = 5  # names listed in an error


def prediction_files(folder: Path, stems: Sequence[str], ending: str, needed: Sequence[int]) -> list[Path]:
    """The files folder/STEM+ending of every frame; PredictionError when one of the `needed` frames has none."""
    files = [folder / f"{stem}{ending}" for stem in stems]
    missing = [files[index].name for index in needed if not files[index].is_file()]
    if missing:
        present = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        raise PredictionError(
            f"{folder}: {len(missing)} of {len(needed)} predictions are missing: {_listed(missing)}; "
            f"found {_listed(present) if present else 'an empty folder'}; write one file a frame under these names"
        )
    return files


def sequence_folders(root: Path, sequences: Sequence[str]) -> dict[str, Path]:
    """The folder root/SEQUENCE of each sequence; PredictionError that says which level was meant where one is off."""
    if not root.is_dir():
        wrong = "this is a file" if root.exists() else "no such folder"
        raise PredictionError(f"--predictions {root}: {wrong}; give the folder that holds one folder a sequence")
    missing = [name for name in sequences if not (root / name).is_dir()]
    if not missing:
        return {name: root / name for name in sequences}
    found = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if root.resolve().name in sequences:
        above = root.resolve().parent
        raise PredictionError(
            f"--predictions {root}: this is the folder of one sequence; give the folder above it, {above}"
        )
    below = [name for name in found if any((root / name / sequence).is_dir() for sequence in sequences)]
    if below:
        raise PredictionError(
            f"--predictions {root}: the sequences lie one level below, in {_listed(below)}; give {root / below[0]}"
        )
    raise PredictionError(
        f"--predictions {root}: no folder for {len(missing)} of {len(sequences)} sequences: {_listed(missing)}; "
        f"found {_listed(found) if found else 'no folders'}; predict these too, or name what there is by --sequences"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
