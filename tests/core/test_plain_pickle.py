"""Plain data comes out of a pickle as it went in, and nothing else does: no instruction of the file is carried out."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from corrbench.core.plain_pickle import read_plain
from corrbench.errors import DataError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def written(folder: Path, value: object, protocol: int = 4) -> Path:
    (folder / "data.pkl").write_bytes(pickle.dumps(value, protocol))
    return folder / "data.pkl"


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_plain(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


class Calls:
    """Whatever is to be called when this is unpickled."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self.call


# What is read


@given(
    arrays.arrays(st.sampled_from(["?", "u1", "<f4", ">f8", "<i8", "S3"]), arrays.array_shapes(min_dims=0, max_dims=3)),
    st.sampled_from(PROTOCOLS),
    st.sampled_from(["C", "F"]),
)
def test_arrays_are_those_that_unpickling_gives(
    tmp_path_factory: pytest.TempPathFactory, array: Any, protocol: int, order: Any
) -> None:
    path = written(tmp_path_factory.mktemp("pickle"), [np.array(array, order=order)], protocol)
    (read,) = read_plain(path)
    (unpickled,) = pickle.loads(path.read_bytes())
    native = array.dtype.newbyteorder("=")  # numpy may turn the bytes of a number on its way in
    assert (read.dtype.newbyteorder("="), read.shape) == (native, unpickled.shape)
    assert read.astype(native).tobytes() == unpickled.astype(native).tobytes()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_text_and_numbers_are_read(protocol: int, tmp_path: Path) -> None:
    value: dict[Any, Any] = {"a": [1, -2, 300, 70000, 2**40, 0.5], "b": (None, True, False), "ü": {}, 3: [], "c": ((),)}
    assert read_plain(written(tmp_path, value, protocol)) == value
    many = {str(number): [number] * (number % 5) for number in range(2000)}
    assert read_plain(written(tmp_path, many, protocol)) == many


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_array_that_occurs_twice_is_read_twice(protocol: int, tmp_path: Path) -> None:
    array = np.arange(6, dtype=">f8").reshape(2, 3)
    first, second, other = read_plain(written(tmp_path, [array, array, array + 1], protocol))
    assert first.tolist() == second.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert other.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_empty_arrays_and_numbers_of_numpy_are_read(protocol: int, tmp_path: Path) -> None:
    empty, number, text = read_plain(
        written(tmp_path, [np.zeros((0, 5, 2)), np.float32(0.5), np.bytes_(b"ab")], protocol)
    )
    assert (empty.shape, number, text) == ((0, 5, 2), 0.5, b"ab")


def test_large_arrays_stay_in_the_file(tmp_path: Path) -> None:
    (array,) = read_plain(written(tmp_path, [np.ones((100, 100), dtype=np.uint8)]))
    assert not array.flags.owndata
    assert not array.flags.writeable
    assert array.sum() == 10000


def test_an_array_pickled_by_python_2_is_read(tmp_path: Path) -> None:
    (tmp_path / "data.pkl").write_bytes(
        b"\x80\x02}U\x06pointscnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x02\x07\xfftbs."
    )
    assert read_plain(tmp_path / "data.pkl")["points"].tolist() == [7, 255]


# What is refused


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_that_runs_a_command_is_refused_and_nothing_is_run(protocol: int, tmp_path: Path) -> None:
    attack = {"video": Calls(os.system, f"touch {tmp_path}/ran"), "points": np.zeros(3)}
    message = refusal(written(tmp_path, attack, protocol))
    assert f"{tmp_path}/data.pkl: not plain data, it asks for '{os.name}.system'; nothing of it was run:" in message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["eval", "exec", "getattr", "open", "print"])
def test_a_built_in_function_is_refused(name: str, protocol: int, tmp_path: Path) -> None:
    builtin = __builtins__[name] if isinstance(__builtins__, dict) else getattr(__builtins__, name)
    message = refusal(written(tmp_path, Calls(builtin, "1"), protocol))
    assert f".{name}'; nothing of it was run" in message


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"cnumpy\nload\n(S'x'\ntR.", "'numpy.load'"),
        (b"cnumpy.core.multiarray\nfromfile\n.", "'numpy.core.multiarray.fromfile'"),
        (b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.", "'numpy.ndarray.__class__'"),
        (b"(S'x'\nios\nsystem\n.", "the instruction INST"),
        (b"S'x'\nQ.", "the instruction BINPERSID"),
        (b"\x82\x01.", "the instruction EXT1"),
        (b"cnumpy\ndtype\n(S'O'\ntR(K\x01tb.", None),
        (b"c_codecs\nencode\n(S'x'\nS'zip'\ntR.", "a call of bytes"),
        (b"cnumpy\nndarray\n(tR.", "a call of ndarray"),
        (b"cnumpy\nndarray\n}S'x'\nK\x01sb.", None),
        (b"]S'x'\nR.", "a change of list"),
    ],
)
def test_hand_made_pickles_are_refused(content: bytes, what: str | None, tmp_path: Path) -> None:
    (tmp_path / "data.pkl").write_bytes(content)
    message = refusal(tmp_path / "data.pkl")
    assert f"{tmp_path}/data.pkl: " + (f"not plain data, it asks for {what};" if what else "not ") in message


def test_arrays_of_objects_and_of_records_are_refused(tmp_path: Path) -> None:
    assert "it asks for an array of objects" in refusal(written(tmp_path, np.array([None], dtype=object)))
    assert "it asks for an array of records" in refusal(written(tmp_path, np.zeros(2, dtype=[("x", "f4")])))
    assert "it asks for an array of 'c16'" in refusal(written(tmp_path, np.zeros(2, dtype=complex)))


def test_an_object_of_a_class_is_refused_by_its_name(tmp_path: Path) -> None:
    assert "it asks for 'pathlib.PosixPath'" in refusal(written(tmp_path, tmp_path))


@pytest.mark.parametrize("content", [b"", b"\x80", b"no pickle", b".", b"K\x01K\x02.", b"t.", b"\x80\x04]", b"K\x01b."])
def test_damaged_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.pkl").write_bytes(content)
    assert f"{tmp_path}/data.pkl: not " in refusal(tmp_path / "data.pkl")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, {"video": np.ones((100, 100), dtype=np.uint8)})
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert f"{path}: not a readable pickle (" in refusal(path)
    assert "none.pkl: not a readable pickle (" in refusal(tmp_path / "none.pkl")
