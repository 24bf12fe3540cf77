"""The protocols for points with occlusion: two ways to follow, two ways to ask."""

import pytest

from corrbench.errors import SettingError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.query_rules import TRACK_DISTANCES, QueryRule, TrackScoring
from corrbench.protocols.tapvid import TAPVID_PROTOCOLS

BY_NAME = {protocol.name: protocol for protocol in TAPVID_PROTOCOLS}
STT, CORRELATION = BY_NAME["stt"], BY_NAME["correlation"]


@pytest.mark.parametrize("protocol", TAPVID_PROTOCOLS, ids=lambda protocol: protocol.name)
def test_the_grid_has_64_cells_of_the_video_of_256_pixels_enlarged(protocol: Protocol) -> None:
    frames = protocol.frames
    assert (frames.shrink, frames.resize, frames.size, protocol.propagation.stride) == (256, "square", 512, 8)
    assert protocol.part(TrackScoring).raster == 256
    assert protocol.part(QueryRule).occlusion_threshold == 0.6


def test_the_hashes_of_the_presets_are_these() -> None:
    assert {name: protocol.hash for name, protocol in BY_NAME.items()} == {
        "stt": "ab2e2d0d69d1",
        "correlation": "ef7a75d2d7ca",
        "stt-strided": "c077d4ad8483",
        "correlation-strided": "95c32e315c42",
    }


def test_how_points_are_asked_for_is_a_rule_of_scoring_and_how_they_are_followed_is_not() -> None:
    assert STT.scoring_hash == CORRELATION.scoring_hash != BY_NAME["stt-strided"].scoring_hash
    assert STT.with_settings({"query_mode": "strided"}).hash == BY_NAME["stt-strided"].hash


def test_distances_are_powers_of_two_up_to_16_pixels() -> None:
    assert TRACK_DISTANCES == (1, 2, 4, 8, 16)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("query_step=0", "query_step=0 does not fit: it has to be at least 1"),
        ("raster=0", "raster=0 does not fit"),
        ("shrink=-1", "shrink=-1 does not fit"),
        ("occlusion_threshold=nan", "occlusion_threshold=nan does not fit: it has to be finite"),
        ("follow=flow", "--set follow=flow does not fit"),
    ],
)
def test_a_rule_refuses_what_it_cannot_compute(setting: str, message: str) -> None:
    key, _, value = setting.partition("=")
    with pytest.raises(SettingError, match=message):
        STT.with_settings({key: value})
