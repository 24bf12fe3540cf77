"""The numbers of pose propagation: which joints count, and how videos come together."""

from dataclasses import replace
from math import inf, isnan, nan

import pytest
import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.protocols.jhmdb import CRW, STRICT, STT
from corrbench.protocols.protocol import Protocol
from corrbench.tasks.jhmdb import PCK, jhmdb
from corrbench.tasks.points import as_prediction
from corrbench.tasks.task import SequenceScores

NAMES = ("neck", "belly", "face")
# In a box of 30 x 40 pixels: 0.6 of its diagonal are 30 pixels.
BODY = torch.tensor([[10.0, 10.0], [40.0, 50.0], [30.0, 20.0]], dtype=torch.float64)


def label(positions: Tensor = BODY, outside: int | None = None) -> Points:
    visible = torch.tensor([index != outside for index in range(3)])
    return Points(NAMES, positions, visible, size=(60, 60))


def scored(protocol: Protocol, *predicted: Tensor, labels: list[Points] | None = None) -> SequenceScores:
    """The scores of a video that stands still and of which these positions were predicted."""
    truth = labels or [label() for _ in predicted]
    frames = [torch.zeros(3, 60, 60, dtype=torch.uint8)] * len(predicted)
    video = Video("still", frames, truth, tuple(f"{index:05d}" for index in range(1, len(predicted) + 1)))
    scorer = jhmdb().scorer(video, protocol)
    for index, positions in enumerate(predicted):
        if scorer.wants(index):
            scorer.add(index, as_prediction(NAMES, positions), truth[index])
    return scorer.scores()


def metrics(protocol: Protocol, *predicted: Tensor, labels: list[Points] | None = None) -> dict[str, float]:
    return jhmdb().summarise({"still": scored(protocol, *predicted, labels=labels)}, protocol).metrics


def lost(joint: int) -> Tensor:
    positions = BODY.clone()
    positions[joint] = -1
    return positions


@pytest.mark.parametrize("protocol", [STT, CRW, STRICT], ids=lambda protocol: protocol.name)
def test_the_truth_scores_1_everywhere(protocol: Protocol) -> None:
    found = metrics(protocol, BODY, BODY, BODY)
    assert set(jhmdb().metrics) <= set(found)
    assert set(found.values()) == {1.0}


@pytest.mark.parametrize("protocol", [CRW, STRICT], ids=lambda protocol: protocol.name)
def test_a_shift_of_15_percent_of_the_body_is_wrong_at_10_and_right_at_20(protocol: Protocol) -> None:
    moved = BODY + torch.tensor([4.5, 0])
    found = metrics(protocol, BODY, moved, moved)
    assert [found["PCK@0.1"], found["PCK@0.2"], found["strict PCK@0.1"], found["strict PCK@0.2"]] == [0, 1, 0, 1]


def test_frame_0_counts_for_vfs_and_not_for_crw_nor_strictly() -> None:
    wrong = BODY + 50
    assert metrics(CRW, BODY, wrong)["PCK@0.5"] == 0
    found = metrics(STT, BODY, wrong)
    assert (found["PCK@0.5"], found["strict PCK@0.5"]) == (0.5, 0)
    scores = scored(STT, BODY, wrong)
    assert scores.stems == ("00001", "00002")
    assert scores.values["strict_distance"][:, 0].isnan().all()


def test_a_lost_joint_costs_coverage_or_strictly_a_miss() -> None:
    found = metrics(CRW, BODY, lost(2))
    assert found["PCK@0.1"] == 1
    assert found["coverage"] == 2 / 3
    assert found["strict PCK@0.5"] == 2 / 3
    strict = metrics(STRICT, BODY, lost(2))
    assert (strict["PCK@0.5"], strict["coverage"]) == (2 / 3, 1)
    assert scored(STRICT, BODY, lost(2)).values["distance"].tolist() == [[0], [0], [inf]]


def test_a_joint_read_out_at_the_left_border_counts_for_crw_and_not_for_vfs() -> None:
    border = BODY.clone()
    border[0, 0] = 0
    assert metrics(CRW, border, border)["coverage"] == 1
    assert metrics(STT, border, border)["coverage"] == 2 / 3


def test_a_joint_outside_the_image_counts_by_the_published_rules_alone() -> None:
    labels = [label(), label(outside=1)]
    wrong = BODY.clone()
    wrong[1] += 50
    found = metrics(CRW, BODY, wrong, labels=labels)
    # Its box is 20 x 10 strictly; the others are exact in both.
    assert (found["PCK@0.5"], found["strict PCK@0.5"], found["coverage"]) == (2 / 3, 1, 1)


def test_frames_of_all_videos_are_pooled_before_joints_are_averaged() -> None:
    good, bad = scored(CRW, BODY, BODY, BODY, BODY), scored(CRW, BODY, BODY + 50)
    summary = jhmdb().summarise({"good": good, "bad": bad}, CRW)
    assert summary.metrics["PCK@0.1"] == 0.75
    assert summary.objects["good_neck"] == dict.fromkeys(PCK, 1.0)
    assert summary.objects["bad_face"] == dict.fromkeys(PCK, 0.0)
    assert list(summary.objects) == [f"{video}_{joint}" for video in ("good", "bad") for joint in NAMES]


def test_a_joint_that_never_counts_has_no_number_and_is_left_out_of_the_mean() -> None:
    summary = jhmdb().summarise({"still": scored(CRW, BODY, lost(1))}, CRW)
    assert summary.metrics["PCK@0.1"] == 1
    assert isnan(summary.objects["still_belly"]["PCK@0.1"])


def test_the_table_of_joints_is_over_all_videos_and_ends_with_their_mean() -> None:
    wrong = BODY.clone()
    wrong[1] += 50
    sequences = {"one": scored(CRW, BODY, BODY), "two": scored(CRW, BODY, wrong)}
    files = jhmdb().official_files(sequences, CRW, "test1")
    assert list(files) == ["per-joint_pck-test1.csv"]
    header, *rows = files["per-joint_pck-test1.csv"].splitlines()
    assert header == "joint,PCK@0.1,PCK@0.2,PCK@0.3,PCK@0.4,PCK@0.5"
    assert [row.split(",")[:2] for row in rows] == [
        ["neck", "1.000000"],
        ["belly", "0.500000"],
        ["face", "1.000000"],
        ["mean", "0.833333"],
    ]


def test_a_run_can_be_summarised_from_its_stored_values_alone() -> None:
    scores = scored(CRW, BODY, lost(0), BODY + 4.5)
    again = replace(scores, values={name: values.clone() for name, values in scores.values.items()}, notes=())
    assert all(values.dtype == torch.float64 and values.shape == (3, 2) for values in scores.values.values())
    assert jhmdb().summarise({"still": again}, CRW) == jhmdb().summarise({"still": scores}, CRW)


def test_a_position_that_is_no_number_is_a_miss() -> None:
    broken = BODY.clone()
    broken[0] = nan
    assert metrics(CRW, BODY, broken)["PCK@0.5"] == 2 / 3
