"""What `corrbench run` refuses: one line with what, where, found and fix, status 1, and nothing half-written."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

Command = Callable[..., subprocess.CompletedProcess[str]]
Refusal = Callable[..., str]

FEATURES = """
import torch
import corrbench


class Broken:
    stride = 8

    def __call__(self, frames):
        good = frames[:, :, ::8, ::8]
        return {features}


@corrbench.register_method("broken")
def broken():
    return Broken()


@corrbench.register_method("strideless")
def strideless():
    return lambda frames: frames
"""


def frame(davis: Path, name: str) -> Path:
    return davis / "JPEGImages" / "480p" / name


def mask(davis: Path, name: str) -> Path:
    return davis / "Annotations" / "480p" / name


# Weights


def test_no_weights_file(refused: Refusal) -> None:
    line = refused("--weights", "nowhere.pth", method="resnet18")
    assert "method 'resnet18': no weights file nowhere.pth; give the path of a .safetensors or .pth file" in line


def test_weights_that_are_needed(refused: Refusal) -> None:
    assert "resnet18 has no weights of its own; pass --weights FILE" in refused(method="resnet18")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights at all"])
def test_unreadable_weights(name: str, content: bytes, refused: Refusal, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    line = refused("--weights", tmp_path / name, method="resnet18")
    assert f"WeightsError: weights {tmp_path / name}: " in line
    assert "fetch it again" in line


def test_weights_of_another_network(refused: Refusal, tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7), "fc.weight": torch.zeros(10, 512)}, tmp_path / "w.pth")
    line = refused("--weights", tmp_path / "w.pth", method="resnet18")
    assert "0.3% of the elements of the layers used were found; missing " in line
    assert "give a checkpoint of this architecture" in line


def test_one_file_of_weights_for_two_methods(refused: Refusal, tmp_path: Path) -> None:
    line = refused("--weights", tmp_path / "w.pth", method="resnet18,resnet50")
    assert "w.pth is for one method; write NAME?weights=FILE for each of" in line


def test_weights_for_a_method_that_takes_none(refused: Refusal, tmp_path: Path) -> None:
    assert "method 'identity' takes no weights; leave out --weights" in refused("--weights", tmp_path / "w.pth")


# Names and values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--task", "davsi"), "corrbench.tasks: nothing is named 'davsi'; did you mean 'davis'?"),
        (("--protocol", "crv"), "no protocol is named 'crv' for the task 'davis'; did you mean 'crw'?"),
        (("--protocol", "zzz"), "no protocol is named 'zzz' for the task 'davis'; davis has "),
        (("--set", "radios=3"), "protocol crw: unknown setting 'radios'; did you mean 'radius'?"),
        (("--set", "radius"), "'radius' is not a setting; write key=value"),
        (("--set", "radius=wide"), "--set radius=wide does not fit: "),
        (("--set", "neighbourhood=star"), "--set neighbourhood=star does not fit: "),
        (("--set", "radius=3", "--set", "radius=4"), "'radius' is set twice, to '3' and to '4'; keep one"),
        (("--limit", 0), "--limit 0 does not fit: it has to be at least 1"),
        (("--max-frames", -1), "--max-frames -1 does not fit: it has to be at least 1"),
        (("--device", "gpu"), "--device gpu: corrbench runs on cpu, cuda, mps"),
        (("--device", "cuda:99"), "--device cuda:99: this machine or this torch cannot use it ("),
        (("--dataset", "samples"), "corrbench.datasets: nothing is named 'samples'; did you mean 'sample'?"),
        (("--dataset", "davis?splitt=val"), "data set 'davis': unknown setting 'splitt'; did you mean 'split'?"),
        (("--dataset", "sample?frames=1"), "sample: frames=1 is not a length; give a whole number of at least 3"),
        (("--data-root", "davs=/data"), "no task is named 'davs'"),
    ],
)
def test_a_wrong_name_or_value(options: tuple[object, ...], message: str, refused: Refusal) -> None:
    assert message in refused(*options)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("identiy", "nothing is named 'identiy'; did you mean 'identity'?"),
        ("rgb?strid=4", "method 'rgb': unknown setting 'strid'; did you mean 'stride'?"),
        ("rgb?stride=wide", "method 'rgb': stride=wide does not fit: "),
        ("rgb?stride=0", "stride=0 is not a number of pixels; give 1 or more"),
        ("rgb:patch", "method 'rgb' takes no model after a colon"),
        ("identity,", "nothing is named ''; there are crw, identity, "),
    ],
)
def test_a_wrong_method(method: str, message: str, refused: Refusal) -> None:
    assert message in refused(method=method)


def test_a_wrong_method_beside_a_right_one_costs_nothing(refused: Refusal) -> None:
    assert "nothing is named 'identiy'" in refused(method="rgb,identiy")
    assert not Path("results").exists()


def test_an_option_that_there_is_not_has_status_2(corrbench: Command) -> None:
    done = corrbench("run", "--methods", "rgb")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: No such option")


# Features


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ("good * float('nan')", "frame 0: the method returned NaN or infinite features; check its weights"),
        ("good / 0", "frame 0: the method returned NaN or infinite features"),
        ("good[0]", "frame 0: a method has to return features (T, C, h, w) for T = 1; found (3, 6, 8)"),
        ("torch.cat([good, good])", "found (2, 3, 6, 8)"),
        ("[good]", "found list"),
        ("None", "found NoneType"),
    ],
)
def test_a_method_that_returns_no_features(features: str, message: str, refused: Refusal, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text(FEATURES.format(features=features))
    assert message in refused("--plugin", file, method="broken")


def test_a_method_that_changes_its_grid(refused: Refusal, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    shrinking = "[self.__dict__.update(seen=self.__dict__.get('seen', -1) + 1), good[..., : 8 - self.seen]][1]"
    file.write_text(FEATURES.format(features=shrinking))
    line = refused("--plugin", file, method="broken")
    assert "frame 1: features have the grid (6, 7), the labels of frame 0 have (6, 8)" in line


def test_a_method_without_a_stride(refused: Refusal, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text(FEATURES.format(features="good"))
    line = refused("--plugin", file, method="strideless")
    assert "method 'strideless' returned function with stride None; it has to be callable" in line


# The places that are written to


@pytest.mark.parametrize("option", ["--output", "--predictions"])
@pytest.mark.parametrize("below", ["", "/deeper/still"])
def test_a_file_in_place_of_a_folder(option: str, below: str, refused: Refusal, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    line = refused(option, f"taken{below}")
    assert f"SettingError: {option} taken{below}: " in line
    assert "taken is a file; give another folder" in line
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_file_in_place_of_a_folder_for_scores_and_the_leaderboard(
    corrbench: Command, davis: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    truth = davis / "Annotations" / "480p"
    for words in (["score", "--predictions", truth, "--data-root", davis], ["leaderboard"]):
        done = corrbench(*words, "--output", "taken")
        assert done.returncode == 1
        assert done.stderr.endswith("taken is a file; give another folder\n")


def test_a_folder_that_is_taken_away_while_the_command_runs(corrbench: Command, davis: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    taking = "(__import__('pathlib').Path('results').write_text(''), good + 1)[1]"
    file.write_text(FEATURES.format(features=taking))
    done = corrbench("run", "--method", "broken", "--plugin", file, "--protocol", "crw", "--data-root", davis)
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("corrbench: ")
    assert "results" in line
    assert "Traceback" not in done.stderr


def test_a_record_that_was_damaged(corrbench: Command, davis: Path) -> None:
    words = ("run", "--method", "identity", "--protocol", "crw", "--data-root", davis)
    assert corrbench(*words).returncode == 0
    (record,) = Path("results").glob("runs/davis/DAVIS/identity/*.json")
    record.write_text(record.read_text()[:200])
    done = corrbench(*words)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"RecordError: {record}: not a run record of schema 1" in line
    assert line.endswith("remove the file")


# Data without the truth


def test_only_the_first_mask_is_no_failure(corrbench: Command, davis: Path) -> None:
    for name in ("ball", "pair"):
        for index in (1, 2, 3):
            mask(davis, f"{name}/0000{index}.png").unlink()
    done = corrbench("run", "--method", "identity", "--protocol", "crw", "--data-root", davis, "--predictions", "out")
    assert done.returncode == 0, done.stderr
    assert len(list(Path("out/identity").glob("*/*.png"))) == 8
    assert "want of objects, annotations or frames to score: ball, pair" in done.stdout


def test_an_object_that_is_not_in_frame_0_is_not_scored(corrbench: Command, davis: Path) -> None:
    words = ("run", "--method", "identity", "--protocol", "crw", "--data-root", davis)
    path = mask(davis, "ball/00002.png")
    with Image.open(path) as image:
        values = np.array(image)
    values[40:, 40:] = 2
    later = Image.fromarray(values)
    later.putpalette(bytes(768))
    later.save(path)
    assert corrbench(*words).returncode == 0
