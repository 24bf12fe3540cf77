"""The instances of body parts in VIP: images of ids, and text files that give each its class."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from corrbench.core.parts import PartLabel
from corrbench.errors import DataError
from corrbench_datasets.vip import Vip, vip

STEM = "000000000001"


def make(root: Path, text: str = "1 2\n2 13\n", row: tuple[int, ...] = (0, 1, 2, 2), wide: bool = False) -> Vip:
    """One video of one frame, 4 x 3 pixels, whose instances cover the columns as `row` says."""
    for folder in ("Images", "Annotations/Category_ids", "Annotations/Instance_ids", "lists"):
        (root / folder / ("" if folder == "lists" else "videos1")).mkdir(parents=True)
    Image.new("RGB", (4, 3)).save(root / f"Images/videos1/{STEM}.jpg")
    Image.new("L", (4, 3)).save(root / f"Annotations/Category_ids/videos1/{STEM}.png")
    pixels = np.array([row] * 3, dtype=np.uint16 if wide else np.uint8)
    Image.fromarray(pixels).save(root / f"Annotations/Instance_ids/videos1/{STEM}.png")
    (root / f"Annotations/Instance_ids/videos1/{STEM}.txt").write_text(text)
    (root / "lists/val_videos.txt").write_text("videos1\n")
    return vip(root)


def test_instances_have_pixels_and_classes(tmp_path: Path) -> None:
    instances = make(tmp_path).instances("videos1", 0)
    assert instances.pixels.tolist() == [[0, 1, 2, 2]] * 3
    assert (instances.ids.tolist(), instances.classes.tolist()) == ([1, 2], [2, 13])


def test_a_label_has_the_instances_of_its_frame_where_there_are_some(tmp_path: Path) -> None:
    data = make(tmp_path)
    label = data.video("videos1").labels[0]
    assert isinstance(label, PartLabel)
    assert label.classes.tolist() == [[0, 0, 0, 0]] * 3
    assert label.instances.pixels.tolist() == [[0, 1, 2, 2]] * 3
    (tmp_path / f"Annotations/Instance_ids/videos1/{STEM}.png").unlink()
    assert isinstance(data.video("videos1").labels[0], Tensor)


def test_an_instance_may_be_listed_twice_or_cover_nothing(tmp_path: Path) -> None:
    instances = make(tmp_path, "3 5\n1  2\r\n\n3 5\n").instances("videos1", 0)
    assert (instances.ids.tolist(), instances.classes.tolist()) == ([3, 1], [5, 2])


def test_a_frame_may_have_no_parts(tmp_path: Path) -> None:
    instances = make(tmp_path, "", (0, 0, 0, 0)).instances("videos1", 0)
    assert (instances.ids.shape, instances.classes.shape) == ((0,), (0,))


def test_an_id_of_255_is_an_instance(tmp_path: Path) -> None:
    instances = make(tmp_path, "255 19\n", (0, 255, 255, 0)).instances("videos1", 0)
    assert instances.pixels[0].tolist() == [0, 255, 255, 0]


def test_ids_may_have_16_bits(tmp_path: Path) -> None:
    instances = make(tmp_path, "300 19\n", (0, 300, 300, 0), wide=True).instances("videos1", 0)
    assert instances.pixels[0].tolist() == [0, 300, 300, 0]


def test_instances_may_lie_beside_the_images(tmp_path: Path) -> None:
    data = make(tmp_path)
    (tmp_path / "Annotations/Instance_ids").rename(tmp_path / "Instance_ids")
    assert data.instances("videos1", 0).ids.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 2\n2 20\n", "line 2: class 20, but parts are 1 to 19; correct it"),
        ("1 0\n", "line 1: class 0, but parts are 1 to 19"),
        ("1 2\n\n1 3\n", "line 3: instance 1 has class 3, before 2; keep one"),
        ("1\n", "line 1: '1' is not `instance_id part_class`, two whole numbers"),
        ("1 2 0.9\n", "line 1: '1 2 0.9' is not"),
        ("1 0.9\n", "line 1: '1 0.9' is not"),
        ("-1 2\n", "line 1: '-1 2' is not"),
        ("99999999999999999999 2\n", "is not `instance_id part_class`"),
    ],
)
def test_a_broken_list_of_instances_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(DataError) as caught:
        make(tmp_path, text).instances("videos1", 0)
    assert f"{STEM}.txt" in str(caught.value)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("ending", "why"), [("png", "no such file"), ("txt", "not readable")])
def test_a_missing_file_is_named(tmp_path: Path, ending: str, why: str) -> None:
    data = make(tmp_path)
    (tmp_path / f"Annotations/Instance_ids/videos1/{STEM}.{ending}").unlink()
    with pytest.raises(DataError, match=rf"Instance_ids/videos1/{STEM}\.{ending}: {why}"):
        data.instances("videos1", 0)


def test_data_without_instances_says_so_when_asked(tmp_path: Path) -> None:
    data = make(tmp_path)
    (tmp_path / "Annotations/Instance_ids").rename(tmp_path / "elsewhere")
    assert len(data.video("videos1")) == 1
    with pytest.raises(DataError, match=r"looked for Annotations/Instance_ids and Instance_ids, found Annotations, "):
        data.instances("videos1", 0)


def test_instances_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3 x 2 pixels \(height x width\), but the first frame, \S+, is 3 x 4"):
        make(tmp_path, "", (0, 0)).instances("videos1", 0)
