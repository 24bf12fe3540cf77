"""Predictions written by `corrbench run`, and scored by `corrbench score`."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Command = Callable[..., subprocess.CompletedProcess[str]]
STEMS = ["00000", "00001", "00002", "00003"]


@pytest.fixture
def run(corrbench: Command, davis: Path) -> Command:
    def command(method: str, *options: object) -> subprocess.CompletedProcess[str]:
        return corrbench("run", "--method", method, "--protocol", "crw", "--data-root", davis, *options)

    return command


@pytest.fixture
def score(corrbench: Command, davis: Path) -> Command:
    def command(folder: object, *options: object) -> subprocess.CompletedProcess[str]:
        return corrbench("score", "--predictions", folder, "--data-root", davis, *options)

    return command


@pytest.fixture
def truth(davis: Path, tmp_path: Path) -> Path:
    """Predictions that are the ground truth."""
    return Path(shutil.copytree(davis / "Annotations" / "480p", tmp_path / "truth"))


def only_record(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    records = json.loads(done.stdout)
    assert len(records) == 1
    assert isinstance(records[0], dict)
    return records[0]


def numbers(record: dict[str, Any]) -> dict[str, Any]:
    """All numbers of a record, by sequence and object too."""
    sequences = {
        name: (value["metrics"], value["objects"], value["scored_frames"])
        for name, value in record["sequences"].items()
    }
    return {"metrics": record["metrics"], "sequences": sequences}


# Written


def test_every_frame_of_every_method_is_written_as_an_indexed_png(run: Command, tmp_path: Path) -> None:
    assert run("identity,rgb?stride=4", "--predictions", "out").returncode == 0
    folders = sorted(path.name for path in Path("out").iterdir() if path.is_dir())
    assert folders == ["identity", "rgb-stride-4-6704e5"]
    for folder in folders:
        for sequence, most in (("ball", 1), ("pair", 2)):
            written = sorted((tmp_path / "out" / folder / sequence).iterdir())
            assert [path.name for path in written] == [f"{stem}.png" for stem in STEMS]
            for path in written:
                with Image.open(path) as image:
                    assert (image.mode, image.size) == ("P", (64, 48))
                    assert set(np.unique(np.array(image))) == set(range(most + 1))
                    assert image.getpalette()[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0]  # type: ignore[index]


def test_predictions_that_are_asked_for_later_are_written_then(run: Command) -> None:
    first = only_record(run("identity", "--json"))
    later = only_record(run("identity", "--predictions", "out", "--json"))
    assert numbers(later) == numbers(first)
    assert len(list(Path("out/identity").glob("*/*.png"))) == 8


def test_predictions_that_are_there_are_not_made_again(run: Command) -> None:
    run("identity", "--predictions", "out")
    assert "finished before" in run("identity", "--predictions", "out").stderr


def test_predictions_of_another_rule_are_replaced(run: Command) -> None:
    run("identity", "--predictions", "out")
    changed = run("identity", "--predictions", "out", "--set", "radius=2")
    assert "was done before" not in changed.stderr
    again = run("identity", "--predictions", "out")
    assert "finished before" not in again.stderr


def test_frame_0_is_the_ground_truth_where_the_protocol_says_so(
    corrbench: Command, davis: Path, tmp_path: Path
) -> None:
    options = ("--set", "size=48", "--data-root", davis, "--predictions", tmp_path / "out")
    assert corrbench("run", "--method", "identity", "--protocol", "stt", *options).returncode == 0
    with (
        Image.open(tmp_path / "out/identity/pair/00000.png") as written,
        Image.open(davis / "Annotations/480p/pair/00000.png") as mask,
    ):
        assert np.array_equal(np.array(written), np.array(mask))


# Scored


@pytest.mark.parametrize("method", ["identity", "rgb"])
def test_the_score_of_written_predictions_is_that_of_the_run_bit_for_bit(
    method: str, run: Command, score: Command
) -> None:
    ran = only_record(run(method, "--predictions", "out", "--json"))
    scored = only_record(score(f"out/{method}", "--json"))
    assert numbers(scored) == numbers(ran)
    assert (scored["kind"], scored["method"], scored["protocol"]["name"]) == ("score", method, "scoring")
    with (
        np.load(f"results/runs/davis/DAVIS/{method}/{ran['id']}.npz") as of_run,
        np.load(f"results/runs/davis/DAVIS/{method}/{scored['id']}.npz") as of_score,
    ):
        assert of_run.files == of_score.files
        assert all(np.array_equal(of_run[name], of_score[name]) for name in of_run.files)


def test_the_ground_truth_scores_1_with_a_note(score: Command, truth: Path) -> None:
    record = only_record(score(truth, "--json"))
    assert record["metrics"] == {
        "J&F": 1.0,
        "J-Mean": 1.0,
        "J-Recall": 1.0,
        "J-Decay": 0.0,
        "F-Mean": 1.0,
        "F-Recall": 1.0,
        "F-Decay": 0.0,
    }
    assert any("every value is exactly 1" in note for note in record["notes"])


def test_empty_predictions_score_0(score: Command, truth: Path) -> None:
    for path in truth.rglob("*.png"):
        Image.new("L", (64, 48), 0).save(path)
    record = only_record(score(truth, "--json"))
    assert (record["metrics"]["J-Mean"], record["metrics"]["F-Mean"]) == (0.0, 0.0)


def test_a_shifted_square_has_the_j_counted_by_hand(score: Command, truth: Path) -> None:
    for index in (1, 2):  # the scored frames, predicted as the frame before: 8 of 12 columns meet, 16 are covered
        shutil.copy(truth / f"ball/0000{index - 1}.png", truth / f"ball/new{index}.png")
    for index in (1, 2):
        (truth / f"ball/new{index}.png").rename(truth / f"ball/0000{index}.png")
    record = only_record(score(truth, "--sequences", "ball", "--json"))
    assert record["sequences"]["ball"]["metrics"]["J-Mean"] == 0.5
    assert record["limited"] is True


def test_other_files_beside_the_predictions_are_no_harm(score: Command, truth: Path) -> None:
    (truth / "ball" / "notes.txt").write_text("made by another tool")
    (truth / "extra").mkdir()
    (truth / "README").touch()
    assert score(truth).returncode == 0


def test_frames_that_are_not_scored_may_be_missing(score: Command, truth: Path) -> None:
    for sequence in ("ball", "pair"):
        (truth / sequence / "00000.png").unlink()
        (truth / sequence / "00003.png").unlink()
    assert only_record(score(truth, "--json"))["metrics"]["J&F"] == 1.0


def test_a_score_shows_a_table(score: Command, truth: Path) -> None:
    shown = score(truth).stdout
    assert "davis on DAVIS val, 2 sequences" in shown
    assert "100.0" in shown


# Levels


def test_a_folder_one_level_too_high_is_named(score: Command, truth: Path) -> None:
    done = score(truth.parent)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"the sequences lie one level below, in truth; give {truth}")


@pytest.mark.parametrize("way", ["absolute", "inside"])
def test_a_folder_one_level_too_low_is_named(
    way: str, score: Command, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(truth / "ball")
    done = score(truth / "ball" if way == "absolute" else ".")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"this is the folder of one sequence; give the folder above it, {truth}")


# Predictions that cannot be scored


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed `score` prints; nothing is left behind."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert not Path("results").exists()
    line = done.stderr.splitlines()[-1]
    assert line.startswith("corrbench: PredictionError: ")
    assert "Traceback" not in done.stderr
    return line


def test_a_missing_folder(score: Command) -> None:
    assert "--predictions nowhere: no such folder; give the folder" in refused(score("nowhere"))


def test_a_file_in_place_of_the_folder(score: Command, tmp_path: Path) -> None:
    (tmp_path / "masks.zip").touch()
    assert "--predictions masks.zip: this is a file; give the folder" in refused(score("masks.zip"))


def test_an_empty_folder(score: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = refused(score("empty"))
    assert "no folder for 2 of 2 sequences: ball, pair; found no folders; predict these too" in line


def test_a_missing_sequence(score: Command, truth: Path) -> None:
    shutil.rmtree(truth / "pair")
    assert "no folder for 1 of 2 sequences: pair; found ball; predict these too" in refused(score(truth))


def test_missing_frames_are_listed(score: Command, truth: Path) -> None:
    (truth / "pair" / "00001.png").unlink()
    (truth / "pair" / "00002.png").unlink()
    line = refused(score(truth))
    assert f"{truth}/pair: 2 of 2 predictions are missing: 00001.png, 00002.png; found 00000.png, 00003.png" in line


def test_an_empty_folder_of_a_sequence(score: Command, truth: Path) -> None:
    for path in (truth / "pair").iterdir():
        path.unlink()
    assert "2 of 2 predictions are missing: 00001.png, 00002.png; found an empty folder" in refused(score(truth))


def test_another_size(score: Command, truth: Path) -> None:
    Image.new("L", (32, 24), 0).save(truth / "pair" / "00002.png")
    line = refused(score(truth))
    assert "pair, frame 00002: the prediction has size (24, 32), the ground truth (48, 64)" in line
    assert "resize it with nearest neighbour" in line


def spoil(path: Path, value: int) -> None:
    """Set one pixel of an indexed PNG."""
    with Image.open(path) as image:
        image.load()
    image.putpixel((0, 0), value)
    image.save(path)


def test_void(score: Command, truth: Path) -> None:
    spoil(truth / "pair" / "00002.png", 255)
    line = refused(score(truth))
    assert "pair, frame 00002: the prediction holds 255 (void); write 0 where there is no object" in line


def test_an_id_that_frame_0_lacks(score: Command, truth: Path) -> None:
    spoil(truth / "pair" / "00002.png", 3)
    line = refused(score(truth))
    assert "pair, frame 00002: the prediction holds id 3, but frame 0 of the ground truth has objects 1 to 2" in line


def test_a_colour_image(corrbench: Command, score: Command, truth: Path) -> None:
    Image.new("RGB", (64, 48)).save(truth / "pair" / "00002.png")
    done = score(truth)
    assert done.returncode == 1
    assert f"{truth}/pair/00002.png: a mask has to be an indexed" in done.stderr.splitlines()[-1]
    assert not Path("results").exists()


def test_a_damaged_image(score: Command, truth: Path) -> None:
    path = truth / "pair" / "00002.png"
    path.write_bytes(path.read_bytes()[:60])
    done = score(truth)
    assert done.returncode == 1
    assert f"{path}: not a readable image" in done.stderr.splitlines()[-1]
    assert not Path("results").exists()
