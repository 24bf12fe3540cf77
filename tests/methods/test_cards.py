"""Shipped files and their cards, from what a comparison leaves."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from corrbench.core.checkpoint_files import read_checkpoint
from corrbench.errors import WeightsError
from corrbench_methods.cards import ship
from corrbench_methods.trunk import Trunk

BUDGET = {"steps": 520, "frames_seen": 8320, "seconds": 528.97, "cpu_seconds": 508.86, "machine": "AMD EPYC, 1 thread"}
LINE = {
    "row": "mast", "course": "mast", "settings": ["size=96", "batch=8"], "start": "random", "seed": 0,
    "budget": BUDGET, "scores": [{"data": "sample 4 sequences, 15 frames", "mean": 0.7600}],
}  # fmt: skip
STAGE = {
    "stage": "reconstruction",
    "preprocessing": {"colour": "lab", "pool": "none"},
    "environment": {"packages": {"torch": "2.14.1"}, "corrbench": "0.1.0", "commit": "abc"},
}


def finished_row(folder: Path) -> Path:
    (folder / "line.json").write_text(json.dumps({"line": LINE}))
    (folder / "run.json").write_text(json.dumps({"stages": {"reconstruction": STAGE}}))
    data = {"images": "1d6f824dd5bf", "videos": "641c267ed21b"}
    (folder / "finished.json").write_text(json.dumps({"identity": {"data": data}}))
    trunk = dict(Trunk(18, layer="layer3").state_dict())
    metadata = {"format": "corrbench-trunk 1", "method": "mast", "colour": "lab"}
    save_file(trunk, folder / "weights.safetensors", metadata)
    return folder


def test_a_finished_row_becomes_a_small_file_and_a_card(tmp_path: Path) -> None:
    file, card = ship(finished_row(tmp_path), "mast", "33 clips", into=tmp_path / "weights")
    shipped = read_checkpoint(file)
    assert shipped.metadata["colour"] == "lab"
    assert shipped.tensors["conv1.weight"].dtype == torch.float16
    assert file.stat().st_size < 6e6
    text = card.read_text(encoding="utf-8")
    assert '--rows "mast" --seeds 0' in text
    assert "33 clips; hashes images 1d6f824dd5bf, videos 641c267ed21b" in text
    assert "520 steps, 8320 frames, 509 CPU seconds" in text
    assert "J&F on sample 4 sequences, 15 frames: 76.0" in text
    assert "must not be set beside published numbers" in text


def test_a_row_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no finished row of a comparison"):
        ship(tmp_path, "mast", "33 clips", into=tmp_path / "weights")
    assert not (tmp_path / "weights").exists()
