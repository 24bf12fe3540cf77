"""Body parts: one confusion matrix over all frames of all videos."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError
from corrbench.evaluation.evaluate import VideoResult, evaluate_video
from corrbench.evaluation.score import score_video
from corrbench.protocols.part_rules import PartScoring
from corrbench.protocols.vip import CRW, STT
from corrbench.records.store import RunFiles
from corrbench.tasks.part_scorer import PartScorer
from corrbench.tasks.task import SequenceScores
from corrbench.tasks.vip import vip

THREE = replace(STT, scoring=PartScoring(classes=3, include_first=True))
WITHOUT_FIRST = replace(STT, scoring=PartScoring(classes=3, include_first=False))
CPU = torch.device("cpu")


def row(*ids: int) -> Tensor:
    """A mask of one row."""
    return torch.tensor([ids], dtype=torch.uint8)


def video(labels: Sequence[Tensor | None], name: str = "videos1") -> Video[Tensor]:
    frames = [torch.zeros(3, 1, 4, dtype=torch.uint8)] * len(labels)
    return Video(name, frames, labels, tuple(f"{25 * index + 1:012d}" for index in range(len(labels))))


def scored(
    labels: Sequence[Tensor | None], predictions: Sequence[Tensor], scoring: PartScoring = THREE.scoring
) -> SequenceScores:
    scorer = PartScorer(video(labels), scoring)
    for index, prediction in enumerate(predictions):
        if scorer.wants(index):
            scorer.add(index, prediction, labels[index])
    return scorer.scores()


FIRST, SECOND = row(0, 0, 1, 1), row(0, 1, 1, 255)
PREDICTED = row(0, 0, 1, 1)


def test_counts_are_of_true_and_predicted_classes_without_void() -> None:
    scores = scored([FIRST, SECOND], [FIRST, PREDICTED])
    assert scores.values["confusion"].tolist() == [
        [[2, 0, 0], [0, 2, 0], [0, 0, 0]],
        [[1, 0, 0], [1, 1, 0], [0, 0, 0]],
    ]
    assert scores.values["index"].tolist() == [0, 1]
    assert scores.objects == ("background", "hat", "hair")


def test_mean_iou_is_that_of_the_summed_matrix_over_the_classes_that_are_there() -> None:
    summary = vip().summarise({"videos1": scored([FIRST, SECOND], [FIRST, PREDICTED])}, THREE)
    # Pixels of both frames: background 3 right of 4 in the union, hat 3 of 4; 6 right of 7.
    assert summary.metrics["mIoU"] == pytest.approx(0.75)
    assert summary.metrics["accuracy"] == pytest.approx(6 / 7)
    assert summary.metrics["mean accuracy"] == pytest.approx((1 + 0.75) / 2)
    assert summary.metrics["frequency-weighted IoU"] == pytest.approx(0.75)
    assert tuple(summary.metrics) == vip().metrics
    assert summary.notes == ("mIoU is the mean over 2 of 3 classes; neither annotated nor predicted: hair",)


def test_frame_0_counts_as_the_protocol_says_and_the_other_number_stands_beside() -> None:
    scores = {"videos1": scored([FIRST, SECOND], [FIRST, PREDICTED])}
    metrics = vip().summarise(scores, THREE).metrics
    # The second frame alone: background 1 right of 2, hat 1 of 2.
    assert (metrics["mIoU"], metrics["mIoU without first frame"]) == (pytest.approx(0.75), pytest.approx(0.5))
    later = {"videos1": scored([FIRST, SECOND], [FIRST, PREDICTED], WITHOUT_FIRST.scoring)}
    assert later["videos1"].stems == ("000000000026",)
    metrics = vip().summarise(later, WITHOUT_FIRST).metrics
    assert (metrics["mIoU"], metrics["mIoU without first frame"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_videos_are_pooled_by_pixels_not_averaged() -> None:
    wrong = torch.zeros(1, 4, dtype=torch.uint8)
    short, long = scored([row(1, 1, 1, 1)], [wrong]), scored([row(1, 1, 1, 1)] * 3, [row(1, 1, 1, 1)] * 3)
    summary = vip().summarise({"videos1": short, "videos2": long}, THREE)
    assert summary.objects["hat"] == {"IoU": 0.75, "accuracy": 0.75}  # 12 right of 16
    assert summary.metrics["mIoU"] == 0.375  # background is predicted, never annotated


def test_the_table_holds_every_class_and_nan_where_there_is_nothing() -> None:
    table = vip().summarise({"videos1": scored([FIRST, SECOND], [FIRST, PREDICTED])}, THREE).objects
    assert list(table) == ["background", "hat", "hair"]
    assert table["hat"] == {"IoU": 0.75, "accuracy": 0.75}
    assert all(isnan(value) for value in table["hair"].values())


def test_the_table_of_all_videos_is_written_beside_the_record() -> None:
    scores = {"videos1": scored([FIRST, SECOND], [FIRST, PREDICTED])}
    assert vip().official_files(scores, THREE, "val") == {
        "classes-val.csv": "Class,IoU,Accuracy\nbackground,0.7500,1.0000\nhat,0.7500,0.7500\nhair,nan,nan\n"
    }
    assert vip().official_files({"videos1": scored([None], [FIRST])}, THREE, "val") == {}


def test_a_frame_without_truth_is_passed_over_and_none_at_all_means_no_numbers() -> None:
    assert scored([FIRST, None, SECOND], [FIRST] * 3).stems == ("000000000001", "000000000051")
    summary = vip().summarise({"videos1": scored([None, None], [FIRST] * 2)}, THREE)
    assert (summary.metrics, summary.objects) == ({}, {})
    assert summary.notes == ("left out, for want of annotations to score: videos1",)


def test_the_numbers_of_a_resumed_run_are_the_same(tmp_path: Path) -> None:
    result = VideoResult("videos1", 2, scored([FIRST, SECOND], [FIRST, PREDICTED]), {}, {})
    files = RunFiles(tmp_path, "vip", "vip", "rgb", "0123456789ab")
    files.save_part(result)
    read = files.load_part("videos1")
    assert read is not None
    again = vip().summarise({"videos1": read.scores}, THREE)
    assert again.metrics == vip().summarise({"videos1": result.scores}, THREE).metrics


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (row(0, 0, 1, 25), "holds class 25, but the classes are 0 to 2; write class ids"),
        (row(0, 0, 1, 3), "holds class 3"),
        (row(0, 0, 1, 255), r"holds 255 \(void\); write 0"),
        (row(0, 0, 1), r"size \(1, 3\), the ground truth \(1, 4\)"),
    ],
)
def test_a_prediction_that_cannot_be_right_is_refused(prediction: Tensor, message: str) -> None:
    with pytest.raises(PredictionError, match=f"videos1, frame 000000000026: .*{message}"):
        scored([FIRST, SECOND], [FIRST, prediction])


# Files


def written(folder: Path, count: int, start: int = 0) -> Path:
    for index in range(start, count):
        vip().write(folder, f"{25 * index + 1:012d}", FIRST if index == 0 else PREDICTED)
    return folder


def test_predictions_are_indexed_images_that_score_as_they_did(tmp_path: Path) -> None:
    truth = video([FIRST, SECOND])
    predictions = vip().read(written(tmp_path, 2), truth, THREE)
    with Image.open(tmp_path / "000000000026.png") as image:
        assert (image.mode, np.array(image).tolist()) == ("P", [[0, 0, 1, 1]])
    for workers in (1, 3):
        scores = score_video(predictions, truth, vip(), THREE, workers=workers).scores
        assert torch.equal(scores.values["confusion"], scored([FIRST, SECOND], [FIRST, PREDICTED]).values["confusion"])


def test_a_missing_prediction_is_named_unless_frame_0_is_not_scored(tmp_path: Path) -> None:
    truth = video([FIRST, SECOND])
    with pytest.raises(PredictionError, match=r"1 of 2 predictions are missing: 000000000001.png; found 000000000026"):
        vip().read(written(tmp_path, 2, start=1), truth, THREE)
    predictions = vip().read(tmp_path, truth, WITHOUT_FIRST)
    assert score_video(predictions, truth, vip(), WITHOUT_FIRST).scores.stems == ("000000000026",)


def test_a_prediction_in_colours_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (4, 1)).save(written(tmp_path, 2) / "000000000026.png")
    with pytest.raises(DataError, match="a colour image"):
        score_video(vip().read(tmp_path, video([FIRST, SECOND]), THREE), video([FIRST, SECOND]), vip(), THREE)


# The whole walk


class Blocks:
    """The mean colour of blocks of 8 pixels, and a constant, so that black has a direction too."""

    stride = 8

    def __call__(self, frames: Tensor) -> Tensor:
        means = torch.nn.functional.avg_pool2d(frames, 8)
        return torch.cat([means, torch.full_like(means[:, :1], 0.1)], dim=1)


def walker(shifts: Sequence[int]) -> Video[Tensor]:
    """A red face (13) above a blue coat (7), 8 pixels high and wide, that move to the right on 64 x 64 pixels."""
    frames, labels = [], []
    for shift in shifts:
        frame, label = torch.zeros(3, 64, 64, dtype=torch.uint8), torch.zeros(64, 64, dtype=torch.uint8)
        columns = slice(8 + shift, 16 + shift)
        frame[0, 16:24, columns], frame[2, 24:32, columns] = 250, 250
        label[16:24, columns], label[24:32, columns] = 13, 7
        frames.append(frame)
        labels.append(label)
    return Video("videos1", frames, labels, tuple(f"{index:012d}" for index in range(len(shifts))))


@pytest.mark.parametrize("preset", [STT, CRW], ids=lambda protocol: protocol.name)
def test_parts_that_move_a_cell_are_followed(preset: object, tmp_path: Path) -> None:
    assert isinstance(preset, type(STT))
    protocol = preset.with_settings({"size": "64", "topk": "1", "upsample": "cv2"})
    result = evaluate_video(Blocks(), walker([0, 8, 16]), vip(), protocol, CPU, tmp_path)
    summary = vip().summarise({"videos1": result.scores}, protocol)
    assert result.scores.stems == ("000000000000", "000000000001", "000000000002")
    assert summary.metrics["accuracy"] > 0.97  # soft borders lose the corners
    assert summary.objects["face"]["IoU"] > 0.5
    assert summary.objects["coat"]["IoU"] > 0.5
    with Image.open(tmp_path / "000000000002.png") as image:
        ids = np.array(image)
    assert (ids[20, 28], ids[28, 28], ids[20, 12]) == (13, 7, 0)


def test_the_ground_truth_of_frame_0_is_perfect_where_it_is_the_prediction(tmp_path: Path) -> None:
    protocol = STT.with_settings({"size": "64"})
    result = evaluate_video(Blocks(), walker([0, 8]), vip(), protocol, CPU)
    first = result.scores.values["confusion"][0]
    assert first.diagonal().sum() == first.sum() == 64 * 64


def test_a_class_that_frame_0_lacks_is_never_predicted() -> None:
    moving = walker([0, 8])
    label = moving.labels[1]
    assert label is not None
    label[0:8, 0:8] = 2
    protocol = STT.with_settings({"size": "64"})
    scores = evaluate_video(Blocks(), moving, vip(), protocol, CPU).scores
    assert scores.values["confusion"][1, :, 2].sum() == 0
    assert vip().summarise({"videos1": scores}, protocol).objects["hair"]["IoU"] == 0


def test_a_run_and_the_score_of_its_files_agree_to_the_pixel(tmp_path: Path) -> None:
    protocol = CRW.with_settings({"size": "64"})
    ran = evaluate_video(Blocks(), walker([0, 8, 16]), vip(), protocol, CPU, tmp_path).scores
    scores = score_video(vip().read(tmp_path, walker([0, 8, 16]), protocol), walker([0, 8, 16]), vip(), protocol).scores
    assert torch.equal(scores.values["confusion"], ran.values["confusion"])
