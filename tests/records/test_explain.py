"""What tells two runs apart, and whether they may be ranked together."""

import re
from pathlib import Path
from typing import Any

import pytest

from corrbench.errors import RecordError
from corrbench.protocols.registry import find_protocol
from corrbench.records.explain import Explanation, explain, find_record
from corrbench.records.record import (
    DatasetRecord,
    ExtractorRecord,
    ProtocolRecord,
    RunRecord,
    SequenceRecord,
)


def record(
    protocol: str = "stt",
    settings: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    extractor: dict[str, Any] | None = None,
    **changes: Any,
) -> RunRecord:
    """A run of `rgb` on two sequences, with some of its fields changed."""
    rule = find_protocol(protocol, "davis").with_settings(settings or {})
    identity = {"name": "DAVIS", "split": "val", "sequences": ["ball", "pair"], "complete": True, "hash": "d" * 12}
    method = {"hash": "e" * 12, "origin": "corrbench 0", "settings": {"stride": 8}, "weights_sha256": None, "stride": 8}
    sizes = {"network": [480, 854], "grid": [60, 107], "radius": 12}
    whole: dict[str, Any] = {
        "id": "0" * 12,
        "kind": "run",
        "method": "rgb",
        "task": "davis",
        "dataset": DatasetRecord(**identity | (data or {})),
        "protocol": ProtocolRecord(
            name=rule.name, hash=rule.hash, overrides=dict(rule.overrides), values=rule.values()
        ),
        "extractor": ExtractorRecord(**method | (extractor or {})),
        "limited": False,
        "limits": {},
        "metrics": {"J&F": 0.5},
        "sequences": {"ball": SequenceRecord(frames=4, scored_frames=2, metrics={}, objects={}, sizes=sizes)},
        "notes": [],
        "seed": None,
        "environment": {"device": "cpu", "packages": {"torch": "2.8"}},
        "throughput": {},
        "seconds": {},
        "date": "2026-01-01T00:00:00+00:00",
    }
    return RunRecord(**whole | changes)


def fields(explanation: Explanation) -> dict[str, tuple[Any, Any]]:
    return {f"{one.part} {one.field}": one.values for one in explanation.differences}


def test_the_same_run_twice_differs_in_nothing() -> None:
    found = explain(record(), record(date="2026-02-02T00:00:00+00:00", throughput={"io_fps": 3.0}))
    assert (found.differences, found.reasons, found.rankable) == ((), (), True)


def test_another_method_may_be_ranked_beside_it() -> None:
    found = explain(record(), record(method="random", extractor={"hash": "f" * 12, "settings": {"seed": 0}}))
    assert found.rankable
    assert fields(found) == {
        "method name": ("rgb", "random"),
        "method hash": ("e" * 12, "f" * 12),
        "method settings.stride": (8, None),
        "method settings.seed": (None, 0),
    }


def test_protocols_differ_field_by_field_with_the_source_of_each() -> None:
    found = explain(record("stt"), record("vfs"))
    assert fields(found) == {
        "protocol name": ("stt", "vfs"),
        "protocol propagation.neighbourhood": ("square", "disc"),
    }
    sources = found.differences[1].sources
    assert sources[0] is not None
    assert sources[0].startswith("Spa-then-Temp configs/test/res18_d8.py")
    assert sources[1] == "VFS mmaction/models/common/affinity_utils.py: circle, strictly below the radius"
    assert found.reasons == ("the protocols differ: stt 9d014d42e487 and vfs d98672d463ca",)


def test_a_field_that_was_set_by_hand_says_so() -> None:
    found = explain(record(), record(settings={"radius": "18"}))
    [radius] = found.differences
    assert (radius.field, radius.values) == ("propagation.radius", (12, 18))
    assert radius.sources[1] == "changed by --set"
    assert "the protocols differ: stt 9d014d42e487 and stt (radius=18) " in found.reasons[0]


def test_a_field_left_out_of_one_record_stands_at_its_default() -> None:
    found = fields(explain(record("crw"), record("cropmae")))
    assert found["protocol frames.width"] == (0, 880)
    assert found["protocol scoring.truth_height"] == (0, 480)


def test_two_names_of_one_rule_may_be_ranked_together() -> None:
    first, second = record(), record()
    second = second.model_copy(update={"protocol": second.protocol.model_copy(update={"name": "mine"})})
    found = explain(first, second)
    assert found.rankable
    assert fields(found) == {"protocol name": ("stt", "mine")}


def test_a_protocol_that_is_not_known_has_no_sources() -> None:
    other = record("vfs")
    other = other.model_copy(update={"protocol": other.protocol.model_copy(update={"name": "mine"})})
    assert [one.sources[1] for one in explain(record(), other).differences] == [None, None]


def test_predictions_that_were_scored_are_not_ranked_beside_runs() -> None:
    rule = find_protocol("stt", "davis")
    values = {"scoring": rule.values()["scoring"]}
    scoring = ProtocolRecord(name="scoring", hash=rule.scoring_hash, overrides={}, values=values)
    found = explain(record(), record().model_copy(update={"kind": "score", "protocol": scoring}))
    assert found.reasons == ("one was run, the other only scored: how its predictions were made is not known",)
    assert fields(found)["protocol propagation.radius"] == (12, None)
    assert "protocol propagation.anchor" not in fields(found)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": {"hash": "c" * 12, "sequences": ["ball"]}}, "DAVIS val with other sequences, dddd"),
        ({"data": {"hash": "c" * 12}}, "the same sequences with other content, dddd"),
        ({"data": {"split": "train"}}, "the data differ: DAVIS val and DAVIS train"),
        ({"task": "vip"}, "the tasks differ: davis and vip"),
        ({"limited": True, "limits": {"max_frames": 3}}, r"B was cut by a limit \(max_frames 3\)"),
        ({"metrics": {}}, "B has no metrics"),
        ({"metrics": {"J&F": None}}, "B has no metrics"),
    ],
)
def test_what_forbids_a_ranking_is_named(change: dict[str, Any], reason: str) -> None:
    found = explain(record(), record(**change))
    assert not found.rankable
    assert any(re.search(reason, one) for one in found.reasons)


def test_another_machine_is_a_difference_and_no_obstacle() -> None:
    found = explain(record(), record(environment={"device": "cuda", "packages": {"torch": "2.9"}}))
    assert found.rankable
    assert fields(found) == {
        "environment device": ("cpu", "cuda"),
        "environment packages.torch": ("2.8", "2.9"),
    }


def stored(output: Path, *names: str) -> None:
    folder = output / "runs" / "davis" / "DAVIS" / "rgb"
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.json").write_text(record(id=name).json_text())


def test_a_run_is_found_by_its_file_its_id_and_the_beginning_of_that(tmp_path: Path) -> None:
    stored(tmp_path, "aa0000000000", "ab0000000000")
    path = tmp_path / "runs" / "davis" / "DAVIS" / "rgb" / "aa0000000000.json"
    for name in (str(path), "aa0000000000", "aa"):
        assert find_record(name, tmp_path).id == "aa0000000000"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a", "a: several runs begin so: aa0000000000, ab0000000000; give more digits"),
        ("c", r"c: neither a file nor the id of a run below .*runs \(it holds aa0000000000, ab0000000000\)"),
        ("", "neither a file nor the id"),
        ("../aa", r"\.\./aa: neither a file"),
        ("*", r"\*: neither a file"),
    ],
)
def test_a_run_that_is_not_there_is_named(name: str, message: str, tmp_path: Path) -> None:
    stored(tmp_path, "aa0000000000", "ab0000000000")
    with pytest.raises(RecordError, match=message):
        find_record(name, tmp_path)


def test_a_file_that_is_no_record_is_never_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(
        RecordError, match=r"notes.txt: not a run record of schema 1: .*; give the .json file of a run$"
    ):
        find_record(str(tmp_path / "notes.txt"), tmp_path)
