"""The BADJA reader: joints marked in a few frames, carried to the frames of DAVIS at any resolution."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.core.points import Points
from corrbench.errors import DataError
from corrbench_datasets.badja import Badja, badja
from corrbench_datasets.badja_joints import JOINTS

WIDTH, HEIGHT = 192, 108  # a tenth of the images that were annotated
FULL = "DAVIS/{half}/Full-Resolution/{name}/{stem}.{ending}"


def entry(stem: str, joints: Mapping[int, tuple[float, float]], name: str = "dog") -> dict[str, Any]:
    """An entry of a JSON file: the visible joints as (row, column) at 1920 x 1080, the others at (0, 0)."""
    return {
        "segmentation_path": FULL.format(half="Annotations", name=name, stem=stem, ending="png"),
        "image_path": FULL.format(half="JPEGImages", name=name, stem=stem, ending="jpg"),
        "visibility": [number in joints for number in range(37)],
        "joints": [list(joints.get(number, (0, 0))) for number in range(37)],
    }


def write_joints(root: Path, entries: Iterable[Any], name: str = "dog") -> None:
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{name}.json").write_text(json.dumps(list(entries)))


def write_davis(
    root: Path,
    frames: int = 5,
    name: str = "dog",
    size: tuple[int, int] = (WIDTH, HEIGHT),
    ids: tuple[int, ...] = (1, 2, 255, 0),
) -> None:
    """Frames and masks of 16 rows a object id, one below the other, 25 columns wide."""
    for half in ("JPEGImages", "Annotations"):
        (root / half / "480p" / name).mkdir(parents=True)
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    for at, number in enumerate(ids):
        mask[16 * at : 16 * at + 16, :25] = number
    image = Image.fromarray(mask)
    image.putpalette(bytes(range(256)) * 3)
    for index in range(frames):
        Image.new("RGB", size, (index, 0, 0)).save(root / "JPEGImages/480p" / name / f"{index:05d}.jpg", quality=100)
        image.save(root / "Annotations/480p" / name / f"{index:05d}.png")


def make(root: Path, *entries: Any, frames: int = 5) -> Badja:
    """The layout of the release, with frames of 480p."""
    write_joints(root / "joint_annotations", entries)
    write_davis(root / "DAVIS", frames)
    return badja(root)


def refusal(root: Path, *entries: Any) -> str:
    with pytest.raises(DataError) as caught:
        make(root, *entries).video("dog")
    message = str(caught.value)
    assert "\n" not in message
    return message


def label(data: Badja, index: int, name: str = "dog") -> Points:
    points = data.video(name).labels[index]
    assert points is not None
    return points


# Videos


def test_a_video_starts_at_the_first_marked_frame_and_has_all_later_ones(tmp_path: Path) -> None:
    video = make(tmp_path, entry("00003", {8: (0, 0)}), entry("00001", {8: (0, 0)})).video("dog")
    assert video.stems == ("00001", "00002", "00003", "00004")
    assert [points is not None for points in video.labels] == [True, False, True, False]
    assert video.frames[0].shape == (3, 108, 192)
    assert abs(int(video.frames[3][0, 0, 0]) - 4) <= 1
    assert len(video.first(2).labels) == 2


def test_joints_are_row_and_column_and_become_x_and_y_of_the_frame(tmp_path: Path) -> None:
    points = label(make(tmp_path, entry("00000", {8: (604.5, 1204.5), 36: (-0.5, 1919.5)})), 0)
    assert points.positions.dtype == torch.float64
    assert points.positions[8].tolist() == pytest.approx([120, 60])
    assert points.positions[36].tolist() == pytest.approx([191.5, -0.5])
    assert points.names == JOINTS
    assert points.visible.nonzero().flatten().tolist() == [8, 36]


def test_a_joint_marked_visible_outside_of_the_frame_stays_visible(tmp_path: Path) -> None:
    points = label(make(tmp_path, entry("00000", {8: (5, 5), 9: (5, 6), 35: (-70.5, 1174.5)})), 0)
    assert bool(points.visible[35])
    assert points.positions[35].tolist() == pytest.approx([117, -7.5])


def test_the_scale_is_the_root_of_the_area_of_all_objects_without_void(tmp_path: Path) -> None:
    points = label(make(tmp_path, entry("00000", {8: (0, 0)})), 0)
    assert points.scale == pytest.approx((2 * 16 * 25) ** 0.5)


def test_frames_of_the_annotated_size_need_no_scaling(tmp_path: Path) -> None:
    write_joints(tmp_path / "joint_annotations", [entry("00000", {8: (60, 120)})])
    write_davis(tmp_path / "DAVIS", 1, size=(WIDTH, HEIGHT))
    original = tmp_path / "DAVIS/JPEGImages/Full-Resolution/dog"
    original.mkdir(parents=True)
    Image.new("RGB", (WIDTH, HEIGHT)).save(original / "00000.jpg")
    assert label(badja(tmp_path), 0).positions[8].tolist() == [120, 60]


def test_another_resolution_can_be_asked_for(tmp_path: Path) -> None:
    make(tmp_path, entry("00000", {8: (604.5, 1204.5)}))
    for half in ("JPEGImages", "Annotations"):
        (tmp_path / "DAVIS" / half / "480p").rename(tmp_path / "DAVIS" / half / "240p")
    assert len(badja(tmp_path, resolution="240p").video("dog")) == 5
    with pytest.raises(DataError, match="no resolution '480p'"):
        badja(tmp_path, davis=tmp_path / "DAVIS", resolution="480p")


def test_frames_before_the_first_visible_joint_are_passed_over(tmp_path: Path) -> None:
    data = make(tmp_path, entry("00000", {}), entry("00002", {8: (0, 0)}), entry("00003", {}))
    assert data.video("dog").stems == ("00002", "00003", "00004")
    assert not label(data, 1).visible.any()


# Where joints and frames are


@pytest.mark.parametrize("place", ["data/BADJA/DAVIS", "data/BADJA", "data/DAVIS", "data/BADJA/DAVIS-2017/DAVIS"])
def test_frames_are_found_in_the_folder_and_beside_it(place: str, tmp_path: Path) -> None:
    write_joints(tmp_path / "data/BADJA/joint_annotations", [entry("00000", {8: (0, 0)})])
    write_davis(tmp_path / place)
    for given in ("data/BADJA", "data/BADJA/joint_annotations"):
        assert badja(tmp_path / given).sequences == ("dog",)


def test_frames_are_read_from_where_they_are_said_to_be(tmp_path: Path) -> None:
    write_joints(tmp_path / "joints", [entry("00000", {8: (0, 0)})])
    write_davis(tmp_path / "elsewhere/videos/DAVIS")
    assert badja(tmp_path / "joints", davis=tmp_path / "elsewhere/videos").sequences == ("dog",)


def test_files_without_frames_and_of_other_videos_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "joint_annotations"
    write_joints(folder, [entry("00000", {8: (0, 0)}, "cows")], "cows")
    other = {**entry("0000", {8: (0, 0)}), "image_path": "extra_videos/dog/rgb/0000.png"}
    write_joints(folder, [other], "rs_dog")
    assert make(tmp_path, entry("00000", {8: (0, 0)})).sequences == ("dog",)


def test_no_frames_of_any_sequence_are_refused(tmp_path: Path) -> None:
    write_joints(tmp_path / "joint_annotations", [entry("00000", {8: (0, 0)}, "cows")], "cows")
    write_davis(tmp_path / "DAVIS")
    with pytest.raises(DataError, match=r"none of cows has frames in \S+/480p, which holds dog; give .* davis="):
        badja(tmp_path)


def test_no_davis_is_refused(tmp_path: Path) -> None:
    write_joints(tmp_path / "a/b/joint_annotations", [entry("00000", {8: (0, 0)})])
    with pytest.raises(DataError, match=r"a/b: no DAVIS in it, and none to be found beside it .* 'badja\?davis=DIR'"):
        badja(tmp_path / "a/b")


def test_no_joints_are_refused(tmp_path: Path) -> None:
    write_davis(tmp_path)
    with pytest.raises(DataError, match=r"looked for joint_annotations, or the files bear.json to horsejump-low.json"):
        badja(tmp_path)


# Identity


def test_the_seven_sequences_of_davis_are_complete(tmp_path: Path) -> None:
    names = ("bear", "camel", "cows", "dog", "dog-agility", "horsejump-high", "horsejump-low")
    for name in names:
        write_joints(tmp_path / "joint_annotations", [entry("00000", {8: (0, 0)}, name)], name)
        write_davis(tmp_path / "DAVIS", 1, name)
    data = badja(tmp_path)
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.sequences, identity.complete) == ("badja", "test", names, True)
    assert not data.identity(names[1:]).complete


def test_the_hash_follows_joints_frames_and_masks_of_marked_frames(tmp_path: Path) -> None:
    before = make(tmp_path / "one", entry("00001", {8: (0, 0)})).identity(("dog",)).hash
    assert len(before) == 12
    assert make(tmp_path / "same", entry("00001", {8: (0, 0)})).identity(("dog",)).hash == before
    assert make(tmp_path / "moved", entry("00001", {8: (0, 1)})).identity(("dog",)).hash != before
    assert make(tmp_path / "seen", entry("00001", {9: (0, 0)})).identity(("dog",)).hash != before
    for number, changes in ((0, False), (1, True), (2, False)):  # of which 1 is marked
        data = make(tmp_path / f"mask {number}", entry("00001", {8: (0, 0)}))
        Image.new("L", (WIDTH, HEIGHT), 1).save(data.layout.masks / f"dog/0000{number}.png")
        assert (data.identity(("dog",)).hash != before) is changes


# Broken data


def test_a_marked_frame_that_is_not_there_is_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, entry("00000", {8: (0, 0)}), entry("00007", {8: (0, 0)}))
    assert "dog.json: 1 of 2 marked frames have no frames in " in message
    assert "480p/dog: 00007; copy the frames again" in message


def test_a_marked_frame_without_mask_is_named(tmp_path: Path) -> None:
    data = make(tmp_path, entry("00000", {8: (0, 0)}), entry("00002", {8: (0, 0)}))
    (data.layout.masks / "dog/00002.png").unlink()
    with pytest.raises(DataError, match=r"1 of 2 marked frames have no masks in \S+/Annotations/480p/dog: 00002;"):
        data.video("dog")


def test_an_empty_mask_is_refused_when_read(tmp_path: Path) -> None:
    data = make(tmp_path, entry("00000", {8: (0, 0)}))
    Image.new("L", (WIDTH, HEIGHT)).save(data.layout.masks / "dog/00000.png")
    with pytest.raises(DataError, match=r"dog/00000.png: an empty mask, but errors are divided by the root"):
        label(data, 0)


def test_a_mask_of_another_size_is_refused_when_read(tmp_path: Path) -> None:
    data = make(tmp_path, entry("00000", {8: (0, 0)}))
    Image.new("L", (WIDTH, 100), 1).save(data.layout.masks / "dog/00000.png")
    with pytest.raises(DataError, match=r"dog/00000.png: 100 x 192 pixels .* is 108 x 192"):
        label(data, 0)


def test_frames_of_another_shape_than_the_annotated_ones_are_refused(tmp_path: Path) -> None:
    write_joints(tmp_path / "joint_annotations", [entry("00000", {8: (0, 0)})])
    write_davis(tmp_path / "DAVIS", size=(160, 120))
    with pytest.raises(DataError, match=r"480p/dog are 160 x 120 \(width x height\), the annotated ones 1920 x 1080"):
        badja(tmp_path).video("dog")


def test_joints_that_are_column_and_row_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, entry("00000", {8: (1500, 300), 9: (1700, 310), 10: (900, 300)}))
    assert "2 of 3 visible joints lie outside of images of 1920 x 1080 (width x height)" in message
    assert "joints have to be (row, column) in pixels of DAVIS/JPEGImages/Full-Resolution/dog/00000.jpg" in message


def test_an_unknown_sequence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="joint_annotations: no sequence 'cat' in BADJA; there are dog"):
        make(tmp_path, entry("00000", {8: (0, 0)})).video("cat")


# Real joints


@pytest.mark.data
def test_two_real_sequences_are_read_with_the_frames_beside_them(data: Path) -> None:
    reader = badja(data / "badja")
    assert reader.sequences == ("camel", "horsejump-high")
    assert not reader.identity(reader.sequences).complete
    camel, horse = (reader.video(name) for name in reader.sequences)
    assert (len(camel), camel.stems[0], len(horse), horse.stems[0]) == (88, "00002", 50, "00000")
    marked = [stem for stem, points in zip(horse.stems, horse.labels, strict=True) if points is not None]
    assert marked == ["00000", "00002", "00007", "00008", "00018", "00026", "00036", "00039", "00047", "00049"]
    assert sum(points is not None for points in camel.labels) == 18
    points = label(reader, 0, "camel")
    assert int(points.visible.sum()) == 20
    assert points.positions[8].tolist() == pytest.approx([1256.5 * 854 / 1920 - 0.5, 612.5 * 480 / 1080 - 0.5])
    assert bool(label(reader, 0, "horsejump-high").visible[34])


@pytest.mark.data
def test_most_real_joints_lie_on_the_animal(data: Path) -> None:
    reader = badja(data / "badja", davis=data / "davis16")
    for name in reader.sequences:
        on, count = 0, 0
        for stem, points in zip(reader.video(name).stems, reader.video(name).labels, strict=True):
            if points is not None:
                mask = np.array(Image.open(data / "davis16/Annotations/480p" / name / f"{stem}.png")) > 0
                columns, rows = points.positions[points.visible].round().long().T
                on, count = on + int(mask[rows, columns].sum()), count + len(rows)
        assert on > 0.85 * count
