"""The identity of DAVIS-like data: its name, whether it is complete, and the hash of its content."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from corrbench.errors import DataError
from corrbench_datasets.davis import davis
from corrbench_datasets.known_splits import OFFICIAL


def named(root: Path, *sequences: str, listed: str = "val.txt") -> Path:
    """A data set with one frame a sequence and one list."""
    for path in (f"{half}/{name}/0.png" for half in ("JPEGImages", "Annotations") for name in sequences):
        (root / path).parent.mkdir(parents=True)
        Image.new("L", (4, 3)).save(root / path)
    (root / listed).parent.mkdir(parents=True, exist_ok=True)
    (root / listed).write_text("\n".join(sequences))
    return root


def test_sequences_of_the_official_list_are_davis(tmp_path: Path) -> None:
    data = davis(named(tmp_path, "dog", "camel", listed="ImageSets/2016/val.txt"))
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.complete) == ("davis2016", "val", False)


def test_the_whole_official_list_in_any_order_is_complete(tmp_path: Path) -> None:
    data = davis(named(tmp_path, *OFFICIAL["davis2016"]["val"][::-1], listed="ImageSets/2016/val.txt"))
    assert data.identity(data.sequences).complete
    assert not data.identity(data.sequences[1:]).complete


def test_sequences_of_another_split_are_not_that_split_of_davis(tmp_path: Path) -> None:
    data = davis(named(tmp_path / "mine", "dog", "bear", listed="ImageSets/2017/val.txt"))
    assert data.identity(("dog",)).name == "mine"


def test_a_list_of_ones_own_of_davis_sequences_is_davis_and_never_complete(tmp_path: Path) -> None:
    data = davis(named(tmp_path, "dog", "bear", listed="ImageSets/2017/quick.txt"), split="quick")
    identity = data.identity(("dog", "bear"))
    assert (identity.name, identity.split, identity.complete) == ("davis2017", "quick", False)


def test_any_other_set_is_named_by_its_folder_and_complete_by_its_list(tmp_path: Path) -> None:
    data = davis(named(tmp_path / "my set", "one", "two"))
    assert data.identity(("two", "one")).name.startswith("my-set-")
    assert data.identity(("two", "one")).complete
    assert not data.identity(("one",)).complete


def test_a_list_without_year_is_davis_when_the_year_is_given(tmp_path: Path) -> None:
    named(tmp_path / "mine", "dog")
    assert davis(tmp_path / "mine").identity(("dog",)).name == "mine"
    assert davis(tmp_path / "mine", year=2017).identity(("dog",)).name == "davis2017"


def test_a_name_can_be_given(tmp_path: Path) -> None:
    assert davis(named(tmp_path, "one"), name="mine").identity(("one",)).name == "mine"


def test_the_hash_follows_content_and_not_place_or_order(tmp_path: Path) -> None:
    first = davis(named(tmp_path / "one", "a", "b"))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    second = davis(tmp_path / "two")
    before = first.identity(("a", "b"))
    assert before.hash == second.identity(("b", "a")).hash
    assert len(before.hash) == 12
    assert before.hash != first.identity(("a",)).hash
    Image.new("L", (4, 3), 255).save(tmp_path / "two/Annotations/b/0.png")
    changed = davis(tmp_path / "two")
    assert changed.identity(("a", "b")).hash != before.hash
    assert changed.identity(("a",)).hash == first.identity(("a",)).hash


def test_the_hash_tells_united_objects_from_separate_ones(tmp_path: Path) -> None:
    named(tmp_path, "a")
    assert davis(tmp_path, year=2016).identity(("a",)).hash != davis(tmp_path).identity(("a",)).hash


def test_the_identity_of_an_unknown_sequence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sequence 'c'"):
        davis(named(tmp_path, "a")).identity(("c",))


def test_official_lists_have_their_published_lengths() -> None:
    lengths = {(name, split): len(set(names)) for name, s in OFFICIAL.items() for split, names in s.items()}
    assert lengths == {
        ("davis2016", "train"): 30,
        ("davis2016", "val"): 20,
        ("davis2017", "train"): 60,
        ("davis2017", "val"): 30,
        ("davis2017", "test-dev"): 30,
        ("segtrack2", "val"): 14,
    }


def test_nothing_is_written_into_the_data(tmp_path: Path) -> None:
    data = davis(named(tmp_path, "a"))
    before = sorted(tmp_path.rglob("*"))
    data.identity(data.sequences)
    assert list(data.video("a").frames)
    assert sorted(tmp_path.rglob("*")) == before
