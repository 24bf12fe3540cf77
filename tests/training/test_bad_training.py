"""What a training is given that it cannot use."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from corrbench.errors import DataError, SettingError, TrainingError, WeightsError
from corrbench.training.listener import TrainingListener
from corrbench.training.train import Trained, train

Train = Callable[..., Trained]


class Notes(TrainingListener):
    """Keeps the notes."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, text: str) -> None:
        self.heard.append(text)


def test_a_folder_that_is_not_given_is_asked_for(run: Train) -> None:
    with pytest.raises(SettingError, match="looks at images, and no folder of them is given; give --images DIR"):
        run(images=None)


def test_what_a_later_stage_looks_at_is_asked_for_before_the_first_runs(images: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="stage temporal looks at videos, and no folder of them is given"):
        train("ours", images=images, output=tmp_path / "trained", steps=2)
    with pytest.raises(DataError, match="nowhere: no such folder; give a folder of videos"):
        train("ours", images=images, videos=tmp_path / "nowhere", output=tmp_path / "trained", steps=2)
    assert not (tmp_path / "trained").exists()


def test_a_folder_without_images_is_named(run: Train, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: looked for images"):
        run(images=tmp_path / "empty")


def test_videos_of_one_frame_are_skipped_and_counted(run: Train, videos: Path) -> None:
    for frame in list((videos / "clip0").iterdir())[1:]:
        frame.unlink()
    notes = Notes()
    run(stage="temporal", listener=notes)
    assert any("3 clips" in note and "fewer than 2 frames (1)" in note for note in notes.heard)


def test_videos_that_all_have_one_frame_are_refused(run: Train, videos: Path) -> None:
    for clip in videos.iterdir():
        for frame in list(clip.iterdir())[1:]:
            frame.unlink()
    with pytest.raises(DataError, match=r"fewer than 2 frames \(4\), the longest clip has 1"):
        run(stage="temporal")


def test_a_damaged_file_is_replaced_and_reported(run: Train, images: Path) -> None:
    (images / "3.png").write_bytes(b"no image")
    notes = Notes()
    run(stage="spatial", listener=notes)
    [said] = [note for note in notes.heard if "cannot be decoded" in note]
    assert said.startswith("spatial: 1 that cannot be decoded were replaced by others, such as 3.png: ")


def test_a_folder_of_damaged_files_is_refused(run: Train, images: Path) -> None:
    for image in images.iterdir():
        image.write_bytes(b"no image")
    with pytest.raises(DataError, match="of 6 images cannot be decoded"):
        run(stage="spatial")


def test_a_loss_that_is_no_number_stops_with_step_and_checkpoint(
    run: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_NAN", "4")
    message = r"tiny spatial: loss is nan in step 5; the last good checkpoint is .*spatial\.checkpoint\.pt, of step 3; "
    with pytest.raises(TrainingError, match=message):
        run(checkpoint_every=3)
    assert torch.load(tmp_path / "out/spatial.checkpoint.pt", weights_only=True)["steps"] == 3
    assert not (tmp_path / "out/spatial.safetensors").exists()


def test_a_loss_that_never_was_a_number_has_no_checkpoint(run: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_NAN", "0")
    with pytest.raises(TrainingError, match="loss is nan in step 1; no checkpoint was written; start anew"):
        run()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("trunk.safetensors", None, "No such file"),
        ("trunk.pth", b"no weights", "fetch it again"),
        ("trunk.safetensors", b"no weights", "fetch it again"),
    ],
)
def test_a_start_that_cannot_be_read_is_named(
    run: Train, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=rf"--init: weights .*{name}: .*{message}"):
        run(init=tmp_path / name)


def test_a_start_without_tensors_is_named(run: Train, tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "trunk.pth")
    with pytest.raises(WeightsError, match=r"--init: weights .*: no named tensors found in a dict"):
        run(init=tmp_path / "trunk.pth")


@pytest.mark.parametrize("option", ["checkpoint_every", "workers"])
def test_numbers_that_cannot_be_are_refused(run: Train, option: str) -> None:
    with pytest.raises(SettingError, match=f"--{option.replace('_', '-')}=-1 does not fit"):
        run(**{option: -1})


def test_a_name_that_is_no_course_gets_the_nearest(run: Train, tiny_module: object, tmp_path: Path) -> None:
    from corrbench.errors import PluginError
    from corrbench.training.train import train

    with pytest.raises(PluginError, match=r"corrbench\.courses: nothing is named 'tinny'; did you mean 'tiny'"):
        train("tinny", output=tmp_path)


def test_data_that_went_away_is_named(run: Train, images: Path) -> None:
    shutil.rmtree(images)
    with pytest.raises(DataError, match="images: no such folder; give a folder of images"):
        run()
