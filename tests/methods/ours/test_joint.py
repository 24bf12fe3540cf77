"""Both stages at once: one trunk, two kinds of data."""

import torch

from corrbench_methods.ours.course import ours, ours_joint
from corrbench_methods.ours.joint import Joint, JointSettings


def recipe() -> Joint:
    return Joint(JointSettings(size=32), None, 0)


def batches(made: Joint) -> list[dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    found = []
    for feed in made.feeds:
        frames = torch.randint(0, 256, (2, 3, 48, 64), generator=generator, dtype=torch.uint8)
        items = [feed.prepare(frames[: 1 if feed.kind == "images" else 2], generator) for _ in range(4)]
        found.append({name: torch.stack([item[name] for item in items]) for name in items[0]})
    return found


def test_it_looks_at_images_and_at_videos() -> None:
    assert [feed.kind for feed in recipe().feeds] == ["images", "videos"]


def test_the_trunk_is_one_and_gets_gradients_from_both_losses() -> None:
    made = recipe()
    student = made.temporal.student
    assert student.layer2 is made.spatial.query.trunk.layer2
    images, pairs = batches(made)
    gradients = []
    for part, given in ((made.spatial, images), (made.temporal, pairs)):
        made.zero_grad()
        part([given], torch.Generator().manual_seed(0)).loss.backward()
        gradients.append(student.conv1.weight.grad.clone())
    made.zero_grad()
    made([images, pairs], torch.Generator().manual_seed(0)).loss.backward()
    assert all(one.abs().sum() > 0 for one in gradients)
    assert torch.isfinite(student.conv1.weight.grad).all()


def test_the_keys_move_and_the_trunk_is_handed_on_for_lab_without_a_pool() -> None:
    made = recipe()
    made.before_step(0, 1)
    outcome = made(batches(made), torch.Generator().manual_seed(0))
    made.after_step(0, 1)
    assert {"spatial_loss", "temporal_loss", "temporal_reconstruction_ratio_4"} <= set(outcome.monitors)
    assert "layer3.1.conv2.weight" in made.trunk_weights()
    assert (made.preprocessing["colour"], made.preprocessing["pool"]) == ("lab", "none")


def test_the_courses_give_each_stage_half_and_joint_training_as_many_frames_a_step() -> None:
    first, second = ours().stages
    (joint,) = ours_joint().stages
    assert [(stage.name, stage.share) for stage in ours().stages] == [("spatial", 0.5), ("temporal", 0.5)]
    frames = [
        stage.schedule.batch * sum(feed.frames_per_item for feed in stage.build(settings, None, 0).feeds)
        for stage, settings in (
            (first, first.settings()),
            (second, second.settings(global_weight=0)),
            (joint, joint.settings()),
        )
    ]
    assert frames == [32, 32, 32]
