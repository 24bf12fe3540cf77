"""ImageNet's weights: from a file, from the hub's cache, or a quick word on how to get them."""

import time
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from corrbench.core.files import sha256
from corrbench.errors import WeightsError
from corrbench_methods.imagenet import imagenet
from corrbench_methods.trunk import Trunk

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and no way to the hub itself."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def _weights(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(Trunk(18, seed=7).state_dict(), folder / "model.safetensors")
    return folder / "model.safetensors"


def test_a_file_is_used_when_it_is_given(cache: Path, tmp_path: Path) -> None:
    trunk = imagenet(_weights(tmp_path))
    assert torch.equal(trunk.conv1.weight, Trunk(18, seed=7).conv1.weight)
    assert (trunk.stride, trunk.weights_sha256) == (8, None)


def test_cached_weights_of_the_hub_are_used_and_hashed(cache: Path) -> None:
    repository = cache / "models--timm--resnet18.tv_in1k"
    file = _weights(repository / "snapshots" / REVISION)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    trunk = imagenet()
    assert torch.equal(trunk.conv1.weight, Trunk(18, seed=7).conv1.weight)
    assert trunk.weights_sha256 == sha256(file)


def test_offline_the_error_names_the_weights_the_files_that_would_do_and_the_option(cache: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        imagenet()
    message = str(caught.value)
    assert "timm/resnet18.tv_in1k could not be downloaded (HF_HUB_OFFLINE is set)" in message
    assert "fetch model.safetensors from https://huggingface.co/timm/resnet18.tv_in1k" in message
    assert "resnet18-f37072fd.pth and pass --weights FILE" in message


def test_without_a_connection_it_fails_at_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    start = time.monotonic()
    with pytest.raises(WeightsError, match=r"no connection to http://127\.0\.0\.1:9"):
        imagenet()
    assert time.monotonic() - start < 4
