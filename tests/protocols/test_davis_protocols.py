"""The protocols for object masks: what tells each from its neighbours, and hashes that must never change."""

import pytest

from corrbench.protocols.davis import DAVIS_PROTOCOLS
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol


def changed(name: str, other: str) -> dict[str, object]:
    """The values of a protocol that differ from those of another, as part.field -> value."""
    one, two = flat(find_protocol(name, "davis")), flat(find_protocol(other, "davis"))
    return {place: value for place, value in one.items() if two.get(place) != value}


def flat(protocol: Protocol) -> dict[str, object]:
    return {f"{part}.{key}": value for part, values in protocol.values().items() for key, value in values.items()}


def test_the_hashes_of_the_presets_are_these() -> None:
    assert {protocol.name: protocol.hash for protocol in DAVIS_PROTOCOLS} == {
        "stt": "9d014d42e487",
        "stt-d4": "1fb4d67ab4e8",
        "crw": "4657f9dbcf55",
        "crw-320": "4ae3b315de1c",
        "unitrack": "4c18476c614d",
        "cropmae": "65b5ea65933e",
        "vfs": "d98672d463ca",
        "vfs-r50": "94b8078df022",
        "dino": "34e4ce35e482",
        "dift-sd": "8e2505caf275",
        "dift-adm": "179c0d628579",
        "uvc": "96adab5873c0",
        "uvc-track": "5feed6a804cf",
        "timecycle": "3160b5a098dd",
        "mast": "d50fcaa4035c",
        "mast-ref1": "040dd8d99891",
    }


@pytest.mark.parametrize(
    ("name", "other", "differences"),
    [
        ("unitrack", "crw", {"propagation.context": 5}),
        ("crw-320", "crw", {"propagation.temperature": 0.07, "frames.resize": "square", "frames.size": 320}),
        ("vfs-r50", "vfs", {"propagation.radius": 18}),
        ("dift-adm", "dift-sd", {"propagation.temperature": 0.1, "propagation.topk": 10}),
        ("mast-ref1", "mast", {}),  # an anchor less
        (
            "dift-sd",
            "dino",
            {
                "propagation.stride": 8,
                "propagation.temperature": 0.2,
                "propagation.context": 28,
                "propagation.radius": 15,
                "propagation.topk": 15,
                "frames.multiple": 32,
            },
        ),
        (
            "cropmae",
            "crw",
            {
                "propagation.stride": 16,
                "propagation.temperature": 0.7,
                "propagation.radius": 20,
                "propagation.topk": 7,
                "frames.resize": "rectangle",
                "frames.size": 480,
                "frames.width": 880,
                "scoring.truth_height": 480,
                "scoring.truth_width": 880,
            },
        ),
        (
            "uvc-track",
            "uvc",
            {
                "regions.first_margin": 0.6,
                "regions.expected_margin": 1.0,
                "regions.expected_bandwidth": 5,
                "regions.predicted_margin": 0.6,
                "regions.predicted_bandwidth": 20,
                "regions.kernel": 4,
                "regions.still": 0.1,
                "regions.half_side": 2,
                "regions.new_share": 0.1,
                "regions.least_mass": 3,
                "regions.least_side": 3,
            },
        ),
        (
            "uvc",
            "dino",
            {
                "propagation.stride": 8,
                "propagation.normalise": False,
                "propagation.temperature": 1.0,
                "propagation.first_frame": "unmasked",
                "propagation.neighbourhood": "everywhere",
                "propagation.radius": 1,
                "propagation.topk_scope": "per_frame",
                "propagation.weighting": "softmax_all",
            },
        ),
    ],
)
def test_a_protocol_differs_from_its_neighbour_in(name: str, other: str, differences: dict[str, object]) -> None:
    assert changed(name, other) == differences


def test_timecycle_multiplies_by_the_root_of_512() -> None:
    assert 1 / find_protocol("timecycle", "davis").propagation.temperature == pytest.approx(22.627417)


def test_names_are_different() -> None:
    names = [protocol.name for protocol in DAVIS_PROTOCOLS]
    assert len(set(names)) == len(names)
