"""What the sample knows beside masks, as the labels of other tasks."""

import pytest
import torch

from corrbench.core.points import Points
from corrbench.errors import DataError
from corrbench_datasets.sample import sample


def test_the_pose_is_the_walkers_with_the_joints_of_jhmdb() -> None:
    dataset = sample(labels="pose")
    assert dataset.sequences == ("walker",)
    points = dataset.video("walker").labels[0]
    assert isinstance(points, Points)
    assert points.names[:3] == ("neck", "belly", "face")
    assert points.positions.shape == (15, 2)
    assert points.positions.dtype == torch.float64


def test_the_parts_are_classes_of_vip_and_lie_where_the_mask_is() -> None:
    parts, masks = sample(labels="parts").video("walker"), sample().video("walker")
    assert sample(labels="parts").sequences == ("walker",)
    assert set(parts.labels[3].unique().tolist()) <= {0, *range(1, 20)}
    assert torch.equal(parts.labels[3] > 0, masks.labels[3] > 0)


def test_each_part_of_the_walker_is_an_instance_of_its_class() -> None:
    dataset = sample(labels="instances")
    assert dataset.sequences == ("walker",)
    label = dataset.video("walker").labels[3]
    assert torch.equal(label.classes, sample(labels="parts").video("walker").labels[3])
    assert torch.equal(label.instances.pixels, label.classes.long())
    assert label.instances.ids.tolist() == label.instances.classes.tolist()
    assert 13 in label.instances.ids.tolist()  # the face


def test_every_video_has_the_box_of_its_first_object() -> None:
    dataset = sample(labels="boxes")
    assert dataset.sequences == ("walker", "twins", "pillar", "trio")
    x, y, width, height = dataset.video("twins").labels[0].tolist()
    rows, columns = (sample().video("twins").labels[0] == 1).nonzero(as_tuple=True)
    assert (x, y) == (int(columns.min()), int(rows.min()))
    assert (x + width - 1, y + height - 1) == (int(columns.max()), int(rows.max()))


def test_points_carry_the_root_of_the_area_of_the_objects() -> None:
    video = sample(labels="points").video("twins")
    points = video.labels[0]
    assert points.names[0] == "1.1"
    assert points.names[-1] == "2.7"
    assert points.scale == pytest.approx(int((sample().video("twins").labels[0] > 0).sum()) ** 0.5)


def test_a_kind_of_labels_that_a_sequence_lacks_is_refused() -> None:
    with pytest.raises(DataError, match=r"no sequence 'twins' with pose; choose from walker"):
        sample(labels="pose").video("twins")


def test_flow_leads_to_the_next_frame_and_the_last_frame_has_none() -> None:
    video = sample(labels="flow").video("twins")
    flow = video.labels[0]
    assert flow is not None
    assert flow.motion.shape == (480, 640, 2)
    assert flow.motion.dtype == torch.float32
    assert flow.visible.dtype == torch.bool
    assert video.labels[14] is None
