"""Masks to soft labels and back under TimeCycle's, MAST's and CropMAE's rules."""

from dataclasses import replace

import pytest
import torch

from corrbench.evaluation.features import network_size
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol
from corrbench.protocols.rules import MaskRule
from corrbench.tasks.davis import davis
from corrbench.tasks.masks import at_scored_size, to_channels, to_mask

MAST, TIMECYCLE, CROPMAE = (find_protocol(name, "davis") for name in ("mast", "timecycle", "cropmae"))


def rule(protocol: Protocol) -> MaskRule:
    assert protocol.masks is not None
    return protocol.masks


def test_an_object_of_eleven_pixels_has_no_channel_and_one_of_twelve_has() -> None:
    mask = torch.zeros(8, 8, dtype=torch.uint8)
    mask[0:2, 0:6] = 1
    mask[4, 0:8] = 2
    mask[5, 0:3] = 2
    assert to_channels(mask, (1, 1), (8, 8), rule(TIMECYCLE)).ids.tolist() == [0, 1]


def test_labels_of_mast_are_every_fourth_pixel() -> None:
    mask = torch.zeros(4, 10, dtype=torch.uint8)
    mask[:, 4:8] = 1
    assert to_channels(mask, (1, 3), (4, 10), rule(MAST)).soft[1].tolist() == [[0, 1, 0]]


def test_channels_of_timecycle_are_stretched_on_the_grid() -> None:
    """.4 of the object stretches to 1, and at the pixels between the cells only to what lies between the two."""
    soft = torch.tensor([[[0.9, 0.5]], [[0.1, 0.4]]])
    ids = torch.tensor([0, 1], dtype=torch.uint8)
    assert to_mask(soft, ids, (1, 4), (1, 4), rule(TIMECYCLE)).tolist() == [[0, 0, 1, 1]]
    plain = replace(rule(TIMECYCLE), output_norm="none")
    assert to_mask(soft, ids, (1, 4), (1, 4), plain).tolist() == [[0, 0, 0, 0]]


def test_frames_of_cropmae_are_480_by_880() -> None:
    assert network_size((1080, 1920), CROPMAE.frames) == (480, 880)


def test_cropmae_predicts_and_compares_at_480_by_880() -> None:
    truth = torch.zeros(48, 85, dtype=torch.uint8)
    truth[10:20, 10:20] = 1
    walk = davis().start(truth, (30, 55), (480, 880), CROPMAE)
    predicted = walk.predict(1, walk.first)
    assert predicted.shape == (480, 880)
    compared = at_scored_size(truth, CROPMAE.scoring)
    assert compared.shape == (480, 880)
    assert compared[105].nonzero().flatten()[[0, -1]].tolist() == pytest.approx([104, 206])  # 10 and 20 * 880 / 85
    assert at_scored_size(truth, MAST.scoring) is truth or torch.equal(at_scored_size(truth, MAST.scoring), truth)
