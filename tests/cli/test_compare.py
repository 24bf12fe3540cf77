"""`corrbench compare-methods` and `corrbench probe`, from the command to their files."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Command = Callable[..., subprocess.CompletedProcess[str]]
TRAINING = Path(__file__).parents[1] / "training"
PLUGINS = ("--plugin", TRAINING / "tiny_course.py", "--plugin", TRAINING / "comparison" / "tiny_method.py")
PLAN = """
title = "Tiny methods"

[[row]]
name = "whole"
method = "tiny"
course = "tiny"
stage = "temporal"
from = "half"
steps = 6
set = ["noise=0"]

[[row]]
name = "half"
method = "tiny"
course = "tiny"
stage = "spatial"
steps = 4
hidden = true

[[row]]
name = "colours"
method = "tiny"
"""


@pytest.fixture
def compare(corrbench: Command) -> Command:
    """`corrbench compare-methods` with a tiny plan, images, clips and sample."""
    files = [f"images/{number}.png" for number in range(4)]
    files += [f"videos/{clip}/{frame}.png" for clip in "ab" for frame in range(3)]
    random = np.random.default_rng(0)
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (16, 16, 3)).astype(np.uint8)).save(name)
    Path("tiny.toml").write_text(PLAN)

    def command(*options: object) -> subprocess.CompletedProcess[str]:
        data = ("--images", "images", "--videos", "videos", "--sample-frames", 3)
        places = ("--work", "work", "--output", "out", "--device", "cpu")
        return corrbench("compare-methods", "tiny.toml", *PLUGINS, *data, *places, *options)

    return command


def lines() -> list[dict[str, str]]:
    with Path("out/tiny.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_are_trained_evaluated_probed_and_come_back_after_a_loss(compare: Command, davis: Path) -> None:
    done = compare("--seeds", "0,1", "--scale", 0.5, "--data-root", davis, "--max-frames", 3)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["out/tiny.csv", "out/tiny.md"]
    found = lines()
    assert [(line["row"], line["seed"]) for line in found] == [("whole", "0"), ("whole", "1"), ("colours", "")]
    assert [line["steps"] for line in found] == ["5", "5", ""]  # three, and two of the half that it starts from
    assert list(found[0])[13:] == [
        "DAVIS 2 sequences, 3 frames: J&F", "sample 4 sequences, 3 frames: J&F",
        "visible", "hidden", "still", "slow", "fast", "retrieval",
    ]  # fmt: skip
    assert all(0 < float(line[key]) <= 1 for line in found for key in list(found[0])[13:16])
    assert "| colours |" in Path("out/tiny.md").read_text(encoding="utf-8")

    shutil.rmtree("work/whole/seed-1")
    again = compare("--seeds", "0,1", "--scale", 0.5, "--data-root", davis, "--max-frames", 3)
    assert [line for line in again.stderr.splitlines() if " steps of " in line] == [
        "whole, seed 1: 3 steps of tiny temporal, from work/half/seed-1/weights.safetensors"
    ]
    same = [key for key in found[0] if key not in ("seconds", "cpu_seconds", "peak_memory_bytes")]
    assert [[line[key] for key in same] for line in lines()] == [[line[key] for key in same] for line in found]


def test_rows_asked_for_one_by_one_stand_in_one_table(compare: Command) -> None:
    compare("--rows", "colours")
    assert [line["row"] for line in lines()] == ["colours"]
    done = compare("--rows", "whole")
    assert done.returncode == 0, done.stderr
    assert [line["row"] for line in lines()] == ["whole", "colours"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--rows", "hole"), "SettingError: --rows: there is no row 'hole'; did you mean 'whole'?"),
        (("--seeds", "one"), "SettingError: --seeds one: these are no whole numbers; write them as in 0,1,2"),
        (("--seeds", "1,1"), "SettingError: --seeds are [1, 1]; give different whole numbers from 0 on"),
        (("--scale", "-1"), "SettingError: --scale -1.0 does not fit; give more than 0"),
        (("--images", "nowhere"), "DataError: "),
        (("--data-root", "nowhere"), "DataError: --data-root nowhere: "),
        (("--max-frames", "0", "--data-root", "."), "SettingError: --max-frames 0 does not fit"),
        (("--device", "tpu"), "SettingError: --device tpu: corrbench runs on cpu, cuda, mps"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_trained(
    compare: Command, options: tuple[str, ...], line: str
) -> None:
    done = compare(*options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"corrbench: {line}")
    assert not Path("work").exists()


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ('course = "tiny"', 'course = "tinny"', "PluginError: {}corrbench.courses: nothing is named 'tinny'"),
        ('method = "tiny"', 'method = "tinny"', "PluginError: {}corrbench.methods: nothing is named 'tinny'"),
        ('method = "tiny"', 'method = "rgb"', "SettingError: {}method 'rgb' takes no weights, and the row is trained"),
        ('"tiny"', '"tiny?weights=x"', "SettingError: {}method 'tiny?weights=x' names weights, and the row is trained"),
        ("noise=0", "noice=0", "SettingError: {}--set of tiny: unknown setting 'noice'; did you mean 'noise'?"),
        ('"temporal"', '"time"', "SettingError: {}tiny: there is no stage 'time'; there is spatial, temporal"),
    ],
)
def test_a_mistake_in_a_row_names_the_row(compare: Command, before: str, after: str, line: str) -> None:
    Path("tiny.toml").write_text(PLAN.replace(before, after, 1))
    done = compare()
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("corrbench: " + line.format("row 'whole': "))
    assert not Path("work").exists()


def test_probes_of_a_method_are_printed(compare: Command, corrbench: Command) -> None:
    done = corrbench("probe", "--method", "tiny", *PLUGINS, "--images", "images", "--sample-frames", 3, "--json")
    assert done.returncode == 0, done.stderr
    shares = json.loads(done.stdout)["tiny"]
    assert list(shares) == ["visible", "hidden", "still", "slow", "fast", "retrieval"]
    assert 0 < shares["visible"] < 1
    table = corrbench("probe", "--method", "tiny", *PLUGINS, "--sample-frames", 3).stdout
    assert table.split()[:7] == ["method", "visible", "hidden", "still", "slow", "fast", "retrieval"]
    assert f"{100 * shares['visible']:.1f}" in table


def test_one_checkpoint_is_not_for_two_methods(corrbench: Command) -> None:
    done = corrbench("probe", "--method", "rgb,lab", "--weights", "x.pth")
    assert done.returncode == 1
    assert "SettingError: --weights x.pth is for one method; write NAME?weights=FILE for each" in done.stderr
