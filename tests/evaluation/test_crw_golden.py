"""The whole walk, JPEG to PNG, against CRW's own program on real frames (videowalk 047f3f40)."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import corrbench
from corrbench.core.images import read_frame, read_mask
from corrbench.core.methods import parse_method
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic
from corrbench.evaluation.features import feature_maps
from corrbench.propagation.memory import ContextMemory
from corrbench.propagation.propagate import find_affinities, prepared_keys, propagate
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.registry import find_protocol
from corrbench.protocols.rules import MaskRule
from corrbench.tasks.masks import to_channels

CPU = torch.device("cpu")
GRID, SIZE = (60, 107), (480, 854)
pytestmark = pytest.mark.data


def run_golden(golden: Path, name: str) -> tuple[str, Protocol, str]:
    """Sequence, protocol and method of a stored run."""
    record = json.loads((golden / "crw" / name / "record.json").read_text())
    protocol = find_protocol("crw", "davis").with_settings({"temperature": record["parameters"]["temperature"]})
    padding = "reflect" if record["parameters"]["model_type"] == "scratch" else "zeros"
    weights = golden / "resnet18_random_seed0.safetensors"
    return record["sequence"], protocol, f"resnet18?padding={padding}&weights={weights}"


def features_of(method: str, sequence: str, data: Path, frames: int) -> list[torch.Tensor]:
    files = [data / f"davis16/JPEGImages/480p/{sequence}/{index:05d}.jpg" for index in range(frames)]
    extractor = parse_method(method).build(CPU)
    images = [read_frame(file) for file in files]
    return list(feature_maps(extractor, images, SIZE, "fp32", CPU, StageClock(CPU)))


def test_labels_of_six_frames_are_those_of_crw(golden: Path, data: Path) -> None:
    name = "bmx-trees_reflect_T007"
    sequence, protocol, method = run_golden(golden, name)
    expected = torch.from_numpy(np.load(golden / "crw" / name / "soft.npy")).permute(0, 3, 1, 2)  # (T, K, h, w)
    with arithmetic("fp32"):
        maps = features_of(method, sequence, data, len(expected))
        mask = read_mask(data / f"davis16/Annotations/480p/{sequence}/00000.png")
        first = to_channels(mask, GRID, SIZE, protocol.part(MaskRule)).soft
        found = torch.stack(list(propagate(maps, first, protocol.propagation)))
    assert (found - expected).abs().max() <= 1e-5


def test_each_step_from_the_stored_labels_gives_the_next(golden: Path, data: Path) -> None:
    name = "car-shadow"
    sequence, protocol, method = run_golden(golden, name)
    rule = protocol.propagation
    expected = torch.from_numpy(np.load(golden / "crw" / name / "soft.npy")).permute(0, 3, 1, 2)
    with arithmetic("fp32"):
        keys = [prepared_keys(feature_map, rule) for feature_map in features_of(method, sequence, data, len(expected))]
        memory = ContextMemory(rule, keys[0], expected[0])
        for index in range(1, len(expected)):
            context = memory.context(index)
            [affinity] = find_affinities(keys[index][None], memory.keys, [context], rule, rule.radius)
            found = affinity.carry(memory.labels).t().reshape(expected[index].shape)
            assert (found - expected[index]).abs().max() <= 1e-5, f"frame {index}"
            memory.store_keys(index, keys[index])
            memory.store_labels(index, expected[index])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["car-shadow", "bmx-trees_reflect_T007"])
def test_the_masks_written_are_those_of_crw(name: str, golden: Path, data: Path, tmp_path: Path) -> None:
    sequence, protocol, method = run_golden(golden, name)
    expected = sorted((golden / "crw" / name).glob("*.png"))
    corrbench.run(
        [method],
        "davis",
        protocol="crw",
        settings=protocol.overrides,
        data_root=data / "davis16",
        sequences=[sequence],
        max_frames=len(expected),
        predictions=tmp_path / "masks",
        output=tmp_path / "results",
    )
    written = {path.name: path for path in (tmp_path / "masks").glob(f"*/{sequence}/*.png")}
    assert sorted(written) == [path.name for path in expected]
    for path in expected:
        assert torch.equal(read_mask(written[path.name]), read_mask(path)), path.name
