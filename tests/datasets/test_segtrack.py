"""SegTrack v2 in the layout of DAVIS: recognised by its sequences, complete with all fourteen."""

from pathlib import Path

import pytest
from PIL import Image

from corrbench_datasets.davis import davis

ALL = (
    "bird_of_paradise", "birdfall", "bmx", "cheetah", "drift", "frog", "girl", "hummingbird", "monkey", "monkeydog",
    "parachute", "penguin", "soldier", "worm",
)  # fmt: skip


def make(root: Path, *sequences: str) -> Path:
    """Frames and masks of one frame a sequence, and no list."""
    for path in (f"{half}/480p/{name}/00000.png" for half in ("JPEGImages", "Annotations") for name in sequences):
        (root / path).parent.mkdir(parents=True)
        Image.new("L", (4, 3)).save(root / path)
    return root


def named(root: Path, **settings: str) -> tuple[str, bool]:
    data = davis(root, **settings)  # type: ignore[arg-type]
    identity = data.identity(data.sequences)
    return identity.name, identity.complete


def test_sequences_of_segtrack_are_recognised_in_any_folder(tmp_path: Path) -> None:
    assert named(make(tmp_path / "videos", "bmx", "girl")) == ("segtrack2", False)


def test_all_fourteen_sequences_are_complete(tmp_path: Path) -> None:
    assert named(make(tmp_path / "videos", *ALL)) == ("segtrack2", True)


def test_one_sequence_with_an_everyday_name_is_not_segtrack(tmp_path: Path) -> None:
    assert named(make(tmp_path / "home videos", "girl"))[0].startswith("home-videos-")


def test_a_sequence_of_ones_own_beside_them_is_another_set(tmp_path: Path) -> None:
    assert named(make(tmp_path / "mixed", "bmx", "girl", "mine")) == ("mixed", True)


def test_a_list_of_a_part_of_them_is_segtrack_and_not_complete(tmp_path: Path) -> None:
    (make(tmp_path / "videos", *ALL) / "quick.txt").write_text("worm\nfrog\n")
    assert named(tmp_path / "videos", split="quick") == ("segtrack2", False)


def test_a_name_that_is_given_wins(tmp_path: Path) -> None:
    assert named(make(tmp_path, "bmx", "girl"), name="mine") == ("mine", True)


@pytest.mark.data
def test_the_real_sequences_keep_their_sizes(data: Path) -> None:
    reader = davis(data / "segtrack2")
    assert named(data / "segtrack2") == ("segtrack2", False)
    sizes = {name: tuple(reader.video(name).frames[0].shape) for name in reader.sequences}
    assert sizes == {
        "bmx": (3, 360, 640),
        "monkeydog": (3, 240, 320),
        "girl": (3, 320, 400),
        "parachute": (3, 352, 414),
        "monkey": (3, 270, 480),
    }
    assert [len(reader.video(name)) for name in reader.sequences] == [36, 71, 21, 50, 31]
