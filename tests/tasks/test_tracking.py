"""The task tracking: what is scored, what is noted, and what is refused."""

from collections.abc import Sequence
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError, ProtocolError
from corrbench.evaluation.score import score_video
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tracking import MASK, TRACKING_PROTOCOLS
from corrbench.tasks.box_files import Track
from corrbench.tasks.task import SequenceScores
from corrbench.tasks.tracking import BoxScorer, tracking

PYSOT = next(protocol for protocol in TRACKING_PROTOCOLS if protocol.name == "mask-pysot")
TASK = tracking()
T = torch.arange(10.0, dtype=torch.float64)
TRUTH = torch.stack([100 + 3 * T, 50 + 2 * T, T * 0 + 40, T * 0 + 60], -1)
PREDICTED = torch.stack([100 + 2 * T, 50 + 2 * T, 40 + T, 60 - T], -1)
BOTH = pytest.mark.parametrize("protocol", [MASK, PYSOT], ids=["got10k", "pysot"])


def video(truth: Tensor = TRUTH, absent: Sequence[int] = ()) -> Video[Tensor]:
    labels = [None if index in absent else box for index, box in enumerate(truth)]
    stems = tuple(f"{index + 1:04d}" for index in range(len(truth)))
    return Video("walk", [torch.zeros(3, 8, 8, dtype=torch.uint8)] * len(truth), labels, stems)


def scored(predicted: Tensor, protocol: Protocol = MASK, absent: Sequence[int] = ()) -> SequenceScores:
    one = video(absent=absent)
    scorer = TASK.scorer(one, protocol)
    for index, box in enumerate(predicted):
        assert scorer.wants(index)
        scorer.add(index, box, one.labels[index])
    return scorer.scores()


@BOTH
def test_ten_frames_have_the_numbers_of_the_toolkits(protocol: Protocol) -> None:
    scores = scored(PREDICTED, protocol)
    assert scores.stems == tuple(f"{index + 1:04d}" for index in range(10))
    assert scores.values["overlap"][0, -1].item() == pytest.approx(0.713536, abs=1e-6)
    summary = TASK.summarise({"walk": scores}, protocol)
    assert summary.metrics == {
        "AUC": pytest.approx(0.8285714, abs=1e-7),
        "P@20": 1,
        "NP@20": pytest.approx(0.8549020, abs=1e-7) if protocol is MASK else 1,
        "SR@0.5": 1,
    }
    assert summary.objects == {"walk_1": summary.metrics}
    assert summary.notes == ()


@BOTH
def test_exact_boxes_score_20_of_21_and_are_suspicious(protocol: Protocol) -> None:
    summary = TASK.summarise({"walk": scored(TRUTH, protocol)}, protocol)
    assert summary.metrics["AUC"] == pytest.approx(20 / 21)
    assert summary.notes == (
        "every overlap is exactly 1: check that predictions and ground truth are not the same files",
    )


def test_a_frame_without_truth_is_left_out_or_missed_and_noted() -> None:
    left_out = scored(PREDICTED, MASK, absent=[3, 4])
    assert left_out.stems == ("0001", "0002", "0003", "0006", "0007", "0008", "0009", "0010")
    assert left_out.notes == ("walk: 2 of 10 frames have no ground truth and are left out",)
    assert TASK.summarise({"walk": left_out}, MASK).metrics["P@20"] == 1
    missed = scored(PREDICTED, PYSOT, absent=[3, 4])
    assert len(missed.stems) == 10
    assert missed.notes == ("walk: 2 of 10 frames have no ground truth and are counted as missed",)
    assert TASK.summarise({"walk": missed}, PYSOT).metrics["P@20"] == 0.8


def test_a_lost_frame_is_missed_and_noted() -> None:
    lost = PREDICTED.clone()
    lost[5] = nan
    scores = scored(lost)
    assert scores.notes == ("walk: 1 of 10 frames have no prediction and are counted as missed",)
    assert TASK.summarise({"walk": scores}, MASK).metrics["P@20"] == 0.9


@pytest.mark.parametrize("shift", [1, -1])
def test_boxes_that_count_from_another_number_are_noted(shift: int) -> None:
    scores = scored(TRUTH + torch.tensor([shift, shift, 0, 0]))
    (note,) = TASK.summarise({"walk": scores}, MASK).notes
    assert note.startswith(
        f"predictions fit better with the ground truth moved by ({shift}, {shift}) pixels, mean overlap 1.000, "
        "than as read, 0.921"
    )


def test_a_tracker_that_starts_exactly_is_not_suspected() -> None:
    drifting = TRUTH + torch.tensor([1, 1, 0, 0])
    drifting[0] = TRUTH[0]
    assert TASK.summarise({"walk": scored(drifting)}, MASK).notes == ()


def test_a_data_set_is_the_mean_over_sequences() -> None:
    far = TRUTH + 1000
    summary = TASK.summarise({"walk": scored(TRUTH, PYSOT), "run": scored(far, PYSOT)}, PYSOT)
    assert summary.metrics["P@20"] == 0.5
    assert summary.objects["run_1"]["AUC"] == 0


def test_a_sequence_without_truth_has_no_number() -> None:
    scores = scored(TRUTH, MASK, absent=range(10))
    assert scores.values["overlap"].shape == (1, 0)
    summary = TASK.summarise({"walk": scores}, MASK)
    assert (summary.metrics, summary.objects) == ({}, {})
    assert summary.notes[-1] == "left out, for want of frames to score: walk"


def test_frames_may_be_added_in_any_order() -> None:
    scorer = BoxScorer(video(), MASK.scoring)
    for index in reversed(range(10)):
        scorer.add(index, PREDICTED[index], TRUTH[index])
    assert scorer.scores().values["overlap"].equal(scored(PREDICTED).values["overlap"])


def test_a_prediction_that_is_no_box_is_refused() -> None:
    with pytest.raises(PredictionError, match=r"walk, frame 0002: predicted \(5,\) numbers"):
        TASK.scorer(video(), MASK).add(1, torch.zeros(5), TRUTH[1])


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (None, "walk: frame 0001 has no box to start from"),
        ([10, 10, nan, 5], "finite numbers and an area"),
        ([10, 10, 0, 5], "finite numbers and an area"),
        ([10, 10, 5, -1], "finite numbers and an area"),
        ([10, 10, 5], r"has a label \(3,\)"),
    ],
)
def test_a_first_box_that_is_none_is_refused(box: list[float] | None, message: str) -> None:
    first = None if box is None else torch.tensor(box, dtype=torch.float64)
    with pytest.raises(DataError, match=message):
        TASK.first_box(replace(video(), labels=[first]))


def test_labels_of_whole_frames_are_for_other_tasks() -> None:
    with pytest.raises(ProtocolError, match="has no tracker"):
        TASK.start(TRUTH[0], (4, 4), (32, 32), MASK)


def test_written_predictions_are_found_read_and_scored(tmp_path: Path) -> None:
    TASK.write(tmp_path / "walk", "walk", Track(PREDICTED, (0.1,) * 10))
    place = TASK.locate(tmp_path, ["walk"])["walk"]
    result = score_video(TASK.read(place, video(), MASK), video(), TASK, MASK)
    assert result.scores.values["overlap"].equal(scored(PREDICTED).values["overlap"])


@pytest.mark.parametrize(("rows", "message"), [(9, "9 boxes for 10 frames.*--allow-short"), (11, "11 boxes for 10")])
def test_another_number_of_rows_is_refused_with_both(tmp_path: Path, rows: int, message: str) -> None:
    path = tmp_path / "walk.txt"
    path.write_text("1,1,5,5\n" * rows)
    with pytest.raises(PredictionError, match=message):
        TASK.read(path, video(), MASK)


def test_missing_rows_can_count_as_lost(tmp_path: Path) -> None:
    lost = MASK.with_settings({"missing_rows": "lost"})
    assert lost.scoring_hash != MASK.scoring_hash
    path = tmp_path / "walk.txt"
    path.write_text("".join(f"{100 + 3 * t + 1},{50 + 2 * t + 1},40,60\n" for t in range(8)))
    predictions = TASK.read(path, video(), lost)
    assert len(predictions) == 10
    result = score_video(predictions, video(), TASK, lost)
    assert TASK.summarise({"walk": result.scores}, lost).metrics["P@20"] == 0.8
    path.write_text("1,1,5,5\n" * 11)
    with pytest.raises(PredictionError, match="11 boxes for 10 frames"):
        TASK.read(path, video(), lost)


REAL = {"got10k": (0.5845826852959768, 1, 0.5630081293353677, 0.5342261904761905)}
REAL["pysot"] = (0.5810597295474582, 1, 0.4604651162790698, 0.5291666666666667)


@pytest.mark.data
@BOTH
def test_real_boxes_5_pixels_off_score_as_the_toolkits_say(data: Path, tmp_path: Path, protocol: Protocol) -> None:
    results = {}
    for name in ("Crossing", "Deer", "Diving", "KiteSurf"):
        rows = (data / "otb" / name / "groundtruth_rect.txt").read_text().replace(",", " ").split("\n")
        truth = torch.tensor([[float(word) for word in row.split()] for row in rows if row.strip()]).double()
        truth = truth - torch.tensor([1, 1, 0, 0])
        TASK.write(tmp_path, name, Track(truth + torch.tensor([5, 5, 0, 0])))
        one = replace(video(truth), name=name)
        results[name] = score_video(TASK.read(tmp_path / f"{name}_001.txt", one, protocol), one, TASK, protocol).scores
    summary = TASK.summarise(results, protocol)
    assert tuple(summary.metrics.values()) == pytest.approx(REAL["got10k" if protocol is MASK else "pysot"], abs=1e-12)
