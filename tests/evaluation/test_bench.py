"""`corrbench bench` on frames so small that the numbers mean nothing."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from corrbench.cli import cli
from corrbench.core.files import file_part
from corrbench.errors import SettingError
from corrbench.evaluation.bench.clip import clip
from corrbench.evaluation.bench.measure import STAGES, Throughput, bench
from corrbench.evaluation.bench.tables import COLUMNS, throughput_file, write_throughput
from corrbench.evaluation.bench.timing import Plan
from corrbench.evaluation.device import machine_name
from corrbench.tasks.mask_scorer import MaskScorer, Waiting

TINY = Plan(frames=1, repeats=2, warmup=0)
WORDS = ["--protocol", "crw", "--set", "context=2", "--size", "48x64", "--frames", "1", "--repeats", "1"]


def measured(methods: str, **settings: str) -> Throughput:
    return bench(
        methods, protocol="crw", settings={"context": "2", **settings}, size="48x64", plan=TINY, device="cpu"
    )  # fmt: skip


def test_every_stage_of_every_method_has_a_rate_above_zero() -> None:
    for method in measured("rgb,random").methods:
        assert list(method.stages) == list(STAGES)
        for stage in (*method.stages.values(), method.end_to_end):
            assert len(stage.seconds) == 2
            assert stage.frames_per_second > 0
            assert stage.milliseconds > 0


def test_frames_are_scored_whenever_scoring_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []
    score = MaskScorer._score

    def counted(self: MaskScorer, on_cpu: bool, batch: Sequence[Waiting]) -> None:
        batches.append(len(batch))
        score(self, on_cpu, batch)

    monkeypatch.setattr(MaskScorer, "_score", counted)
    plan = measured("rgb").plan
    assert batches[-plan.repeats :] == [plan.frames] * plan.repeats


def test_a_method_is_described_by_its_sizes() -> None:
    rgb, random = measured("rgb,random").methods
    assert (rgb.network, rgb.grid, rgb.channels, rgb.labels) == ((48, 64), (6, 8), 192, 2)
    assert (rgb.parameters, rgb.gflop) == (0, 0)
    assert (random.network, random.grid, random.channels) == ((48, 64), (6, 8), 256)
    assert random.parameters == 2_782_784  # ResNet-18 up to layer3
    assert random.gflop > 0
    assert random.peak_memory_bytes is None or random.peak_memory_bytes > 2**20


def test_the_name_of_the_file_carries_all_that_changes_the_numbers() -> None:
    throughput = measured("rgb", precision="bf16")
    path = throughput_file(throughput, Path("results"))
    assert path.parent == Path("results/throughput")
    machine, version = file_part(machine_name(torch.device("cpu"))), file_part(torch.__version__)
    assert path.name == f"davis_crw-{throughput.protocol.hash}_48x64_{machine}_bf16_torch-{version}.csv"


def test_a_later_method_joins_the_rows_of_an_earlier_one(tmp_path: Path) -> None:
    first, second = measured("rgb"), measured("identity")
    path = write_throughput(first, tmp_path)
    assert write_throughput(second, tmp_path) == write_throughput(first, tmp_path) == path
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == ["rgb", "identity"]
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["precision"] == "fp32"
    assert rows[0]["torch"] == torch.__version__


def test_every_column_is_explained_beside_the_file(tmp_path: Path) -> None:
    path = write_throughput(measured("rgb"), tmp_path)
    explained = (path.parent / "columns.md").read_text()
    for column in path.read_text().splitlines()[0].split(","):
        assert f"- `{column}`: " in explained


def test_the_command_prints_a_table_and_the_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["bench", "--method", "rgb", *WORDS, "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (file,) = (tmp_path / "throughput").glob("*.csv")
    assert done.stdout.rstrip().endswith(str(file))
    for heading in ("io", "features", "affinity", "propagation", "scoring", "end to end", "GFLOP"):
        assert heading in done.stdout


def test_json_holds_the_rows_and_nothing_else(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["bench", "--method", "rgb", *WORDS, "--json", "--output", str(tmp_path)])
    (row,) = json.loads(done.stdout)
    assert list(row) == list(COLUMNS)
    assert row["method"] == "rgb"


@pytest.mark.parametrize("size", ["480", "480x", "x854", "480x854x3", "-1x4", "a x b", ""])
def test_a_size_that_is_none_is_refused_with_an_example(size: str) -> None:
    with pytest.raises(SettingError, match=r"^--size .*write height x width in pixels, such as 480x854$"):
        bench("rgb", size=size, device="cpu")


@pytest.mark.parametrize("size", ["0x64", "48x15", "48x16385"])
def test_a_size_that_no_frame_has_is_refused_with_the_bounds(size: str) -> None:
    with pytest.raises(SettingError, match=f"^--size {size} does not fit: a side has 16 to 16384 pixels$"):
        bench("rgb", size=size, device="cpu")


@pytest.mark.parametrize(
    ("option", "plan", "least"),
    [
        ("--frames", {"frames": 0}, 1),
        ("--repeats", {"repeats": 0}, 1),
        ("--warmup", {"warmup": -1}, 0),
    ],
)
def test_a_plan_that_measures_nothing_is_refused(option: str, plan: dict[str, int], least: int) -> None:
    with pytest.raises(SettingError, match=f"^{option} {least - 1} does not fit: it has to be at least {least}$"):
        Plan(**plan)


def test_weights_are_for_one_method() -> None:
    with pytest.raises(SettingError, match=r"is for one method; write NAME\?weights=FILE"):
        bench("resnet18,resnet50", weights=Path("some.pth"))


def test_the_frames_of_a_clip_differ_and_have_the_size_asked_for() -> None:
    with clip((48, 64), 5) as video:
        frames = torch.stack(list(video.frames))  # (5, 3, 48, 64)
        labels = torch.stack([label for label in video.labels if label is not None])
    assert frames.shape == (5, 3, 48, 64)
    assert labels.shape == (5, 48, 64)
    assert labels.unique().tolist() == [0, 1]
    assert len(frames.flatten(1).unique(dim=0)) == 5
