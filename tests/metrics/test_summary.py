from math import isnan, nan

import pytest
import torch
from torch import Tensor

from corrbench.errors import PredictionError
from corrbench.metrics.summary import Summary, mean_recall_decay, summarise_segmentation


def summary_of(values: list[float], wrap_uint8: bool = False) -> Summary:
    return mean_recall_decay(torch.tensor(values, dtype=torch.float64), 0.5, wrap_uint8=wrap_uint8)


def close(mean: float, recall: float, decay: float) -> Summary:
    return Summary(*(pytest.approx(value, abs=1e-12) for value in (mean, recall, decay)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], close(0.55, 0.5, 0.7)),
        ([0.5, 0.5, 0.51, 0.49], close(0.5, 0.25, 0)),
        ([0.7], close(0.7, 1, 0)),
    ],
)
def test_the_statistics_are_those_of_the_official_code(values: list[float], expected: Summary):
    assert summary_of(values) == expected


@pytest.mark.parametrize(("count", "first_bin_end", "last_bin_start"), [(48, 12, 35), (67, 17, 50), (100, 25, 74)])
def test_the_bins_end_and_begin_at_the_official_frames(count: int, first_bin_end: int, last_bin_start: int):
    # The mean of 0..a is a/2, that of b..n-1 is (b + n - 1)/2.
    expected = first_bin_end / 2 - (last_bin_start + count - 1) / 2
    assert summary_of(list(range(count))).decay == expected


def test_a_long_video_has_a_decay_and_the_official_nan_on_request():
    # Bounds 0, 75, 150, 224, 299; as uint8 the last one is 43.
    values = [1.0] * 76 + [0.5] * 148 + [0.25] * 76
    assert summary_of(values).decay == 0.75
    assert isnan(summary_of(values, wrap_uint8=True).decay)
    assert summary_of(values, wrap_uint8=True).mean == summary_of(values).mean


def test_up_to_256_values_nothing_wraps():
    values = [1.0] * 128 + [0.0] * 128
    assert summary_of(values, wrap_uint8=True) == summary_of(values) == Summary(0.5, 0.5, 1.0)


def test_nan_is_left_out_of_the_mean_and_is_not_above_the_threshold():
    assert summary_of([nan, 1, 1, 0.5]) == close(2.5 / 3, 0.5, 0.25)


def test_without_values_all_statistics_are_nan():
    summary = summary_of([])
    assert isnan(summary.mean)
    assert isnan(summary.recall)
    assert isnan(summary.decay)


def test_values_of_several_objects_are_refused():
    with pytest.raises(PredictionError, match=r"\(2, 3\)"):
        mean_recall_decay(torch.zeros(2, 3), 0.5)


def constant(*objects: float, frames: int = 4) -> Tensor:
    return torch.tensor(objects, dtype=torch.float64)[:, None].expand(-1, frames)


def test_a_data_set_value_is_the_mean_over_objects_not_over_sequences():
    scores = {
        "three": (constant(0.25, 0.25, 0.25), constant(0, 0, 0)),
        "one": (constant(0.75, frames=9), constant(1, frames=9)),
    }
    assert summarise_segmentation(scores, 0.5).metrics == {
        "J&F": (0.375 + 0.25) / 2,
        "J-Mean": 0.375,
        "J-Recall": 0.25,
        "J-Decay": 0,
        "F-Mean": 0.25,
        "F-Recall": 0.25,
        "F-Decay": 0,
    }


def test_each_object_is_named_by_sequence_and_id():
    scores = {"goat": (constant(0.75), constant(1)), "dogs": (constant(0.25, 0), constant(0, 0.25))}
    objects = summarise_segmentation(scores, 0.5).objects
    assert list(objects) == ["goat_1", "dogs_1", "dogs_2"]
    assert objects["dogs_2"] == (Summary(0, 0, 0), Summary(0.25, 0, 0))


def test_a_sequence_without_scored_frames_is_named_and_left_out():
    scores = {
        "two-frames": (constant(0.5, frames=0), constant(0.5, frames=0)),
        "goat": (constant(0.75), constant(1)),
        "nothing": (constant(), constant()),
    }
    summary = summarise_segmentation(scores, 0.5)
    assert summary.unscored == ["two-frames", "nothing"]
    assert summary.metrics["J&F"] == 0.875
    assert isnan(summary.objects["two-frames_1"][0].mean)


def test_without_any_scored_frame_all_metrics_are_nan():
    metrics = summarise_segmentation({}, 0.5).metrics
    assert len(metrics) == 7
    assert all(isnan(value) for value in metrics.values())


def test_j_and_f_of_two_shapes_are_refused_with_the_sequence():
    with pytest.raises(PredictionError, match=r"goat: J \(1, 4\) and F \(2, 4\)"):
        summarise_segmentation({"goat": (constant(1), constant(1, 1))}, 0.5)
