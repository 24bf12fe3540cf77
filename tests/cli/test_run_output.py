"""What `corrbench run` prints, and what of the protocol shows in it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from corrbench_methods.trunk import Trunk

Command = Callable[..., subprocess.CompletedProcess[str]]
METRICS = ["J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay"]


def only_record(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    (record,) = json.loads(done.stdout)
    assert isinstance(record, dict)
    return record


def test_json_is_a_list_of_records_with_the_documented_keys(run: Command) -> None:
    done = run("identity,rgb", "--json")
    assert done.returncode == 0
    records = json.loads(done.stdout)
    assert [record["method"] for record in records] == ["identity", "rgb"]
    for record in records:
        assert record["task"] == "davis"
        assert list(record["metrics"]) == METRICS
        assert all(0 <= record["metrics"][name] <= 1 for name in ("J&F", "J-Mean", "F-Mean"))
        assert record["protocol"]["name"] == "crw"
        assert len(record["protocol"]["hash"]) == 12
        assert record["dataset"]["sequences"] == ["ball", "pair"]
        assert (record["dataset"]["name"], record["dataset"]["split"]) == ("DAVIS", "val")
        assert {"features_fps", "propagation_fps", "scoring_fps", "io_fps", "total_fps", "peak_memory_bytes"} == set(
            record["throughput"]
        )
        assert {name: list(value["objects"]) for name, value in record["sequences"].items()} == {
            "ball": ["1"],
            "pair": ["1", "2"],
        }
        assert record["sequences"]["pair"]["scored_frames"] == 2
        assert record["sequences"]["pair"]["sizes"] == {
            "original": [48, 64],
            "network": [48, 64],
            "grid": [6, 8],
            "radius": 12,
        }
        assert record["limited"] is False


def test_how_a_named_file_of_weights_was_read_is_said_once(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "trunk.pth"
    torch.save({"state_dict": {f"module.{name}": value for name, value in Trunk(18).state_dict().items()}}, file)
    lines = [line for line in run(f"resnet18?weights={file}", "--json").stderr.splitlines() if "elements" in line]
    said = "read as torchvision or timm, 100.0% of the elements of the layers used were found"
    assert lines == [f"weights {file}: {said}"]


def test_progress_goes_to_standard_error_a_line_a_sequence(run: Command) -> None:
    lines = run("identity", "--json").stderr.splitlines()
    assert [line.partition(" in ")[0] for line in lines] == ["identity: ball, 4 frames", "identity: pair, 4 frames"]
    assert [line[-8:] for line in lines] == ["(1 of 2)", "(2 of 2)"]


def test_the_table_has_a_row_a_method_and_names_data_and_protocol(run: Command) -> None:
    shown = run("identity,rgb").stdout
    assert "davis on DAVIS val, 2 sequences" in shown
    for word in ("identity", "rgb", "J&F", "J-Recall", "F-Decay", "frames/s", "protocol crw, hash "):
        assert word in shown


def test_colours_are_better_features_than_positions_of_a_moving_object(run: Command) -> None:
    records = json.loads(run("identity,rgb", "--json").stdout)
    scores = {record["method"]: record["metrics"]["J&F"] for record in records}
    assert scores["rgb"] > scores["identity"] + 0.05


def test_a_changed_field_shows_in_the_record_its_hash_and_the_table(run: Command) -> None:
    plain = only_record(run("identity", "--json"))["protocol"]
    changed = only_record(run("identity", "--set", "radius=3", "--set", "topk=5", "--json"))["protocol"]
    assert changed["overrides"] == {"radius": 3, "topk": 5}
    assert changed["values"]["propagation"]["radius"] == 3
    assert changed["hash"] != plain["hash"]
    assert "protocol crw (radius=3, topk=5), hash" in run("identity", "--set", "radius=3", "--set", "topk=5").stdout


def test_precision_is_a_field_of_the_protocol(run: Command) -> None:
    record = only_record(run("identity", "--precision", "bf16", "--json"))
    assert record["protocol"]["overrides"] == {"precision": "bf16"}


def test_the_stride_of_the_protocol_reaches_the_method_and_its_own_wins(run: Command) -> None:
    assert only_record(run("rgb", "--set", "stride=4", "--json"))["extractor"]["stride"] == 4
    own = only_record(run("rgb?stride=16", "--json"))
    assert own["extractor"]["stride"] == 16
    assert own["sequences"]["ball"]["sizes"]["radius"] == 6
