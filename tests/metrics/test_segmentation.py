import pytest
import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_map
from corrbench.metrics.counting import FrameScores
from corrbench.metrics.segmentation import batch_scores, frame_scores

TOLERANCE = 0.008
HD = (480, 854)


def rect(size: tuple[int, int], top: int, bottom: int, left: int, right: int) -> Tensor:
    mask = torch.zeros(size, dtype=torch.bool)
    mask[top:bottom, left:right] = True
    return mask


def disc(size: tuple[int, int], row: int, column: int, radius: int) -> Tensor:
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


EMPTY, FULL = rect(HD, 0, 0, 0, 0), rect(HD, 0, 480, 0, 854)
RECT = rect(HD, 100, 200, 300, 500)
SMALL, QUARTER = (100, 100), (240, 320)
TWO_DISCS = disc(QUARTER, 60, 80, 30) | disc(QUARTER, 160, 220, 40)
TWO_MOVED = disc(QUARTER, 64, 84, 30) | disc(QUARTER, 150, 230, 35)
TOUCHING, DETACHED = rect(HD, 380, 480, 754, 854), rect(HD, 370, 470, 744, 844)

# Truth, prediction, J, F, boundary pixels of both: what the official evaluator says.
OFFICIAL = {
    "moved 3 px": (RECT, rect(HD, 103, 203, 300, 500), 0.9417475728, 1, 600, 600),
    "moved 12 px": (RECT, rect(HD, 112, 212, 312, 512), 0.7053206003, 0.0566666667, 600, 600),
    "shrunk disc": (disc(HD, 240, 427, 100), disc(HD, 240, 427, 85), 0.7225705828, 0, 804, 684),
    "touches the border": (TOUCHING, DETACHED, 0.6806722689, 0.1131447587, 201, 400),
    "full and full": (FULL, FULL, 1, 1, 0, 0),
    "full and half": (FULL, rect(HD, 0, 480, 0, 427), 0.5, 0, 0, 480),
    "empty and empty": (EMPTY, EMPTY, 1, 1, 0, 0),
    "empty and rect": (EMPTY, RECT, 0, 0, 0, 600),
    "rect and empty": (RECT, EMPTY, 0, 0, 600, 0),
    "pixel moved 8 px": (rect(HD, 100, 101, 300, 301), rect(HD, 108, 109, 300, 301), 0, 1, 4, 4),
    "pixel moved 9 px": (rect(HD, 100, 101, 300, 301), rect(HD, 109, 110, 300, 301), 0, 0.5, 4, 4),
    "small": (disc(SMALL, 50, 50, 20), disc(SMALL, 52, 53, 20), 0.7931526391, 0.5121951220, 164, 164),
    "two discs": (TWO_DISCS, TWO_MOVED, 0.6643741403, 0.3830437804, 568, 528),
}


@pytest.mark.parametrize(
    ("truth", "predicted", "j", "f", "true_pixels", "predicted_pixels"), OFFICIAL.values(), ids=OFFICIAL
)
def test_a_frame_scores_what_the_official_evaluator_says(
    truth: Tensor, predicted: Tensor, j: float, f: float, true_pixels: int, predicted_pixels: int
):
    region, boundary = frame_scores(predicted.byte(), truth.byte(), objects=1, tolerance=TOLERANCE)
    assert region.item() == pytest.approx(j, abs=1e-10)
    assert boundary.item() == pytest.approx(f, abs=1e-10)
    assert boundary_map(truth).sum() == true_pixels
    assert boundary_map(predicted).sum() == predicted_pixels


def test_void_is_background():
    truth = torch.tensor([[1, 1, 255, 0]], dtype=torch.uint8)
    predicted = torch.tensor([[1, 1, 1, 0]], dtype=torch.uint8)
    region, _ = frame_scores(predicted, truth, objects=1, tolerance=TOLERANCE)
    assert region.item() == 2 / 3


def test_an_object_that_is_nowhere_scores_one():
    truth = RECT.byte()
    region, boundary = frame_scores(truth, truth, objects=3, tolerance=TOLERANCE)
    assert region.tolist() == [1, 1, 1]
    assert boundary.tolist() == [1, 1, 1]


def test_an_object_missed_in_the_prediction_scores_zero_and_leaves_the_others_alone():
    truth = RECT.byte() + 2 * rect(HD, 300, 400, 10, 60).byte()
    region, boundary = frame_scores(RECT.byte(), truth, objects=2, tolerance=TOLERANCE)
    assert region.tolist() == [1, 0]
    assert boundary.tolist() == [1, 0]


def test_a_frame_without_objects_has_no_values():
    region, boundary = frame_scores(EMPTY.byte(), EMPTY.byte(), objects=0, tolerance=TOLERANCE)
    assert region.shape == boundary.shape == (0,)


def test_a_prediction_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(PredictionError, match=r"\(100, 100\).*\(480, 854\)"):
        frame_scores(torch.zeros(SMALL, dtype=torch.uint8), EMPTY.byte(), objects=1, tolerance=TOLERANCE)


@pytest.mark.parametrize(("truth", "predicted", "j", "f"), [case[:4] for case in OFFICIAL.values()], ids=OFFICIAL)
def test_a_batch_scores_what_the_official_evaluator_says(truth: Tensor, predicted: Tensor, j: float, f: float):
    batch = batch_scores(predicted.byte()[None], truth.byte()[None], objects=1, tolerance=TOLERANCE)
    assert batch.region.tolist() == [[pytest.approx(j, abs=1e-10)]]
    assert batch.boundary.tolist() == [[pytest.approx(f, abs=1e-10)]]


def test_a_batch_has_a_row_a_frame_and_a_column_an_object():
    truth = torch.tensor([[[1, 1, 2]], [[1, 0, 255]]], dtype=torch.uint8)
    predicted = torch.tensor([[[1, 2, 2]], [[0, 9, 0]]], dtype=torch.uint8)
    batch = batch_scores(predicted, truth, objects=2, tolerance=TOLERANCE)
    assert batch.region.tolist() == [[0.5, 0.5], [0, 1]]
    assert batch.absent.tolist() == [[False, False], [False, True]]
    assert batch.largest.tolist() == [2, 9]
    assert batch.frames()[1] == FrameScores([0.0, 1.0], [0.0, 1.0], [False, True])


@pytest.mark.parametrize("shape", [(0, 4, 5), (2, 4, 5)])
def test_no_frames_and_no_objects_have_no_values(shape: tuple[int, int, int]):
    none = torch.zeros(shape, dtype=torch.uint8)
    batch = batch_scores(none, none, objects=0, tolerance=TOLERANCE)
    assert batch.region.shape == batch.boundary.shape == (shape[0], 0)
    assert batch.largest.tolist() == [0] * shape[0]


def test_batches_of_two_sizes_are_refused_with_both_sizes():
    with pytest.raises(PredictionError, match=r"\(2, 3, 4\).*\(1, 3, 4\).*\(B, H, W\)"):
        batch_scores(torch.zeros(2, 3, 4).byte(), torch.zeros(1, 3, 4).byte(), objects=1, tolerance=TOLERANCE)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_scores_exactly_as_the_cpu_does():
    truth = RECT.byte() + 2 * disc(HD, 380, 700, 150).byte()
    predicted = 2 * disc(HD, 370, 690, 140).byte() + rect(HD, 112, 205, 304, 500).byte()
    on_cpu = frame_scores(predicted, truth, objects=3, tolerance=TOLERANCE)
    on_cuda = frame_scores(predicted.cuda(), truth.cuda(), objects=3, tolerance=TOLERANCE)
    assert torch.equal(on_cuda[0], on_cpu[0])
    assert torch.equal(on_cuda[1], on_cpu[1])
    batch = batch_scores(predicted.expand(4, *HD).cuda(), truth.expand(4, *HD).cuda(), objects=3, tolerance=TOLERANCE)
    assert batch.region.tolist() == [on_cpu[0].tolist()] * 4
    assert batch.boundary.tolist() == [on_cpu[1].tolist()] * 4
