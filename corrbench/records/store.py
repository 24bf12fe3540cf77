"""Where runs lie on disk: the record, its per-frame values, and the parts of a run that is not finished."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from corrbench.core.files import safe_name, write_text, write_whole
from corrbench.errors import RecordError
from corrbench.evaluation.evaluate import VideoResult
from corrbench.records.plan import Plan
from corrbench.records.record import RunRecord, read_record
from corrbench.tasks.task import SequenceScores


class RunFiles:
    """The files of one run: <output>/runs/<task>/<dataset>/<method>/<id>.json, .npz, and <id>.parts while it lasts."""

    def __init__(self, output: Path, task: str, dataset: str, method: str, run_id: str) -> None:
        folder = output / "runs" / safe_name(task) / safe_name(dataset) / safe_name(method)
        self.record = folder / f"{run_id}.json"
        self.values = folder / f"{run_id}.npz"
        self.official = folder / run_id
        self.parts = folder / f"{run_id}.parts"

    def finished(self) -> RunRecord | None:
        """The record of the finished run, or None."""
        return read_record(self.record) if self.record.is_file() and self.values.is_file() else None

    def save_part(self, result: VideoResult) -> None:
        """Make the result for one sequence durable."""
        header = {
            "name": result.name,
            "frames": result.frames,
            "seconds": result.seconds,
            "sizes": result.sizes,
            "objects": result.scores.objects,
            "stems": result.scores.stems,
            "notes": result.scores.notes,
        }
        arrays = {f"value/{measure}": values.numpy() for measure, values in result.scores.values.items()}
        try:
            _write_arrays(self._part(result.name), {"header": np.array(json.dumps(header)), **arrays})
        except OSError as error:
            raise self._unwritable(error) from error

    def load_part(self, name: str) -> VideoResult | None:
        """The result for a sequence that an earlier, unfinished run left; None when there is none that can be read."""
        try:
            with self._part(name).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                values = {
                    key.removeprefix("value/"): torch.from_numpy(stored[key])
                    for key in stored.files
                    if key.startswith("value/")
                }
        except (BadZipFile, EOFError, KeyError, ValueError, OSError):
            return None
        scores = SequenceScores(tuple(header["objects"]), tuple(header["stems"]), values, tuple(header["notes"]))
        return VideoResult(header["name"], header["frames"], scores, header["seconds"], header["sizes"])

    def finish(self, record: RunRecord, results: Mapping[str, VideoResult], plan: Plan) -> None:
        """Write values, the official evaluator's files and the record, in this order, and drop the parts."""
        scores = {name: result.scores for name, result in results.items()}
        arrays: dict[str, Any] = {}
        for name, scored in scores.items():
            arrays[f"{name}/frames"] = np.array(scored.stems, dtype=np.str_)
            arrays[f"{name}/objects"] = np.array(scored.objects, dtype=np.str_)
            arrays.update({f"{name}/{measure}": values.numpy() for measure, values in scored.values.items()})
        official = plan.task.official_files(scores, plan.protocol, plan.selection.identity.split)
        try:
            _write_arrays(self.values, arrays)
            for name, text in official.items():
                write_text(self.official / name, text)
            write_text(self.record, record.json_text() + "\n")
        except OSError as error:
            raise self._unwritable(error) from error
        shutil.rmtree(self.parts, ignore_errors=True)

    def forget(self) -> None:
        """Remove the parts of an unfinished run, so that everything is computed again."""
        shutil.rmtree(self.parts, ignore_errors=True)

    def _unwritable(self, error: OSError) -> RecordError:
        return RecordError(f"{self.record}: cannot be written ({error}); choose another --output")

    def _part(self, name: str) -> Path:
        return self.parts / f"{safe_name(name)}.npz"


def all_records(output: Path) -> Iterable[RunRecord]:
    """Every finished run below an output folder, in the order of paths."""
    return (read_record(path) for path in sorted((output / "runs").glob("*/*/*/*.json")))


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    def save(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)

    write_whole(path, save)
