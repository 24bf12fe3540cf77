"""The scorer of masks: which frames count, and what it refuses."""

import pytest
import torch
from torch import Tensor

from corrbench.core.video import Video
from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_f
from corrbench.metrics.region import region_similarity
from corrbench.protocols.registry import find_protocol
from corrbench.tasks.davis import davis
from corrbench.tasks.mask_scorer import MaskScorer
from corrbench.tasks.task import SequenceScores

PROTOCOL = find_protocol("stt", "davis")


def half(object_id: int = 1) -> Tensor:
    """A mask (8, 8) whose upper half is the object."""
    mask = torch.zeros(8, 8, dtype=torch.uint8)
    mask[:4] = object_id
    return mask


def video(labels: list[Tensor | None]) -> Video[Tensor]:
    count = len(labels)
    return Video(
        "walk", [torch.zeros(3, 8, 8, dtype=torch.uint8)] * count, labels, tuple(f"{i:05d}" for i in range(count))
    )


def scored(labels: list[Tensor | None], predictions: list[Tensor]) -> MaskScorer:
    scorer = davis().scorer(video(labels), PROTOCOL)
    for index, prediction in enumerate(predictions):
        if scorer.wants(index):
            scorer.add(index, prediction, labels[index])
    return scorer


def plain(scores: SequenceScores) -> tuple[object, ...]:
    """The scores as what can be compared."""
    values = {measure: rows.tolist() for measure, rows in scores.values.items()}
    return scores.objects, scores.stems, values, scores.notes


def test_the_first_and_the_last_frame_are_not_scored() -> None:
    scores = scored([half()] * 4, [half()] * 4).scores()
    assert scores.stems == ("00001", "00002")
    assert scores.values["J"].tolist() == [[1.0, 1.0]]


def test_objects_are_those_up_to_the_largest_id_of_frame_0() -> None:
    first = half(2)
    first[7, 7] = 255
    assert scored([first, half(2), half(2)], [half(2)] * 3).scores().objects == ("1", "2")


def test_a_frame_without_truth_is_passed_over() -> None:
    assert scored([half(), None, half(), half()], [half()] * 4).scores().stems == ("00002",)


def test_only_frame_0_annotated_means_no_numbers_and_no_failure() -> None:
    scores = scored([half(), None, None], [half()] * 3).scores()
    assert scores.values["J"].shape == (1, 0)
    summary = davis().summarise({"walk": scores}, PROTOCOL)
    assert summary.metrics == {}
    assert summary.notes == ("left out, for want of objects, annotations or frames to score: walk",)


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (half(2), "holds id 2, but frame 0 of the ground truth has objects 1 to 1"),
        (half(255), r"holds 255 \(void\)"),
        (torch.zeros(4, 8, dtype=torch.uint8), r"size \(4, 8\), the ground truth \(8, 8\)"),
    ],
)
def test_a_prediction_that_cannot_be_right_is_refused(prediction: Tensor, message: str) -> None:
    with pytest.raises(PredictionError, match=f"walk, frame 00001: .*{message}"):
        scored([half()] * 3, [half(), prediction, half()])


def test_frames_may_come_in_any_order() -> None:
    labels, empty = [half()] * 5, torch.zeros(8, 8, dtype=torch.uint8)
    scorer = davis().scorer(video(labels), PROTOCOL)
    for index, prediction in ((3, half()), (1, empty), (2, half())):
        scorer.add(index, prediction, labels[index])
    scores = scorer.scores()
    assert scores.stems == ("00001", "00002", "00003")
    assert scores.values["J"].tolist() == [[0.0, 1.0, 1.0]]


@pytest.mark.parametrize("together", [1, 2, 3, 100])
@pytest.mark.parametrize("device", ["cpu", "another"])
def test_frames_scored_together_have_the_values_of_those_scored_one_by_one(
    together: int, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = [half(2), half(2), half(1), half(2), None, half(2), half(2)]
    predictions = [half(2), half(1), half(1), half(2).t().contiguous(), half(2), half(0), half(2)]
    indices, numbers = (1, 2, 3, 5), torch.tensor([1, 2])[:, None, None]
    plainly = [
        (region_similarity(*masks).tolist(), boundary_f(*masks, radius=1).tolist())
        for masks in ((predictions[index] == numbers, labels[index] == numbers) for index in indices)
    ]
    monkeypatch.setattr("corrbench.tasks.mask_scorer.BATCH_PIXELS", together * 2 * 64)
    score = MaskScorer._score
    monkeypatch.setattr(MaskScorer, "_score", lambda self, _, batch: score(self, device == "cpu", batch))
    scores = scored(labels, predictions).scores()
    assert scores.stems == ("00001", "00002", "00003", "00005")
    rows = zip(scores.values["J"].t().tolist(), scores.values["F"].t().tolist(), strict=True)
    assert list(rows) == plainly


def test_no_more_frames_wait_than_are_scored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corrbench.tasks.mask_scorer.BATCH_PIXELS", 3 * 64)
    scorer = davis().scorer(video([half()] * 9), PROTOCOL)
    waiting = []
    for index in range(1, 8):
        scorer.add(index, half(), half())
        waiting.append(sum(map(len, scorer._waiting.values())))
    assert waiting == [1, 2, 0, 1, 2, 0, 1]


def test_frames_of_several_sizes_are_scored_apart() -> None:
    large, small = half(), half()[1:7, 1:7].contiguous()
    scores = scored([large, large, small, large, small, large], [large, large, small, large, small * 0, large]).scores()
    assert scores.values["J"].tolist() == [[1.0, 1.0, 1.0, 0.0]]


def test_a_frame_scored_with_others_is_refused_under_its_own_name() -> None:
    scorer = davis().scorer(video([half()] * 4), PROTOCOL)
    with pytest.raises(PredictionError, match=r"walk, frame 00002: .*holds id 2"):
        scorer._score(False, [(1, half(), half()), (2, half(2), half())])  # what becomes of frames on a GPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_frames_on_a_gpu_have_the_values_of_those_on_the_cpu() -> None:
    labels = [half(2), half(2), half(1), half(2), half(2)]
    predictions = [half(2), half(1), half(1), half(2).t().contiguous(), half(2)]
    on_gpu = scored(labels, [prediction.cuda() for prediction in predictions]).scores()
    assert plain(on_gpu) == plain(scored(labels, predictions).scores())


def test_an_object_that_is_mostly_absent_is_noted() -> None:
    empty = torch.zeros(8, 8, dtype=torch.uint8)
    scores = scored([half(), empty, empty, half(), half()], [half(), empty, empty, half(), half()]).scores()
    assert scores.notes == (
        "walk: object 1 is absent from 67% of the scored frames; predicting nothing there scores 1",
    )


def test_perfect_scores_everywhere_are_suspicious() -> None:
    scores = scored([half()] * 4, [half()] * 4).scores()
    assert "every value is exactly 1" in davis().summarise({"walk": scores}, PROTOCOL).notes[0]


def test_no_object_in_frame_0_means_no_numbers() -> None:
    empty = torch.zeros(8, 8, dtype=torch.uint8)
    summary = davis().summarise({"walk": scored([empty] * 4, [empty] * 4).scores()}, PROTOCOL)
    assert (summary.metrics, summary.objects) == ({}, {})
    assert "want of objects" in summary.notes[0]
