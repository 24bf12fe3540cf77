"""The clips of the JHMDB reader: frames, joints, what is cut, and what is wrong with broken ones."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from corrbench.errors import DataError
from corrbench_datasets.jhmdb import Jhmdb, jhmdb

ACTION, CLIP = "brush_hair", "April_09_brush_hair_u_nm_np1_ba_goo_0"
WIDTH, HEIGHT = 320, 240


def joints(frames: int = 3) -> NDArray[np.float64]:
    """pos_img, (2, 15, n): joint j of frame k at x = 10 j + k + 1 and y = 5 j + 1, counted from 1."""
    positions = np.zeros((2, 15, frames))
    positions[0] = 10 * np.arange(15)[:, None] + np.arange(frames) + 1
    positions[1] = 5 * np.arange(15)[:, None] + 1
    return positions


def world(pos_img: NDArray[np.float64], scale: float = 1.25) -> dict[str, NDArray[np.float64]]:
    """pos_world and scale as the release holds them beside pos_img."""
    x, y = pos_img
    return {
        "pos_world": np.stack([(x / WIDTH - 0.5) * WIDTH / HEIGHT / scale, (y / HEIGHT - 0.5) / scale]),
        "scale": np.full((1, pos_img.shape[2]), scale),
    }


def write(root: Path, pos_img: Any, frames: Iterable[int] = (1, 2, 3), **others: Any) -> Path:
    """A data set of one clip."""
    images = root / "Rename_Images" / ACTION / CLIP
    images.mkdir(parents=True)
    for number in frames:
        Image.new("RGB", (WIDTH, HEIGHT), (number, 0, 0)).save(images / f"{number:05d}.png")
    positions = root / "joint_positions" / ACTION / CLIP
    positions.mkdir(parents=True)
    savemat(positions / "joint_positions.mat", {"pos_img": pos_img, "viewpoint": "S", **others})
    (root / "splits").mkdir()
    (root / "splits" / f"{ACTION}_test_split1.txt").write_text(f"{CLIP}.avi 2\n")
    return root


def make(root: Path, *settings: Any, **others: Any) -> Jhmdb:
    return jhmdb(write(root, *settings, **others))


def refusal(data: Jhmdb) -> str:
    with pytest.raises(DataError) as caught:
        data.video(CLIP)
    message = str(caught.value)
    assert "\n" not in message
    return message


# Clips


def test_a_clip_has_frames_and_fifteen_joints_counted_from_0(tmp_path: Path) -> None:
    data = make(tmp_path, joints())
    assert data.sequences == (CLIP,)
    video = data.video(CLIP)
    assert (len(video), video.stems) == (3, ("00001", "00002", "00003"))
    assert video.frames[1].shape == (3, 240, 320)
    assert video.frames[1][:, 0, 0].tolist() == [2, 0, 0]
    label = video.labels[2]
    assert label is not None
    assert label.positions.dtype == torch.float64
    assert label.positions[4].tolist() == [42, 20]
    assert label.visible.all()
    assert label.scale is None


def test_the_joints_are_named_in_the_order_of_the_release(tmp_path: Path) -> None:
    label = make(tmp_path, joints()).video(CLIP).labels[0]
    assert label is not None
    assert label.names == (
        "neck", "belly", "face", "right_shoulder", "left_shoulder", "right_hip", "left_hip", "right_elbow",
        "left_elbow", "right_knee", "left_knee", "right_wrist", "left_wrist", "right_ankle", "left_ankle",
    )  # fmt: skip


def test_joints_outside_of_the_frame_are_invisible_and_keep_their_places(tmp_path: Path) -> None:
    positions = joints(1)
    positions[:, :6, 0] = [[0.5, 0.4, 320.4, 320.5, -7, 9], [9, 9, 240.4, 9, 9, 240.5]]
    label = make(tmp_path, positions).video(CLIP).labels[0]
    assert label is not None
    assert label.visible[:6].tolist() == [True, False, True, False, False, False]
    assert label.positions[:5].tolist() == [[-0.5, 8], [-0.6, 8], [319.4, 239.4], [319.5, 8], [-8, 8]]


def test_frames_without_annotation_at_the_end_are_cut(tmp_path: Path) -> None:
    video = make(tmp_path, joints(2), frames=range(1, 6)).video(CLIP)
    assert (len(video.frames), len(video.labels), video.stems) == (2, 2, ("00001", "00002"))


def test_a_clip_of_one_frame_may_lack_the_last_axis(tmp_path: Path) -> None:
    label = make(tmp_path, joints(1)[..., 0]).video(CLIP).labels[0]
    assert label is not None
    assert label.positions[3].tolist() == [30, 15]


def test_the_first_frames_of_a_clip_are_a_clip(tmp_path: Path) -> None:
    video = make(tmp_path, joints()).video(CLIP).first(2)
    assert (len(video.frames), len(video.labels)) == (2, 2)


def test_the_joints_of_the_release_agree_with_pos_world(tmp_path: Path) -> None:
    label = make(tmp_path, joints(), **world(joints())).video(CLIP).labels[0]
    assert label is not None
    assert label.positions[1].tolist() == [10, 5]


def test_joints_that_count_from_0_are_read_when_asked_for(tmp_path: Path) -> None:
    root = write(tmp_path, joints() - 1, **world(joints()))
    label = jhmdb(root, zero_based=True).video(CLIP).labels[0]
    assert label is not None
    assert label.positions[1].tolist() == [10, 5]


# Identity


def test_one_clip_is_not_complete(tmp_path: Path) -> None:
    identity = make(tmp_path, joints()).identity((CLIP,))
    assert (identity.name, identity.split, identity.complete) == ("jhmdb", "test1", False)


def test_the_hash_follows_the_joints_and_the_annotated_frames(tmp_path: Path) -> None:
    def hashed(name: str, positions: NDArray[np.float64], frames: Iterable[int] = (1, 2, 3)) -> str:
        return make(tmp_path / name, positions, frames).identity((CLIP,)).hash

    before = hashed("one", joints())
    assert len(before) == 12
    assert hashed("same", joints()) == before
    assert hashed("longer", joints(), frames=range(1, 9)) == before
    assert hashed("moved", joints() + 1e-9) != before
    assert hashed("shorter", joints(2)) != before


def test_joints_taken_as_they_stand_are_another_data_set(tmp_path: Path) -> None:
    root = write(tmp_path, joints())
    assert jhmdb(root).identity((CLIP,)).hash != jhmdb(root, zero_based=True).identity((CLIP,)).hash


# Broken clips


def test_fewer_frames_than_annotations_are_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, joints(4)))
    assert f"{CLIP}: 3 frames, but {tmp_path}/joint_positions/{ACTION}/{CLIP}/joint_positions.mat has joints" in message
    assert "joints for 4; copy the frames again" in message


def test_a_missing_frame_is_refused_before_joints_go_astray(tmp_path: Path) -> None:
    assert f"{CLIP}: missing frames: 2; copy" in refusal(make(tmp_path / "a", joints(2), frames=(1, 3)))
    message = refusal(make(tmp_path / "b", joints(2), frames=(2, 3)))
    assert f"{CLIP}: the first frame is 00002.png, and would be given the joints of 00001; copy" in message


@pytest.mark.parametrize(
    ("pos_img", "found"),
    [
        (np.zeros((15, 2, 3)), r"\(15, 2, 3\) and the type float64"),
        (np.zeros((2, 14, 3)), r"\(2, 14, 3\)"),
        (np.zeros((2, 15, 0)), r"\(2, 15, 0\)"),
        ("text", r"\(1,\) and the type <U4"),
    ],
)
def test_joints_of_another_shape_are_refused(pos_img: Any, found: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"joint_positions.mat: pos_img has the shape {found}.*, expected numbers"):
        make(tmp_path, pos_img).video(CLIP)


def test_joints_that_are_no_number_are_named(tmp_path: Path) -> None:
    positions = joints()
    positions[1, 14, 2] = np.nan
    positions[0, 3, 1] = np.inf
    message = refusal(make(tmp_path, positions))
    assert "pos_img is not finite for the right_shoulder in frame 2, and in 1 more places; copy" in message


def test_joints_that_count_from_0_are_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path, joints() - 1, **world(joints())))
    assert "joint_positions.mat: pos_img lies 1 pixel above and left of the same joints in pos_world" in message
    assert "restore the original file, or read all with zero_based=true" in message


def test_a_file_without_joints_is_refused(tmp_path: Path) -> None:
    data = make(tmp_path, joints())
    file = tmp_path / "joint_positions" / ACTION / CLIP / "joint_positions.mat"
    savemat(file, {"pos_world": joints()})
    assert f"{file}: it holds no pos_img; give" in refusal(data)


@pytest.mark.parametrize("content", [b"", b"no MATLAB file", b"\0" * 200])
def test_a_damaged_file_of_joints_is_refused(content: bytes, tmp_path: Path) -> None:
    data = make(tmp_path, joints())
    file = tmp_path / "joint_positions" / ACTION / CLIP / "joint_positions.mat"
    file.write_bytes(content)
    assert f"{file}: not a readable MATLAB file (" in refusal(data)


def test_a_truncated_file_of_joints_is_refused(tmp_path: Path) -> None:
    data = make(tmp_path, joints())
    file = tmp_path / "joint_positions" / ACTION / CLIP / "joint_positions.mat"
    file.write_bytes(file.read_bytes()[:300])
    assert f"{file}: not a readable MATLAB file (" in refusal(data)


def test_a_frame_of_another_size_is_refused_when_read(tmp_path: Path) -> None:
    video = make(tmp_path, joints()).video(CLIP)
    Image.new("RGB", (WIDTH, 200)).save(tmp_path / "Rename_Images" / ACTION / CLIP / "00003.png")
    with pytest.raises(DataError, match=r"00003.png: 200 x 320 pixels .* is 240 x 320"):
        video.frames[2]


def test_an_unknown_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no sequence 'April' in split 'test1' of JHMDB; there are April_09_brush"):
        make(tmp_path, joints()).video("April")
