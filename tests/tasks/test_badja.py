"""The numbers of marked points: a scale a frame, a mean a video."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.core.methods import parse_method
from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench.evaluation.evaluate import evaluate_video
from corrbench.evaluation.score import score_video
from corrbench.protocols.badja import STT
from corrbench.tasks.badja import badja
from corrbench.tasks.points import as_prediction
from corrbench.tasks.task import SequenceScores

NAMES = ("hoof", "nose")
MARKS = torch.tensor([[10.0, 10.0], [40.0, 30.0]], dtype=torch.float64)


def label(scale: float | None = 50.0, hidden: int | None = None) -> Points:
    return Points(NAMES, MARKS, torch.tensor([index != hidden for index in range(2)]), scale, (60, 60))


def scored(labels: list[Points | None], predicted: list[Tensor]) -> SequenceScores:
    frames = [torch.zeros(3, 60, 60, dtype=torch.uint8)] * len(labels)
    scorer = badja().scorer(Video("dog", frames, labels, tuple(f"{i:05d}" for i in range(len(labels)))), STT)
    for index, positions in enumerate(predicted):
        if scorer.wants(index):
            scorer.add(index, as_prediction(NAMES, positions), labels[index])
    return scorer.scores()


def metrics(labels: list[Points | None], predicted: list[Tensor]) -> dict[str, float]:
    return badja().summarise({"dog": scored(labels, predicted)}, STT).metrics


def test_the_truth_scores_1() -> None:
    assert metrics([label()] * 3, [MARKS] * 3) == {"PCK@0.2": 1, "coverage": 1}


def test_an_error_has_to_be_below_a_fifth_of_the_scale_of_its_frame() -> None:
    off = MARKS + torch.tensor([10.0, 0.0])
    assert metrics([label()] * 2, [MARKS, off])["PCK@0.2"] == 0
    assert metrics([label(), label(50.1)], [MARKS, off])["PCK@0.2"] == 1


def test_frame_0_and_frames_without_marks_are_not_scored() -> None:
    assert scored([label(), None, label()], [MARKS + 50, MARKS + 50, MARKS]).stems == ("00002",)


def test_a_hidden_mark_does_not_count_and_a_lost_one_is_a_miss() -> None:
    lost = MARKS.clone()
    lost[1] = -1
    assert metrics([label()] * 2, [MARKS, lost]) == {"PCK@0.2": 0.5, "coverage": 0.5}
    assert metrics([label(), label(hidden=1)], [MARKS, lost]) == {"PCK@0.2": 1, "coverage": 1}


def test_the_mean_is_over_videos_however_many_marks_each_has() -> None:
    good, bad = scored([label()] * 5, [MARKS] * 5), scored([label()] * 2, [MARKS, MARKS + 50])
    summary = badja().summarise({"camel": good, "dog": bad}, STT)
    assert summary.metrics == {"PCK@0.2": 0.5, "coverage": 1}
    assert summary.objects == {
        "camel_hoof": {"PCK@0.2": 1.0},
        "camel_nose": {"PCK@0.2": 1.0},
        "dog_hoof": {"PCK@0.2": 0.0},
        "dog_nose": {"PCK@0.2": 0.0},
    }


def test_a_joint_that_is_never_marked_is_no_object() -> None:
    summary = badja().summarise({"dog": scored([label(), label(hidden=0)], [MARKS, MARKS])}, STT)
    assert list(summary.objects) == ["dog_nose"]


def test_marks_without_a_scale_are_refused() -> None:
    with pytest.raises(DataError, match=r"the reader has to give Points\.scale"):
        scored([label(None)] * 2, [MARKS, MARKS])


@pytest.mark.data
def test_real_marks_are_followed_written_and_scored_again(data: Path, tmp_path: Path) -> None:
    from corrbench_datasets.badja import badja as reader

    video = reader(data / "badja", davis=data / "davis16").video("camel").first(6)
    task, device = badja(), torch.device("cpu")
    result = evaluate_video(parse_method("rgb").build(device), video, task, STT, device, tmp_path)
    assert result.scores.stems == ("00007",)
    # Five frames on, 20 marks are within 0.2 of the animal of where they were: 53 pixels.
    assert task.summarise({"camel": result.scores}, STT).metrics["PCK@0.2"] > 0.6
    again = score_video(task.read(tmp_path, video, STT), video, task, STT).scores
    assert torch.equal(again.values["distance"].nan_to_num(nan=-1), result.scores.values["distance"].nan_to_num(nan=-1))
