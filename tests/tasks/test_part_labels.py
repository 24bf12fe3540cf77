"""Instances of body parts: carried beside the classes, written as the data set's authors keep them, and scored."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.core.parts import PartInstances, PartLabel
from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError
from corrbench.evaluation.evaluate import VideoResult, evaluate_video
from corrbench.evaluation.score import score_video
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.vip import CRW, STT, UVC
from corrbench.records.store import RunFiles
from corrbench.tasks.part_files import read_parts, write_parts
from corrbench.tasks.part_labels import PartPrediction, start_parts
from corrbench.tasks.vip import vip

CPU = torch.device("cpu")
COAT, FACE = 7, 13


class Blocks:
    """The mean colour of blocks of 8 pixels, and a constant, so that black has a direction too."""

    stride = 8

    def __call__(self, frames: Tensor) -> Tensor:
        means = torch.nn.functional.avg_pool2d(frames, 8)
        return torch.cat([means, torch.full_like(means[:, :1], 0.1)], dim=1)


def instances(pixels: Tensor, parts: dict[int, int]) -> PartInstances:
    return PartInstances(pixels, torch.tensor(list(parts)), torch.tensor(list(parts.values())))


def label(shift: int) -> PartLabel:
    """Two people, each a face above a coat, 16 pixels high and wide: instances 3 to 6, of two classes."""
    classes, pixels = torch.zeros(64, 64, dtype=torch.uint8), torch.zeros(64, 64, dtype=torch.int64)
    for person, left in enumerate((0, 32)):
        columns = slice(left + shift, left + shift + 16)
        for part, (rows, of) in enumerate(((slice(8, 24), FACE), (slice(24, 40), COAT))):
            classes[rows, columns] = of
            pixels[rows, columns] = 3 + 2 * person + part
    return PartLabel(classes, instances(pixels, {3: FACE, 4: COAT, 5: FACE, 6: COAT}))


def walkers(shifts: Sequence[int] = (0, 8, 16)) -> Video[Tensor | PartLabel]:
    """The two people in four colours, who walk to the right."""
    labels, frames = [label(shift) for shift in shifts], []
    for one in labels:
        frame = torch.zeros(3, 64, 64, dtype=torch.uint8)
        for instance, colour in ((3, (250, 0, 0)), (4, (0, 0, 250)), (5, (0, 250, 0)), (6, (250, 250, 0))):
            frame[:, one.instances.pixels == instance] = torch.tensor(colour, dtype=torch.uint8)[:, None]
        frames.append(frame)
    return Video("videos1", frames, labels, tuple(f"{index:012d}" for index in range(len(shifts))))


def classes_only(video: Video[Tensor | PartLabel]) -> Video[Tensor | PartLabel]:
    return replace(video, labels=[one.classes for one in video.labels if isinstance(one, PartLabel)])


def small(protocol: Protocol) -> Protocol:
    return protocol.with_settings({"size": "64", "topk": "1"})


EACH = pytest.mark.parametrize("preset", [STT, CRW, UVC], ids=lambda protocol: protocol.name)


@EACH
def test_instances_that_move_are_found_again(preset: Protocol) -> None:
    protocol = small(preset)
    result = evaluate_video(Blocks(), walkers(), vip(), protocol, CPU)
    assert result.scores.values["annotated"][:, [FACE, COAT]].tolist() == [[2, 2]] * 3
    # Four in each of three frames; softened borders cost some overlap.
    assert result.scores.values["instance_class"].tolist() == [FACE, COAT, FACE, COAT] * 3
    assert result.scores.values["instance_overlap"].min() > 0.5
    assert vip().summarise({"videos1": result.scores}, protocol).metrics["AP_vol"] > 0.6


@EACH
def test_the_classes_are_what_they_are_without_instances(preset: Protocol) -> None:
    protocol = preset.with_settings({"size": "64"})
    both = evaluate_video(Blocks(), walkers(), vip(), protocol, CPU).scores
    alone = evaluate_video(Blocks(), classes_only(walkers()), vip(), protocol, CPU).scores
    assert torch.equal(both.values["confusion"], alone.values["confusion"])
    metrics = vip().summarise({"videos1": alone}, protocol).metrics
    assert isnan(metrics["AP_vol"])
    assert "annotated" not in alone.values


def test_an_instance_scores_the_mean_of_its_label_over_its_pixels() -> None:
    walk = start_parts(label(0), (8, 8), (64, 64), small(CRW))
    assert walk.instances is not None
    soft = torch.zeros_like(walk.first)
    soft[len(walk.classes.first) + 2, :, :4] = 0.25  # the channel of the second instance, after that of the background
    soft[len(walk.classes.first) + 4, :, 4:] = 0.75
    prediction = walk.predict(1, soft)
    assert isinstance(prediction, PartPrediction)
    assert prediction.instances.classes.tolist() == [COAT, COAT]
    # Each fills half of the frame; a cell of 8 pixels blends into its neighbour on the way.
    assert prediction.scores.tolist() == pytest.approx([0.25, 0.75], abs=0.05)


def test_the_ground_truth_of_frame_0_is_certain() -> None:
    walk = start_parts(label(0), (8, 8), (64, 64), small(STT))
    prediction = walk.predict(0, walk.first)
    assert isinstance(prediction, PartPrediction)
    assert prediction.scores.tolist() == [1, 1, 1, 1]
    assert prediction.instances.pixels.equal(label(0).instances.places)


@pytest.mark.parametrize("memory", ["hard", "hard_full"])
def test_a_memory_that_knows_winners_alone_carries_no_instances(memory: str) -> None:
    walk = start_parts(label(0), (8, 8), (64, 64), small(STT).with_settings({"memory": memory}))
    assert walk.instances is None
    assert walk.first.equal(walk.classes.first)


def test_more_instances_than_ids_are_refused() -> None:
    many = instances(torch.zeros(64, 64, dtype=torch.int64), dict.fromkeys(range(1, 256), FACE))
    with pytest.raises(DataError, match="frame 0 has 255 instances of parts, at most 254"):
        start_parts(PartLabel(label(0).classes, many), (8, 8), (64, 64), small(STT))


# The number


def prediction(one: PartLabel, scores: Sequence[float]) -> PartPrediction:
    return PartPrediction(one.classes, one.instances, torch.tensor(scores, dtype=torch.float64))


def volume(predictions: Sequence[PartPrediction | Tensor]) -> float:
    scorer = vip().scorer(walkers(), STT)
    for index, one in enumerate(predictions):
        scorer.add(index, one, walkers().labels[index])
    return vip().summarise({"videos1": scorer.scores()}, STT).metrics["AP_vol"]


def test_the_truth_has_an_ap_vol_of_1() -> None:
    assert volume([prediction(label(shift), [1, 1, 1, 1]) for shift in (0, 8, 16)]) == 1


def test_a_wrong_instance_costs_by_its_score() -> None:
    right = [prediction(label(shift), [0.9, 0.9, 0.9, 0.9]) for shift in (0, 8)]
    moved = label(16).instances.pixels.roll(16, 1)  # overlaps nothing of what is there
    astray = PartLabel(label(16).classes, instances(moved, {3: FACE, 4: COAT, 5: FACE, 6: COAT}))
    # Of six true instances of a class, the four surest are found: the area is 4 of 6.
    assert volume([*right, prediction(astray, [0.1] * 4)]) == pytest.approx(4 / 6)
    # Sure of the wrong ones, precision is at most 4 of 6 where recall is 4 of 6.
    assert volume([*right, prediction(astray, [1.0] * 4)]) == pytest.approx(4 / 6 * 4 / 6)


def test_there_is_no_number_unless_every_frame_has_instances() -> None:
    one = [prediction(label(shift), [1, 1, 1, 1]) for shift in (0, 8)]
    assert isnan(volume([*one, label(16).classes]))
    scores = evaluate_video(Blocks(), walkers(), vip(), small(STT), CPU).scores
    without = evaluate_video(Blocks(), classes_only(walkers()), vip(), small(STT), CPU).scores
    summary = vip().summarise({"videos1": scores, "videos2": without}, small(STT))
    assert isnan(summary.metrics["AP_vol"])
    assert "no AP_vol, for want of instances: videos2" in summary.notes


def test_a_resumed_run_has_the_same_number(tmp_path: Path) -> None:
    scores = evaluate_video(Blocks(), walkers(), vip(), small(STT), CPU).scores
    files = RunFiles(tmp_path, "vip", "sample", "rgb", "0123456789ab")
    files.save_part(VideoResult("videos1", 3, scores, {}, {}))
    read = files.load_part("videos1")
    assert read is not None
    again = vip().summarise({"videos1": read.scores}, STT).metrics
    assert again == vip().summarise({"videos1": scores}, STT).metrics
    assert not isnan(again["AP_vol"])


# Files


def test_a_run_and_the_score_of_its_files_agree(tmp_path: Path) -> None:
    protocol = small(CRW)
    ran = evaluate_video(Blocks(), walkers(), vip(), protocol, CPU, tmp_path).scores
    scores = score_video(vip().read(tmp_path, walkers(), protocol), walkers(), vip(), protocol).scores
    assert scores.values.keys() == ran.values.keys()
    assert all(torch.equal(scores.values[name], ran.values[name]) for name in ran.values)


def test_line_i_is_about_the_instance_whose_pixels_hold_i(tmp_path: Path) -> None:
    write_parts(tmp_path, "0", prediction(label(0), [0.5, 0.25, 1, 0]))
    assert (tmp_path / "instances" / "0.txt").read_text() == "13 0.5\n7 0.25\n13 1.0\n7 0.0\n"
    read = read_parts(tmp_path, ["0"], [0])[0]
    assert isinstance(read, PartPrediction)
    assert read.instances.pixels.equal(label(0).instances.places)
    assert (read.instances.classes.tolist(), read.scores.tolist()) == ([FACE, COAT, FACE, COAT], [0.5, 0.25, 1, 0])


def test_a_line_without_pixels_is_no_instance(tmp_path: Path) -> None:
    write_parts(tmp_path, "0", prediction(label(0), [0.5, 0.25, 1, 0]))
    with (tmp_path / "instances" / "0.txt").open("a") as file:
        file.write("7 0.9\n")
    read = read_parts(tmp_path, ["0"], [0])[0]
    assert isinstance(read, PartPrediction)
    assert len(read.scores) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("13 0.5\n7\n", r"line 2: '7' is not `class score`"),
        ("13 high\n", "line 1: '13 high' is not"),
        ("13 nan\n", "line 1: '13 nan' is not"),
        ("13 0.5\n", r"it holds 4, but 0\.txt has 1 lines; line i is about"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(text: str, message: str, tmp_path: Path) -> None:
    write_parts(tmp_path, "0", prediction(label(0), [1, 1, 1, 1]))
    (tmp_path / "instances" / "0.txt").write_text(text)
    with pytest.raises(PredictionError, match=message):
        read_parts(tmp_path, ["0"], [0])[0]


def test_missing_files_of_instances_are_named(tmp_path: Path) -> None:
    write_parts(tmp_path, "0", prediction(label(0), [1, 1, 1, 1]))
    (tmp_path / "instances" / "0.txt").unlink()
    with pytest.raises(PredictionError, match=r"instances: 1 of 1 predictions are missing: 0\.txt; found 0\.png"):
        read_parts(tmp_path, ["0"], [0])
