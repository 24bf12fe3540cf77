"""The protocols of joints are data with sources, and their hashes stay what they are."""

import pytest

from corrbench.errors import ProtocolError, SettingError
from corrbench.protocols.badja import BADJA_PROTOCOLS
from corrbench.protocols.jhmdb import CRW, JHMDB_PROTOCOLS, STRICT, STT
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule

PROTOCOLS = (*JHMDB_PROTOCOLS, *BADJA_PROTOCOLS)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: f"{protocol.task}-{protocol.name}")
def test_every_value_has_a_source_and_every_source_a_value(protocol: Protocol) -> None:
    values = protocol.values()
    assert all(len(protocol.source(part, key)) > 10 for part, keys in values.items() for key in keys)
    for place in protocol.sources:
        part, _, key = place.partition(".")
        assert part in values
        assert not key or key in values[part]


def test_the_default_comes_first_and_names_are_given_once() -> None:
    assert [protocol.name for protocol in JHMDB_PROTOCOLS] == [
        "stt",
        "stt-d4",
        "crw",
        "uvc",
        "vfs",
        "cropmae",
        "strict",
    ]
    assert [protocol.name for protocol in BADJA_PROTOCOLS] == ["stt"]


def test_the_hashes_of_the_presets_are_these() -> None:
    assert {f"{protocol.task} {protocol.name}": protocol.hash for protocol in PROTOCOLS} == {
        "jhmdb stt": "d310e79a5051",
        "jhmdb stt-d4": "3d7ef3d71439",
        "jhmdb crw": "ea1b87e9f20e",
        "jhmdb uvc": "9f0db29c7587",
        "jhmdb vfs": "c614aaa7b2b0",
        "jhmdb cropmae": "961da58d5b26",
        "jhmdb strict": "295d1e17bcf1",
        "badja stt": "74ebf178c1ae",
    }


def test_strict_differs_from_stt_in_the_scoring_alone() -> None:
    changed = {part for part in STT.values() if STT.values()[part] != STRICT.values()[part]}
    assert changed == {"scoring"}
    assert STRICT.scoring_hash != STT.scoring_hash
    assert STRICT.hash != STT.hash


def test_settings_reach_points_and_scoring() -> None:
    changed = CRW.with_settings({"readout_topk": "5", "points.sigma": "1", "scoring.skip_first": "0"})
    assert (changed.points.readout_topk, changed.points.sigma, changed.scoring.skip_first) == (5, 1.0, 0)
    assert changed.hash != CRW.hash


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("skip_first=-1", "at least 0"),
        ("box_share=0", "above 0"),
        ("sigma=0", "above 0"),
        ("readout_topk=0", "at least 1"),
        ("counted=all", "--set counted=all does not fit"),
    ],
)
def test_a_rule_refuses_what_it_cannot_compute(setting: str, message: str) -> None:
    key, _, value = setting.partition("=")
    with pytest.raises(SettingError, match=message):
        CRW.with_settings({key: value})


def test_a_protocol_of_points_has_no_rule_for_masks() -> None:
    with pytest.raises(ProtocolError, match="protocol crw for jhmdb has no MaskRule"):
        CRW.part(MaskRule)
