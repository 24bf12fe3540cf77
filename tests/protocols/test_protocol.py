"""Protocols are data with sources and one hash."""

import json
from dataclasses import dataclass, fields, replace

import pytest

from corrbench.errors import ProtocolError, SettingError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import PROTOCOLS, find_protocol
from corrbench.protocols.rules import FrameRule

STT = find_protocol("stt", "davis")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: f"{protocol.name}-{protocol.task}")
def test_every_value_has_a_source(protocol: Protocol) -> None:
    for part, values in protocol.values().items():
        for key in values:
            assert len(protocol.source(part, key)) > 10


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: f"{protocol.name}-{protocol.task}")
def test_every_source_names_a_value_that_exists(protocol: Protocol) -> None:
    values = protocol.values()
    for place in protocol.sources:
        part, _, key = place.partition(".")
        assert part in values
        assert not key or key in {item.name for item in fields(getattr(protocol, part))}


def test_the_hash_is_that_of_the_canonical_json_without_name_and_sources() -> None:
    import hashlib

    text = json.dumps({"task": "davis", **STT.values()}, sort_keys=True, separators=(",", ":"))
    assert STT.hash == hashlib.sha256(text.encode()).hexdigest()[:12]
    assert replace(STT, name="other", sources={}).hash == STT.hash


def test_a_changed_value_shows_in_title_overrides_and_hash() -> None:
    wider = STT.with_settings({"radius": "18"})
    assert wider.propagation.radius == 18
    assert wider.overrides == {"radius": 18}
    assert wider.title == "stt (radius=18)"
    assert wider.hash != STT.hash


def test_setting_a_value_to_what_it_is_changes_nothing() -> None:
    assert STT.with_settings({"radius": "12", "propagation.topk": "10"}) == STT
    assert STT.with_settings({"radius": "12"}).title == "stt"


def test_settings_reach_every_part() -> None:
    changed = STT.with_settings({"frames.size": "240", "upsample": "cv2", "boundary_tolerance": "0.01"})
    assert (changed.frames.size, changed.masks.upsample, changed.scoring.boundary_tolerance) == (240, "cv2", 0.01)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"radus": "3"}, "did you mean 'radius'"),
        ({"frames.radius": "3"}, "unknown setting 'frames.radius'"),
        ({"radius": "wide"}, "--set radius=wide does not fit"),
        ({"radius": "0"}, "at least 1"),
        ({"window": "round"}, "'padded', 'with_first' or 'without_first'"),
        ({"resize": "square"}, "give the pixels of a side"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        find_protocol("crw", "davis").with_settings(settings)


def test_an_unknown_protocol_names_those_that_cover_the_task() -> None:
    with pytest.raises(ProtocolError, match="did you mean 'dino'"):
        find_protocol("dinno", "davis")
    with pytest.raises(ProtocolError, match="juggling has none"):
        find_protocol("stt", "juggling")


def test_a_field_added_later_leaves_old_hashes_alone() -> None:
    @dataclass(frozen=True)
    class LaterFrameRule(FrameRule):
        crop: int = 0

    old = {item.name: getattr(STT.frames, item.name) for item in fields(STT.frames)}
    assert replace(STT, frames=LaterFrameRule(**old)).hash == STT.hash
    assert replace(STT, frames=LaterFrameRule(**old, crop=3)).hash != STT.hash


@pytest.mark.parametrize("setting", ["decay_bins=0", "skip_first=-1", "boundary_tolerance=-0.1"])
def test_a_scoring_rule_refuses_what_it_cannot_compute(setting: str) -> None:
    key, _, value = setting.partition("=")
    with pytest.raises(SettingError, match="has to be at least"):
        STT.with_settings({key: value})
