"""Labels inside boxes that follow the objects: a 4 x 4 object on 16 x 16 cells, each with a code of its own."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from corrbench.errors import SettingError
from corrbench.propagation.chunks import Chunks
from corrbench.propagation.localised import Regions
from corrbench.propagation.propagate import propagate
from corrbench.protocols.davis import UVC_TRACK
from corrbench.tasks.davis import MaskTask

RULE = UVC_TRACK.propagation
assert UVC_TRACK.regions is not None
REGION_RULE = UVC_TRACK.regions
CODES = 6 * torch.eye(256 + 16)  # of the 256 places and of the 16 cells of the object
Place = tuple[int, int]


def frame(at: Place, twin: Place | None = None) -> Tensor:
    """Features (272, 16, 16) of a background and an object whose first cell is `at`; a twin looks nearly alike."""
    features = CODES[:256].t().reshape(-1, 16, 16).clone()
    for place, strength in ((twin, 0.8), (at, 1.0)):
        if place is not None:
            row, column = place
            features[:, row : row + 4, column : column + 4] = strength * CODES[256:].t().reshape(-1, 4, 4)
    return features


def truth(at: Place) -> Tensor:
    """The mask (128, 128) of the object."""
    mask = torch.zeros(128, 128, dtype=torch.uint8)
    mask[8 * at[0] : 8 * at[0] + 32, 8 * at[1] : 8 * at[1] + 32] = 1
    return mask


def object_channel(*frames: Tensor, rule=RULE, regions=REGION_RULE, at: Place = (4, 4), **more: object) -> list[Tensor]:
    """The soft label (16, 16) of the object in each frame; of all frames everywhere where there are no regions."""
    cells = truth(at)[::8, ::8]
    first = torch.stack([1 - cells, cells]).float()
    tracked = None if regions is None else Regions(regions, truth(at))
    return [soft[1] for soft in propagate(frames, first, rule, regions=tracked, **more)]


def inside(soft: Tensor, at: Place) -> float:
    """The mean of a map over the cells of an object."""
    return soft[at[0] : at[0] + 4, at[1] : at[1] + 4].mean().item()


def test_a_twin_outside_the_box_gets_no_label() -> None:
    frames = frame((4, 4)), frame((5, 6), twin=(12, 12))
    _, everywhere = object_channel(*frames, regions=None)
    _, tracked = object_channel(*frames)
    assert (inside(everywhere, (5, 6)), inside(everywhere, (12, 12))) == pytest.approx((1, 1), abs=1e-3)
    assert (inside(tracked, (5, 6)), inside(tracked, (12, 12))) == pytest.approx((1, 0), abs=1e-3)


def test_an_object_that_leaves_the_plain_window_is_followed_by_its_box() -> None:
    frames = frame((4, 4)), frame((10, 4)), frame((10, 11))
    window = replace(RULE, first_frame="masked", neighbourhood="square", radius=2)
    plain, tracked = object_channel(*frames, rule=window, regions=None), object_channel(*frames)
    assert [inside(plain[1], (10, 4)), inside(plain[2], (10, 11))] == pytest.approx([0, 0], abs=1e-3)
    assert [inside(tracked[1], (10, 4)), inside(tracked[2], (10, 11))] == pytest.approx([1, 1], abs=1e-3)


def test_in_masks_the_twin_is_background() -> None:
    protocols = {"uvc": replace(UVC_TRACK, regions=None), "uvc-track": UVC_TRACK}
    found = {}
    for name, protocol in protocols.items():
        walk = MaskTask().start(truth((4, 4)), (16, 16), (128, 128), protocol)
        frames = frame((4, 4)), frame((5, 6), twin=(12, 12))
        *_, soft = propagate(frames, walk.first, RULE, 8, None, (128, 128), walk.regions)
        mask = walk.predict(1, soft)
        found[name] = [int(mask[8 * row + 16, 8 * column + 16]) for row, column in ((5, 6), (12, 12))]
    assert found == {"uvc": [1, 1], "uvc-track": [1, 0]}


def test_labels_come_from_everywhere_but_frame_0_where_a_box_is_too_small() -> None:
    frames = frame((4, 4)), frame((5, 6), twin=(12, 12)), frame((5, 6), twin=(12, 12))
    *_, large = object_channel(*frames)
    *_, small = object_channel(*frames, regions=replace(REGION_RULE, least_side=16))
    assert inside(large, (12, 12)) == pytest.approx(0, abs=1e-3)
    assert inside(small, (12, 12)) == pytest.approx(0.5, abs=0.01)  # all of frame 1's labels, none of frame 0's


def test_labels_come_from_everywhere_where_too_little_of_a_channel_is_left() -> None:
    frames = frame((4, 4)), frame((5, 6), twin=(12, 12)), frame((5, 6), twin=(12, 12))
    *_, little = object_channel(*frames, regions=replace(REGION_RULE, least_mass=17))
    assert inside(little, (12, 12)) == pytest.approx(0.5, abs=0.01)


def test_the_background_is_carried_as_without_boxes() -> None:
    frames = frame((4, 4)), frame((5, 6))
    cells = truth((4, 4))[::8, ::8]
    first = torch.stack([1 - cells, cells]).float()
    *_, tracked = propagate(frames, first, RULE, regions=Regions(REGION_RULE, truth((4, 4))))
    *_, everywhere = propagate(frames, first, RULE)
    assert torch.allclose(tracked[0], everywhere[0], atol=1e-6)


def test_an_object_without_a_box_gets_nothing_from_frame_0() -> None:
    cells = truth((4, 4))[::8, ::8]
    first = torch.stack([1 - cells, cells]).float()
    nowhere = Regions(REGION_RULE, torch.zeros(128, 128, dtype=torch.uint8))
    maps = list(propagate([frame((4, 4))] * 3, first, RULE, regions=nowhere))
    assert [float(soft[1].max()) for soft in maps] == [1, 0, 0]


def test_blocks_of_frames_do_not_change_the_labels() -> None:
    path = [(4, 4), (4, 5), (5, 5), (6, 6), (6, 7), (7, 8)]
    frames = [frame(at, twin=(12, 0)) for at in path]
    one, three = (object_channel(*frames, chunks=Chunks(queries=queries)) for queries in (1, 3))
    assert all(torch.equal(*pair) for pair in zip(one, three, strict=True))
    assert all(inside(soft, at) > 0.99 for soft, at in zip(one, path, strict=True))


def test_a_rule_with_a_neighbourhood_or_another_memory_is_refused() -> None:
    for changes in ({"neighbourhood": "disc"}, {"memory": "hard"}, {"topk_scope": "joint"}):
        with pytest.raises(SettingError, match="tracked regions need"):
            object_channel(frame((4, 4)), rule=replace(RULE, **changes))


def test_two_objects_get_the_labels_that_a_separate_program_works_out() -> None:
    """In frames 1 and 2 inside boxes; later, since little of object 2 is left, from everywhere but frame 0."""
    t, c, y, x = torch.meshgrid(*(torch.arange(float(n)) for n in (7, 6, 12, 16)), indexing="ij")
    features = 4 * torch.sin(0.2 * (c + 1) * (y - 0.2 * t) + 0.15 * (c + 2) * (x - 0.5 * t))  # (T, C, h, w)
    mask = torch.zeros(96, 128, dtype=torch.long)
    mask[16:56, 24:64] = 1
    mask[40:80, 80:112] = 2
    first = one_hot(mask[4::8, 4::8], 3).permute(2, 0, 1).float()
    found = torch.stack(list(propagate(features, first, RULE, regions=Regions(REGION_RULE, mask))))
    assert found[:, 1].mean((1, 2)).tolist() == pytest.approx(
        [0.130208, 0.085810, 0.062031, 0.074048, 0.074995, 0.077994, 0.078914], abs=1e-5
    )
    assert found[:, 2].mean((1, 2)).tolist() == pytest.approx(
        [0.104167, 0.050132, 0.039095, 0.020818, 0.015881, 0.014116, 0.013280], abs=1e-5
    )


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_same_labels() -> None:
    frames = torch.stack([frame((4, 4)), frame((5, 6), twin=(12, 12)), frame((6, 6))])
    cells = truth((4, 4))[::8, ::8]
    first = torch.stack([1 - cells, cells]).float()
    *_, here = propagate(frames, first, RULE, regions=Regions(REGION_RULE, truth((4, 4))))
    *_, there = propagate(frames.cuda(), first.cuda(), RULE, regions=Regions(REGION_RULE, truth((4, 4)).cuda()))
    assert torch.allclose(there.cpu(), here, atol=1e-5)
