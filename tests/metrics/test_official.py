"""Equality with the official evaluator on real masks."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.core.images import read_mask
from corrbench.metrics.segmentation import frame_scores
from corrbench.metrics.summary import mean_recall_decay, summarise_segmentation

pytestmark = pytest.mark.data
TOLERANCE, RECALL_THRESHOLD = 0.008, 0.5

Prediction = Callable[[list[Tensor], int], Tensor]


def shift7(truth: list[Tensor], frame: int) -> Tensor:
    """The truth moved 7 px down and 4 px left; zeros enter."""
    moved = torch.zeros_like(truth[frame])
    moved[7:, :-4] = truth[frame][:-7, 4:]
    return moved


def lag3(truth: list[Tensor], frame: int) -> Tensor:
    return truth[max(0, frame - 3)]


def previous(truth: list[Tensor], frame: int) -> Tensor:
    return truth[frame - 1]


def first(truth: list[Tensor], frame: int) -> Tensor:
    return truth[0]


def sequence_scores(folder: Path, predict: Prediction) -> tuple[Tensor, Tensor]:
    """J and F, each (O, T - 2), of predictions made from the truth."""
    truth = [read_mask(path) for path in sorted(folder.glob("*.png"))]
    objects = int(truth[0].max())
    frames = range(1, len(truth) - 1)
    scores = [frame_scores(predict(truth, t), truth[t], objects, TOLERANCE) for t in frames]
    region, boundary = zip(*scores, strict=True)
    return torch.stack(region, 1), torch.stack(boundary, 1)


def rows(path: Path, sequence: str) -> list[dict[str, str]]:
    with path.open() as file:
        return [row for row in csv.DictReader(file) if row["sequence"] == sequence]


@pytest.mark.parametrize("predict", [shift7, lag3])
@pytest.mark.parametrize(
    "sequence",
    [
        "blackswan",
        "bmx-trees",
        "camel",
        "car-shadow",
        "dance-twirl",
        "horsejump-high",
        "motocross-jump",
        "scooter-black",
    ],
)
def test_every_frame_and_every_sequence_of_davis_scores_as_the_official_evaluator_says(
    data: Path, golden: Path, sequence: str, predict: Prediction
):
    j, f = sequence_scores(data / "davis16/Annotations/480p" / sequence, predict)
    assert len(j) == len(f) == 1
    frames = rows(golden / f"jf/{predict.__name__}_per_frame.csv", sequence)
    assert j[0].tolist() == pytest.approx([float(row["J"]) for row in frames], abs=1e-9)
    assert f[0].tolist() == pytest.approx([float(row["F"]) for row in frames], abs=1e-9)
    (expected,) = rows(golden / f"jf/{predict.__name__}_per_sequence.csv", sequence)
    for letter, values in (("J", j[0]), ("F", f[0])):
        summary = mean_recall_decay(values, RECALL_THRESHOLD)
        assert summary.mean == pytest.approx(float(expected[f"{letter}_mean"]), abs=1e-9)
        assert summary.recall == pytest.approx(float(expected[f"{letter}_recall"]), abs=1e-9)
        assert summary.decay == pytest.approx(float(expected[f"{letter}_decay"]), abs=1e-9)


NAMES = ["J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay"]
OSVOS_OBJECTS = [
    *("bike-packing_1", "bike-packing_2", "judo_1", "judo_2", "loading_1", "loading_2", "loading_3"),
    *("shooting_1", "shooting_2", "shooting_3"),
]


# Three widths, so radii of 8, 9 and 10 px; ten objects. A prediction is an earlier frame of the truth.
@pytest.mark.parametrize(
    ("predict", "metrics", "objects"),
    [
        (
            previous,
            [0.630587, 0.592060, 0.705182, 0.111040, 0.669115, 0.765095, 0.099537],
            [
                *((0.638257, 0.835658), (0.757836, 0.810161), (0.747380, 0.780769), (0.475110, 0.618798)),
                *((0.842623, 0.617205), (0.335954, 0.528858), (0.723762, 0.789237)),
                *((0.223123, 0.422263), (0.619319, 0.550940), (0.557238, 0.737256)),
            ],
        ),
        (
            lag3,
            [0.439048, 0.430844, 0.461619, 0.133628, 0.447252, 0.402440, 0.105098],
            [
                *((0.507306, 0.729395), (0.626224, 0.653340), (0.602895, 0.651335), (0.362229, 0.500901)),
                *((0.662183, 0.258631), (0.166719, 0.251320), (0.513172, 0.444757)),
                *((0.127688, 0.218482), (0.486448, 0.328655), (0.253576, 0.435706)),
            ],
        ),
        (
            first,
            [0.258631, 0.251615, 0.164063, 0.269606, 0.265647, 0.150642, 0.271249],
            [
                *((0.286842, 0.407716), (0.500450, 0.430308), (0.470407, 0.516074), (0.249341, 0.287938)),
                *((0.361015, 0.156114), (0.058280, 0.090919), (0.178445, 0.187300)),
                *((0.095155, 0.159924), (0.254575, 0.235508), (0.061642, 0.184673)),
            ],
        ),
    ],
    ids=["previous frame", "three frames ago", "frame 0"],
)
def test_several_objects_at_three_widths_score_as_the_official_evaluator_says(
    golden: Path, predict: Prediction, metrics: list[float], objects: list[tuple[float, float]]
):
    sequences = ["bike-packing", "judo", "loading", "shooting"]
    scores = {name: sequence_scores(golden / "osvos" / name, predict) for name in sequences}
    summary = summarise_segmentation(scores, RECALL_THRESHOLD)
    assert list(summary.metrics) == NAMES
    assert list(summary.metrics.values()) == pytest.approx(metrics, abs=1e-6)
    assert list(summary.objects) == OSVOS_OBJECTS
    for (j, f), expected in zip(summary.objects.values(), objects, strict=True):
        assert (j.mean, f.mean) == pytest.approx(expected, abs=1e-6)
