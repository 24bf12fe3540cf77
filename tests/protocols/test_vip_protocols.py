"""The protocols for body parts: sources, and what sets them apart from those for objects."""

import pytest
import torch

from corrbench.errors import SettingError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.vip import VIP_PROTOCOLS
from corrbench.tasks.masks import to_channels

BY_NAME = {protocol.name: protocol for protocol in VIP_PROTOCOLS}


@pytest.mark.parametrize("protocol", VIP_PROTOCOLS, ids=lambda protocol: protocol.name)
def test_every_value_has_a_source_and_every_source_a_value(protocol: Protocol) -> None:
    values = protocol.values()
    for part, fields in values.items():
        for key in fields:
            assert len(protocol.source(part, key)) > 10
    for place in protocol.sources:
        part, _, key = place.partition(".")
        assert part in values
        assert not key or key in values[part]


def test_names_and_hashes_are_each_one_protocols() -> None:
    assert list(BY_NAME) == ["stt", "stt-d4", "crw", "crw-label-bilinear", "vfs", "uvc", "cropmae"]
    assert len({protocol.hash for protocol in VIP_PROTOCOLS}) == len(VIP_PROTOCOLS)
    assert {protocol.task for protocol in VIP_PROTOCOLS} == {"vip"}
    assert {protocol.scoring_hash for protocol in VIP_PROTOCOLS} == {BY_NAME["stt"].scoring_hash}


def test_frames_are_squares_of_560_pixels_and_frame_0_counts() -> None:
    sizes = {protocol.name: (protocol.frames.resize, protocol.frames.size) for protocol in VIP_PROTOCOLS}
    assert sizes.pop("cropmae") == ("square", 880)
    assert set(sizes.values()) == {("square", 560)}
    assert all(protocol.scoring.include_first and protocol.scoring.classes == 20 for protocol in VIP_PROTOCOLS)


def test_what_is_looked_back_at_is_what_the_commands_say() -> None:
    looked = {
        name: (p.propagation.context, p.propagation.stride, p.propagation.radius, p.propagation.topk)
        for name, p in BY_NAME.items()
    }
    assert looked == {
        "stt": (20, 8, 16, 10),
        "stt-d4": (20, 4, 35, 10),
        "crw": (4, 8, 12, 10),
        "crw-label-bilinear": (4, 8, 12, 10),
        "vfs": (20, 8, 12, 10),
        "uvc": (1, 8, 1, 5),
        "cropmae": (20, 16, 20, 10),
    }


def test_ids_resized_bilinearly_give_classes_that_nobody_annotated() -> None:
    mask = torch.tensor([[0, 10]], dtype=torch.uint8)
    true, mistaken = BY_NAME["crw"].masks, BY_NAME["crw-label-bilinear"].masks
    assert true is not None
    assert mistaken is not None
    assert to_channels(mask, (1, 4), (1, 4), true).ids.tolist() == [0, 10]
    assert to_channels(mask, (1, 4), (1, 4), mistaken).ids.tolist() == [0, 3, 8, 10]  # 0, 2.5, 7.5, 10, rounded


def test_nearest_ids_are_those_under_the_corner_of_a_pixel_as_cv2_takes_them() -> None:
    mask = torch.arange(4, dtype=torch.uint8)[None]
    rule = BY_NAME["crw"].masks
    assert rule is not None
    assert to_channels(mask, (1, 2), (1, 2), rule).ids.tolist() == [0, 2]


def test_scoring_can_be_changed_and_is_checked() -> None:
    later = BY_NAME["stt"].with_settings({"include_first": "false"})
    assert later.title == "stt (include_first=False)"
    assert later.scoring_hash != BY_NAME["stt"].scoring_hash
    with pytest.raises(SettingError, match="has to be 1 to 255"):
        BY_NAME["stt"].with_settings({"classes": "0"})
