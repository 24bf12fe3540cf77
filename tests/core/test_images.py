"""Frames and masks as files."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.images import LazyFiles, image_size, read_frame, read_mask, write_mask
from corrbench.errors import DataError

# Pascal VOC and DAVIS, ids 0 to 8.
OFFICIAL_COLOURS = [
    (0, 0, 0),
    (128, 0, 0),
    (0, 128, 0),
    (128, 128, 0),
    (0, 0, 128),
    (128, 0, 128),
    (0, 128, 128),
    (128, 128, 128),
    (64, 0, 0),
]


def save(path: Path, values: list[list[int]], mode: str = "L") -> Path:
    image = Image.fromarray(np.array(values, dtype=np.uint8))
    image.convert(mode).save(path)
    return path


def noise(path: Path, mode: str = "RGB") -> Path:
    """A picture of 48x64 that compresses badly, so that each part of the file matters."""
    values = np.random.default_rng(0).integers(0, 200, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(values).convert(mode).save(path)
    return path


# Masks


def test_all_256_ids_come_back_from_an_indexed_png(tmp_path: Path) -> None:
    ids = torch.arange(256, dtype=torch.uint8).reshape(16, 16)
    write_mask(tmp_path / "mask.png", ids)
    assert torch.equal(read_mask(tmp_path / "mask.png"), ids)


def test_a_mask_without_objects_comes_back(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.png", torch.zeros(3, 5, dtype=torch.uint8))
    assert read_mask(tmp_path / "mask.png").tolist() == [[0] * 5] * 3


def test_a_written_mask_has_the_official_colours(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.png", torch.arange(9, dtype=torch.uint8)[None])
    with Image.open(tmp_path / "mask.png") as image:
        assert image.mode == "P"
        colours = image.convert("RGB")
    assert [colours.getpixel((x, 0)) for x in range(9)] == OFFICIAL_COLOURS


def test_255_in_a_grey_mask_of_0_and_255_is_object_1(tmp_path: Path) -> None:
    assert read_mask(save(tmp_path / "mask.png", [[0, 255], [255, 0]])).tolist() == [[0, 1], [1, 0]]
    assert read_mask(save(tmp_path / "all.png", [[255, 255]])).tolist() == [[1, 1]]


def test_255_in_any_other_mask_stays_void(tmp_path: Path) -> None:
    assert read_mask(save(tmp_path / "ids.png", [[0, 1, 2, 255]])).tolist() == [[0, 1, 2, 255]]
    write_mask(tmp_path / "indexed.png", torch.tensor([[0, 255]], dtype=torch.uint8))
    assert read_mask(tmp_path / "indexed.png").tolist() == [[0, 255]]


def test_a_mask_of_one_bit_has_object_1(tmp_path: Path) -> None:
    assert read_mask(save(tmp_path / "mask.png", [[0, 255]], "1")).tolist() == [[0, 1]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "I;16"])
def test_a_mask_without_ids_is_refused_with_its_mode(mode: str, tmp_path: Path) -> None:
    path = save(tmp_path / "mask.png", [[0, 1]], mode)
    with pytest.raises(
        DataError, match=rf"mask.png: a mask has to be an indexed .* found .* \(mode {mode}.*\); convert"
    ):
        read_mask(path)


# Frames


def test_a_frame_is_rgb_with_channels_first(tmp_path: Path) -> None:
    Image.new("RGB", (4, 3), (10, 20, 30)).save(tmp_path / "frame.png")
    frame = read_frame(tmp_path / "frame.png")
    assert frame.shape == (3, 3, 4)
    assert frame.dtype == torch.uint8
    assert frame[:, 0, 0].tolist() == [10, 20, 30]


def test_a_grey_frame_has_three_equal_channels(tmp_path: Path) -> None:
    frame = read_frame(save(tmp_path / "frame.png", [[7, 8]]))
    assert frame[:, 0].tolist() == [[7, 8]] * 3


def test_the_size_of_an_image_is_rows_then_columns(tmp_path: Path) -> None:
    assert image_size(noise(tmp_path / "frame.jpg")) == (48, 64)


# Files that are no images


@pytest.mark.parametrize("read", [read_frame, read_mask, image_size])
def test_a_missing_image_is_named(read: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"frame\.jpg: no such file"):
        read(tmp_path / "frame.jpg")  # type: ignore[operator]


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("read", [read_frame, read_mask, image_size])
def test_a_file_that_is_no_image_is_named(read: object, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "frame.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"frame\.jpg: not a readable image .*; copy the file again"):
        read(tmp_path / "frame.jpg")  # type: ignore[operator]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_jpeg_that_was_cut_short_is_named(share: float, tmp_path: Path) -> None:
    path = noise(tmp_path / "frame.jpg")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"frame\.jpg: not a readable image"):
        read_frame(path)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_mask_that_was_cut_short_is_named(share: float, tmp_path: Path) -> None:
    path = noise(tmp_path / "mask.png", "L")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"mask\.png: not a readable image"):
        read_mask(path)


@pytest.mark.parametrize("at", range(8, 60))
def test_a_mask_with_one_wrong_byte_is_read_or_named(at: int, tmp_path: Path) -> None:
    path = noise(tmp_path / "mask.png", "L")
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    with suppress(DataError):
        assert read_mask(path).ndim == 2


# Sequences of files


def test_a_slice_decodes_nothing(tmp_path: Path) -> None:
    decoded: list[str] = []

    def read(path: Path) -> Tensor:
        decoded.append(path.name)
        return torch.zeros(1)

    files = LazyFiles([tmp_path / name for name in "abcd"], read)
    middle = files[1:3]
    assert len(files) == 4
    assert len(middle) == 2
    assert decoded == []
    assert middle[1].shape == (1,)
    assert files[-1].shape == (1,)
    assert decoded == ["c", "d"]


def test_an_index_past_the_end_ends_a_loop(tmp_path: Path) -> None:
    files = LazyFiles([tmp_path / "a"], lambda path: torch.zeros(1))
    with pytest.raises(IndexError):
        files[1]
    assert len(list(files)) == 1
