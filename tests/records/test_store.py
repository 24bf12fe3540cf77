"""Results on disk: whole, durable, and read back as they were written."""

from pathlib import Path

import pytest
import torch

from corrbench.errors import RecordError
from corrbench.evaluation.evaluate import VideoResult
from corrbench.records.record import read_record
from corrbench.records.store import RunFiles
from corrbench.tasks.task import SequenceScores


def files(folder: Path) -> RunFiles:
    return RunFiles(folder, "davis", "sample", "rgb", "0123456789ab")


def result(name: str = "walk") -> VideoResult:
    values = torch.tensor([[0.1, 1 / 3], [float("nan"), 1.0]], dtype=torch.float64)
    scores = SequenceScores(("1", "2"), ("00001", "00002"), {"J": values, "F": values + 1}, ("a note",))
    return VideoResult(name, 4, scores, {"io": 0.25}, {"grid": [60, 107]})


def test_a_part_is_read_back_to_the_bit(tmp_path: Path) -> None:
    files(tmp_path).save_part(result())
    read = files(tmp_path).load_part("walk")
    assert read is not None
    assert torch.equal(read.scores.values["J"].nan_to_num(7), result().scores.values["J"].nan_to_num(7))
    assert (read.name, read.frames, read.seconds, read.sizes) == ("walk", 4, {"io": 0.25}, {"grid": [60, 107]})
    assert (read.scores.objects, read.scores.stems, read.scores.notes) == (("1", "2"), ("00001", "00002"), ("a note",))


@pytest.mark.parametrize("left", [0, 10, 100])
def test_a_part_that_was_cut_off_is_computed_again(left: int, tmp_path: Path) -> None:
    files(tmp_path).save_part(result())
    [part] = files(tmp_path).parts.iterdir()
    part.write_bytes(part.read_bytes()[:left])
    assert files(tmp_path).load_part("walk") is None


def test_a_sequence_name_never_leaves_the_folder_of_parts(tmp_path: Path) -> None:
    files(tmp_path).save_part(result("../../walk"))
    assert [path.parent for path in tmp_path.rglob("*.npz")] == [files(tmp_path).parts]


def test_an_output_that_cannot_be_written_is_a_record_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(RecordError, match="choose another --output"):
        files(tmp_path).save_part(result())


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 99}', "[1, 2]"])
def test_a_file_that_is_no_record_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"record.json: not a run record of schema 1"):
        read_record(path)
