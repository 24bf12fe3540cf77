"""Files that are whole or absent, and names that stay in their folder."""

from pathlib import Path

import pytest

from corrbench.core.files import require_plain_name, safe_name, sha256, write_whole
from corrbench.errors import DataError


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "davis" / "a.json"
    write_whole(path, lambda temporary: temporary.write_text("whole") and None)
    assert path.read_text() == "whole"
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_a_writer_that_raises_leaves_nothing(tmp_path: Path) -> None:
    def half(temporary: Path) -> None:
        temporary.write_text("hal")
        raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError, match="the power went out"):
        write_whole(tmp_path / "a.json", half)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_raises_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    def half(temporary: Path) -> None:
        temporary.write_text("hal")
        raise KeyboardInterrupt

    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_has_the_ending_of_the_file(tmp_path: Path) -> None:
    seen: list[str] = []
    write_whole(tmp_path / "a.npz", lambda temporary: seen.append(temporary.suffix))
    assert seen == [".npz"]


def test_a_written_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "whole", lambda temporary: None)
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_sha256_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "abc") == expected


@pytest.mark.parametrize("name", ["rgb", "resnet18-b_2.pth", "bmx-trees", "a..b"])
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("timm:vit?layer=11", "timm-vit-layer-11-b93b27"),
        ("a/b", "a-b-c14cdd"),
        ("a b", "a-b-c8687a"),
        ("..", "-.-5ec1f7"),
        (".hidden", "-hidden-169241"),
        ("", ""),
    ],
)
def test_another_name_gets_dashes_and_six_digits_of_its_hash(name: str, expected: str) -> None:
    assert safe_name(name) == expected


def test_names_that_clean_up_alike_stay_apart() -> None:
    assert len({safe_name("a/b"), safe_name("a:b"), safe_name("a-b")}) == 3


def test_a_long_name_is_cut_and_stays_apart_from_others() -> None:
    names = {safe_name("w" * 300), safe_name("w" * 301), safe_name("resnet18?weights=/" + "w" * 300)}
    assert len(names) == 3
    assert {len(name) for name in names} == {135}


def test_a_plain_name_is_returned() -> None:
    assert require_plain_name("bmx-trees", "val.txt") == "bmx-trees"


@pytest.mark.parametrize("name", ["", ".", "..", "../dog", "/dog", "dog/", "a\\b", "C:dog", "dog\0"])
def test_a_name_with_path_parts_is_refused_and_named(name: str) -> None:
    with pytest.raises(DataError, match=r"val\.txt: .* is not a plain folder name; remove"):
        require_plain_name(name, "val.txt")
