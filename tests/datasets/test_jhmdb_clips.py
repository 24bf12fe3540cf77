"""Where JHMDB is found, and which clips its own splits and other people's lists name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from corrbench.errors import DataError, SettingError
from corrbench_datasets.jhmdb import jhmdb
from corrbench_datasets.jhmdb_clips import Clip, is_whole

CLIPS = {
    "pour": ("Drink_@18_-_Apple_martini_pour_u_nm_np1_fr_goo_0", "Bartender_School_pour_u_cm_np1_fr_med_1"),
    "pullup": ("30_(dead-hang)_pull-ups_pullup_u_cm_np1_ba_med_0",),
    "push": ("Push_That_Car!_push_f_cm_np1_ri_med_0",),
}
APPLE, BAR, HANG, CAR = (name for names in CLIPS.values() for name in names)
AUTHOR = "/media/xtli/eb09/home/xtli/DATA/JHMDB"


def make(root: Path, frames: str = "Rename_Images") -> Path:
    """The folders of four clips, without their contents."""
    for action, names in CLIPS.items():
        for name in names:
            (root / frames / action / name).mkdir(parents=True)
            (root / "joint_positions" / action / name).mkdir(parents=True)
            (root / "joint_positions" / action / name / "joint_positions.mat").touch()
    return root


def split(root: Path, action: str, text: str, number: int = 1) -> None:
    (root / "splits").mkdir(exist_ok=True)
    (root / "splits" / f"{action}_test_split{number}.txt").write_text(text)


def listed(root: Path, text: str) -> tuple[str, ...]:
    (root / "list.txt").write_text(text)
    return jhmdb(root, list_file=root / "list.txt").sequences


def refusal(root: Path, text: str) -> str:
    with pytest.raises(DataError) as caught:
        listed(root, text)
    message = str(caught.value)
    assert "\n" not in message
    return message


# Where the folders are


@pytest.mark.parametrize("frames", ["Rename_Images", "Frames"])
@pytest.mark.parametrize("level", ["JHMDB", "data/JHMDB", "."])
def test_the_folders_are_found_under_either_name(frames: str, level: str, tmp_path: Path) -> None:
    split(make(tmp_path / level, frames), "pour", f"{APPLE}.avi 2\n")
    data = jhmdb(tmp_path)
    assert data.sequences == (APPLE,)
    assert data.folders.frames == tmp_path / level / frames


def test_a_folder_without_joints_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Rename_Images").mkdir()
    with pytest.raises(
        DataError, match=r"looked for Rename_Images or Frames and joint_positions here .* Rename_Images"
    ):
        jhmdb(tmp_path)


def test_a_part_of_the_data_is_refused_with_the_whole(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(DataError, match=f"found a part of the data set {tmp_path}; give that folder"):
        jhmdb(tmp_path / "Rename_Images")


# The splits of the release


def test_the_clips_with_a_2_are_tested(tmp_path: Path) -> None:
    make(tmp_path)
    split(tmp_path, "push", f"{CAR}.avi 2")
    split(tmp_path, "pour", f"{APPLE}.avi 1\r\n{BAR}.avi 2\r\n\r\n")
    split(tmp_path, "pullup", f"{HANG}.avi 0\n")
    (tmp_path / "splits" / "._pour_test_split1.txt").write_bytes(b"\x00\x05\x16\x07")
    assert jhmdb(tmp_path).sequences == (BAR, CAR)


def test_each_split_has_its_own_files(tmp_path: Path) -> None:
    make(tmp_path)
    split(tmp_path, "pour", f"{APPLE}.avi 2\n{BAR}.avi 1\n", number=1)
    split(tmp_path, "pour", f"{APPLE}.avi 1\n{BAR}.avi 2\n", number=3)
    assert jhmdb(tmp_path, split="test3").sequences == (BAR,)
    assert jhmdb(tmp_path, split="test3").identity(()).split == "test3"
    with pytest.raises(DataError, match=r"splits: no files ACTION_test_split2.txt of split 'test2'; add"):
        jhmdb(tmp_path, split="test2")


def test_another_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="jhmdb: no split 'val'; there are test1, test2, test3"):
        jhmdb(make(tmp_path), split="val")


def test_no_splits_and_no_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"splits: no files ACTION_test_split1.txt of split 'test1'; .* list_file="):
        jhmdb(make(tmp_path))


@pytest.mark.parametrize("line", ["x.avi", "x.avi 3", "x.avi 2 2", "2 x.avi"])
def test_a_line_of_a_split_that_does_not_fit_is_named(line: str, tmp_path: Path) -> None:
    make(tmp_path)
    split(tmp_path, "pour", f"{APPLE}.avi 1\n{line}\n")
    with pytest.raises(DataError, match=rf"pour_test_split1.txt, line 2: '{line}' is not CLIP.avi and 1 or 2"):
        jhmdb(tmp_path)


def test_clips_without_data_are_counted_and_named(tmp_path: Path) -> None:
    make(tmp_path)
    split(tmp_path, "pour", f"{APPLE}.avi 2\n{BAR}.avi 2\nlost.avi 2\n")
    with pytest.raises(DataError, match=r"splits: 1 of 3 clips have no folder in \S+/Rename_Images: pour/lost; add"):
        jhmdb(tmp_path)
    (tmp_path / "Rename_Images/pour/lost").mkdir()
    with pytest.raises(DataError, match=r"1 of 3 clips have no joint_positions.mat in \S+/joint_positions: pour/lost;"):
        jhmdb(tmp_path)


# Lists


@pytest.mark.parametrize(
    "line",
    [
        f"{AUTHOR}/joint_positions/pour/{APPLE}/joint_positions.mat {AUTHOR}/Rename_Images/pour/{APPLE}",
        f"{AUTHOR}/Rename_Images/pour/{APPLE} {AUTHOR}/joint_positions/pour/{APPLE}/joint_positions.mat",
        f"joint_positions/pour/{APPLE}/joint_positions.mat\tRename_Images/pour/{APPLE}/",
        f"/my data/JHMDB/joint_positions/pour/{APPLE}/joint_positions.mat /my data/JHMDB/Rename_Images/pour/{APPLE}",
        f"/my data/JHMDB/Rename_Images/pour/{APPLE} /my data/JHMDB/joint_positions/pour/{APPLE}/joint_positions.mat",
        f"D:\\JHMDB\\Rename_Images\\pour\\{APPLE} D:\\JHMDB\\joint_positions\\pour\\{APPLE}\\joint_positions.mat",
        f"joint_positions/pour/{APPLE}/joint_positions.mat",
        f"pour/{APPLE} 40 0",
        f"  pour/{APPLE}",
    ],
    ids=["UVC", "videowalk", "relative", "blanks", "blanks swapped", "Windows", "joints", "VFS", "short"],
)
def test_a_list_may_be_anybodys(line: str, tmp_path: Path) -> None:
    assert listed(make(tmp_path), f"\ufeff{line}\r\n\r\npush/{CAR}\r\n") == (APPLE, CAR)


def test_a_clip_that_is_listed_twice_is_there_once(tmp_path: Path) -> None:
    assert listed(make(tmp_path), f"pour/{APPLE}\npush/{CAR}\npour/{APPLE}\n") == (APPLE, CAR)


def test_two_clips_in_a_line_are_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path), f"joint_positions/pour/{APPLE}/joint_positions.mat Rename_Images/pour/{BAR}\n")
    assert f"list.txt, line 1: the joints are of {APPLE}, the frames of {BAR}; name one clip a line" in message


def test_a_line_without_clip_is_refused(tmp_path: Path) -> None:
    assert "list.txt, line 2: 'pour' names no clip; write ACTION/CLIP" in refusal(make(tmp_path), f"push/{CAR}\npour\n")


@pytest.mark.parametrize("line", ["pour/..", "../joint_positions.mat", "/..", "../"])
def test_a_line_never_leads_out_of_the_folder(line: str, tmp_path: Path) -> None:
    assert "is not a plain folder name" in refusal(make(tmp_path), line)


def test_a_path_of_another_machine_is_looked_for_here(tmp_path: Path) -> None:
    message = refusal(make(tmp_path), "../../../../etc/passwd")
    assert f"1 of 1 clips have no folder in {tmp_path}/Rename_Images: etc/passwd" in message


def test_one_name_in_two_actions_is_refused(tmp_path: Path) -> None:
    message = refusal(make(tmp_path), f"pour/{APPLE}\npush/{APPLE}\n")
    assert f"list.txt: two clips are called {APPLE}, of pour and of push; keep the right one" in message


def test_an_empty_or_missing_list_is_refused(tmp_path: Path) -> None:
    assert "list.txt: an empty list; write one clip a line" in refusal(make(tmp_path), "\n \n")
    with pytest.raises(DataError, match=r"none.txt: not a readable list"):
        jhmdb(tmp_path, list_file=tmp_path / "none.txt")


# Whether the list is whole


def test_two_hundred_and_sixty_eight_clips_are_complete(tmp_path: Path) -> None:
    savemat(tmp_path / "one.mat", {"pos_img": np.ones((2, 15, 1))})
    lines = []
    for number in range(268):
        name = f"clip{number}"
        (tmp_path / "Rename_Images/run" / name).mkdir(parents=True)
        Image.new("RGB", (4, 3)).save(tmp_path / "Rename_Images/run" / name / "00001.png")
        (tmp_path / "joint_positions/run" / name).mkdir(parents=True)
        (tmp_path / "joint_positions/run" / name / "joint_positions.mat").symlink_to(tmp_path / "one.mat")
        lines.append(f"run/{name}")
    (tmp_path / "all.txt").write_text("\n".join(lines))
    data = jhmdb(tmp_path, list_file=tmp_path / "all.txt")
    assert data.identity(data.sequences).complete
    assert not data.identity(data.sequences[1:]).complete


def test_the_other_splits_are_whole_with_all_twenty_one_actions() -> None:
    clips = tuple(Clip(f"action{number}", f"clip{number}") for number in range(21))
    assert is_whole("test2", clips)
    assert not is_whole("test2", clips[1:])
    assert not is_whole("test1", clips)
