"""The protocols for box tracking are data with sources and one hash each."""

import pytest

from corrbench.errors import SettingError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tracking import DCF, MASK, TRACKING_PROTOCOLS, XCORR
from corrbench.tracking.rules import DcfRule, MaskTrackerRule, SearchRule, XcorrRule

HASHES = {
    "mask": "972f92ec2355",
    "dcf": "f9c481c31fab",
    "xcorr": "1597e15cb761",
    "mask-pysot": "56183b129202",
    "dcf-pysot": "c029dbb6a708",
    "xcorr-pysot": "85212dfedb7b",
    "mask-got10k": "41f95078a6d2",
    "dcf-got10k": "28c91ae6d8d6",
    "xcorr-got10k": "db75e4178ffd",
}
EACH = pytest.mark.parametrize("protocol", TRACKING_PROTOCOLS, ids=lambda protocol: protocol.name)


def test_the_names_are_those_of_trackers_and_evaluators() -> None:
    names = [protocol.name for protocol in TRACKING_PROTOCOLS]
    trackers = ["mask", "dcf", "xcorr"]
    assert names == [f"{tracker}{evaluator}" for evaluator in ("", "-pysot", "-got10k") for tracker in trackers]
    assert {protocol.task for protocol in TRACKING_PROTOCOLS} == {"tracking"}


@EACH
def test_every_value_has_a_source(protocol: Protocol) -> None:
    for part, values in protocol.values().items():
        for key in values:
            assert len(protocol.source(part, key)) > 10


@EACH
def test_every_source_names_a_value_that_exists(protocol: Protocol) -> None:
    values = protocol.values()
    defaults = {"scoring": {"missing_rows"}}
    for place in protocol.sources:
        part, _, key = place.partition(".")
        assert not key or key in {*values[part], *defaults.get(part, ())}


def test_hashes_tell_trackers_and_evaluators_apart() -> None:
    assert len({protocol.hash for protocol in TRACKING_PROTOCOLS}) == 9
    assert len({protocol.scoring_hash for protocol in TRACKING_PROTOCOLS}) == 3


def test_the_hashes_of_the_presets_are_these() -> None:
    assert {protocol.name: protocol.hash for protocol in TRACKING_PROTOCOLS} == HASHES


def test_parts_are_found_by_their_type() -> None:
    assert MASK.part(MaskTrackerRule).search_factor == 4
    assert DCF.part(SearchRule) == DCF.part(DcfRule)
    assert XCORR.part(XcorrRule).scale_step == 1.0275


def test_settings_reach_tracker_and_scoring() -> None:
    changed = DCF.with_settings(
        {"search_factor": "3", "border_colour": "None", "size": "256", "success_rate_at": "0.7"}
    )
    assert (changed.tracker.search_factor, changed.tracker.border_colour) == (3, None)
    assert (changed.frames.size, changed.scoring.success_rate_at) == (256, 0.7)


def test_no_two_parts_share_a_key() -> None:
    for protocol in TRACKING_PROTOCOLS:
        keys = [key for values in protocol.values().values() for key in values]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("protocol", "setting"),
    [
        (MASK, "search_factor=1"),
        (MASK, "threshold=1.5"),
        (MASK, "size_memory=-0.1"),
        (MASK, "half_side=0"),
        (MASK, "least_scale=2"),
        (MASK, "most_scale=0.5"),
        (MASK, "most_scale=inf"),
        (DCF, "scales=2"),
        (DCF, "scales=-1"),
        (DCF, "scale_step=1"),
        (DCF, "least_pixels=0"),
        (DCF, "label_sigma=nan"),
        (DCF, "regularisation=0"),
        (DCF, "learning_rate=2"),
        (XCORR, "scale_penalty=2"),
    ],
)
def test_a_tracker_refuses_what_it_cannot_compute(protocol: Protocol, setting: str) -> None:
    key, _, value = setting.partition("=")
    with pytest.raises(SettingError, match=f"{key}=.* does not fit: it has to be"):
        protocol.with_settings({key: value})
