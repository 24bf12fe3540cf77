"""Files of trunk weights."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from corrbench.training.weights import digest, plain_weights, read_weights, write_weights

TRUNK = {"conv1.weight": torch.tensor([[1.0, 2.0]]), "bn1.num_batches_tracked": torch.tensor(3)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", TRUNK, {"method": "tiny"})
    found = read_weights(tmp_path / "a.safetensors")
    assert list(found) == ["bn1.num_batches_tracked", "conv1.weight"]
    assert all(found[name].equal(value) for name, value in TRUNK.items())


def test_the_same_weights_are_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    about = {f"key{number}": "value" for number in range(20)}
    write_weights(tmp_path / "a.safetensors", TRUNK, about)
    write_weights(tmp_path / "b.safetensors", dict(reversed(TRUNK.items())), dict(reversed(about.items())))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        assert file.metadata() == {"format": "corrbench-trunk 1", **about}


def test_half_leaves_whole_numbers_as_they_are(tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", TRUNK, {}, half=True)
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        assert file.get_tensor("conv1.weight").dtype == torch.float16
        assert file.get_tensor("bn1.num_batches_tracked").dtype == torch.int64


def test_plain_weights_are_copies_in_float32_with_rows_in_order() -> None:
    given = torch.zeros(1, 2, 3, 3, dtype=torch.bfloat16).to(memory_format=torch.channels_last)
    plain = plain_weights({"conv1.weight": given})["conv1.weight"]
    given += 1
    assert plain.dtype == torch.float32
    assert plain.is_contiguous()
    assert plain.sum() == 0


@pytest.mark.parametrize(
    "other",
    [{"conv2.weight": torch.ones(2)}, {"conv1.weight": torch.ones(1, 2)}, {"conv1.weight": torch.tensor([1.0, 0.0])}],
)
def test_the_digest_differs_with_names_shapes_and_values(other: dict[str, torch.Tensor]) -> None:
    assert digest(other) != digest({"conv1.weight": torch.ones(2)})
    assert len(digest(other)) == 12


def test_a_number_by_itself_has_a_digest() -> None:
    assert len(digest(TRUNK)) == 12
