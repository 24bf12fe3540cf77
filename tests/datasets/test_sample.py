"""The embedded sample on disk: its layout, its identity, and that it is whole or made anew."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from corrbench.errors import DataError, SettingError
from corrbench_datasets.sample import sample, sample_folder
from corrbench_datasets.sample.dataset import SampleDataset
from corrbench_datasets.sample.render import motion, render
from corrbench_datasets.sample.scenes import LEVELS, pillar
from corrbench_datasets.sample.store import is_whole
from corrbench_datasets.sample.truth import read_truth
from corrbench_datasets.sample.write import write_sample


@pytest.fixture
def folder() -> Path:
    return sample_folder(frames=3)


@pytest.fixture
def copy(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample of 3 frames in a cache of its own, to be damaged."""
    monkeypatch.setenv("CORRBENCH_HOME", str(tmp_path))
    return Path(shutil.copytree(folder, tmp_path / "cache" / "sample" / folder.name))


def test_the_folder_has_the_layout_of_davis_2017(folder: Path) -> None:
    assert (folder / "ImageSets/2017/val.txt").read_text() == "walker\ntwins\npillar\ntrio\n"
    for kind, ending in (("JPEGImages/480p", "jpg"), ("Annotations/480p", "png"), ("truth", "npz")):
        found = sorted(path.name for path in (folder / kind / "trio").iterdir())
        assert found == [f"00000.{ending}", f"00001.{ending}", f"00002.{ending}"]


def test_a_video_has_frames_masks_and_stems(folder: Path) -> None:
    video = sample(frames=3).video("trio")
    assert (len(video), video.stems) == (3, ("00000", "00001", "00002"))
    assert video.frames[2].shape == (3, 480, 640)
    assert video.labels[0].unique().tolist() == [0, 1, 2, 3]


def test_the_same_parameters_give_the_same_hashes_and_a_longer_sample_begins_with_the_shorter(
    folder: Path, tmp_path: Path
) -> None:
    write_sample(tmp_path / "same", frames=3, difficulty=1)
    write_sample(tmp_path / "longer", frames=4, difficulty=1)
    about, same, longer = (
        json.loads((root / "sample.json").read_text()) for root in (folder, tmp_path / "same", tmp_path / "longer")
    )
    assert about == same
    assert about["hash"] != longer["hash"]
    for name in about["sequences"]:
        for index in range(3):
            for file in (f"JPEGImages/480p/{name}/{index:05d}.jpg", f"Annotations/480p/{name}/{index:05d}.png"):
                assert (tmp_path / "longer" / file).read_bytes() == (folder / file).read_bytes()


def test_a_changed_pixel_needs_a_new_version_of_the_generator(folder: Path) -> None:
    dataset = SampleDataset(folder)
    assert (dataset.about["version"], dataset.identity(dataset.sequences).hash) == (1, "ebe45556925f")


def test_files_hold_what_was_rendered(folder: Path) -> None:
    video, scene = SampleDataset(folder).video("pillar"), pillar(LEVELS[1])
    now, later = render(scene, 1), render(scene, 2)
    frame = video.frames[1].permute(1, 2, 0).numpy().astype(int)
    assert np.abs(frame - now.frame).mean() < 2
    assert np.abs(frame - now.frame).max() < 60
    assert torch.equal(video.labels[1], torch.from_numpy(now.mask))
    truth = read_truth(folder / "truth/pillar/00001.npz")
    for name in ("parts", "keypoints", "visible", "boxes"):
        np.testing.assert_array_equal(getattr(truth, name), getattr(now, name))
    flow, valid = motion(now, later)
    assert np.abs(truth.flow - flow).max() <= 1 / 32
    np.testing.assert_array_equal(truth.flow_valid, valid)


def test_the_last_frame_has_no_flow(folder: Path) -> None:
    truth = read_truth(folder / "truth/walker/00002.npz")
    assert not truth.flow.any()
    assert not truth.flow_valid.any()


def test_the_identity_is_complete_only_with_every_sequence_and_the_default_parameters(folder: Path) -> None:
    dataset = SampleDataset(folder, official=True)
    whole, part = dataset.identity(dataset.sequences), dataset.identity(("twins",))
    assert (whole.name, whole.split, len(whole.hash)) == ("sample", "val", 12)
    assert whole.complete
    assert not part.complete
    assert whole.hash != part.hash
    assert not sample(frames=3).identity(dataset.sequences).complete


def test_the_identity_does_not_depend_on_the_order_that_was_asked_for(folder: Path) -> None:
    dataset = SampleDataset(folder)
    assert dataset.identity(("trio", "twins")).hash == dataset.identity(("twins", "trio")).hash


def test_a_sequence_that_does_not_exist_is_an_error_that_names_those_that_do(folder: Path) -> None:
    with pytest.raises(DataError, match=r"no sequence 'cow' with masks; choose from walker, twins, pillar, trio"):
        SampleDataset(folder).video("cow")


@pytest.mark.parametrize("frames", [2, 0, -1, 3.0, True, "15"])
def test_a_length_below_three_or_not_whole_is_an_error(frames: int) -> None:
    with pytest.raises(SettingError, match="give a whole number of at least 3"):
        sample(frames=frames)


@pytest.mark.parametrize("difficulty", [-1, 3, 1.0, True])
def test_a_difficulty_outside_0_to_2_is_an_error(difficulty: int) -> None:
    with pytest.raises(SettingError, match="give 0, 1 or 2"):
        sample_folder(difficulty=difficulty)


def test_a_cache_with_a_missing_file_is_healed(copy: Path, folder: Path) -> None:
    lost = copy / "Annotations/480p/twins/00001.png"
    lost.unlink()
    assert sample_folder(frames=3) == copy
    assert lost.read_bytes() == (folder / "Annotations/480p/twins/00001.png").read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]  # nothing temporary is left


@pytest.mark.parametrize("file", ["sample.json", "ImageSets/2017/val.txt", "JPEGImages/480p/walker/00002.jpg"])
def test_a_missing_or_empty_file_is_noticed(copy: Path, file: str) -> None:
    assert is_whole(copy, frames=3, difficulty=1)
    assert not is_whole(copy, frames=3, difficulty=2)
    (copy / file).write_bytes(b"")
    assert not is_whole(copy, frames=3, difficulty=1)
    (copy / file).unlink()
    assert not is_whole(copy, frames=3, difficulty=1)


def test_a_cache_that_cannot_be_written_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where the folder has to be")
    monkeypatch.setenv("CORRBENCH_HOME", str(tmp_path))
    with pytest.raises(DataError, match="set CORRBENCH_HOME"):
        sample_folder(frames=3)


def test_a_damaged_truth_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "00000.npz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match=r"00000\.npz: not readable as truth"):
        read_truth(tmp_path / "00000.npz")
