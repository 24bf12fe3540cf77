"""Frame sizes, stage times and arithmetic of a run."""

import time

import pytest
import torch

from corrbench.errors import ExtractorError, SettingError
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import arithmetic, choose_device
from corrbench.evaluation.features import feature_maps, network_size, shrunk
from corrbench.protocols.rules import FrameRule

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("original", "multiple", "expected"),
    [
        ((480, 854), 1, (480, 854)),
        ((1080, 1920), 1, (480, 853)),  # 853.33
        ((720, 1279), 1, (480, 853)),  # 852.67
        ((854, 480), 1, (854, 480)),
        ((480, 854), 64, (480, 832)),
        ((480, 910), 64, (480, 896)),
        ((480, 1152), 64, (480, 1152)),
        ((480, 480), 64, (480, 448)),
    ],
)
def test_the_short_side_becomes_480(original: tuple[int, int], multiple: int, expected: tuple[int, int]) -> None:
    assert network_size(original, FrameRule("short_side", 480, multiple)) == expected


def test_native_and_square_sizes() -> None:
    assert network_size((123, 45), FrameRule("native", 0, 1)) == (123, 45)
    assert network_size((123, 45), FrameRule("square", 320, 1)) == (320, 320)


def test_a_stage_inside_a_stage_stops_the_outer_clock() -> None:
    clock = StageClock(CPU)
    with clock.stage("outer"):
        time.sleep(0.02)
        with clock.stage("inner"):
            time.sleep(0.05)
    assert 0.02 <= clock.seconds["outer"] < 0.045
    assert 0.05 <= clock.seconds["inner"] < 0.075


class Constant:
    """Features that are one value everywhere."""

    stride = 8

    def __init__(self, shape: tuple[int, ...], value: float = 1.0) -> None:
        self.shape, self.value = shape, value

    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        return torch.full(self.shape, self.value)


def first_map(extractor: Constant) -> torch.Tensor:
    frames = [torch.zeros(3, 16, 16, dtype=torch.uint8)]
    return next(feature_maps(extractor, frames, (16, 16), "fp32", CPU, StageClock(CPU)))


def test_features_of_one_frame_lose_their_first_axis() -> None:
    assert first_map(Constant((1, 4, 2, 2))).shape == (4, 2, 2)


@pytest.mark.parametrize("shape", [(4, 2, 2), (2, 4, 2, 2), (1, 4, 4)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ExtractorError, match=r"has to return features \(T, C, h, w\)"):
        first_map(Constant(shape))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ExtractorError, match="NaN or infinite"):
        first_map(Constant((1, 4, 2, 2), value))


@pytest.mark.parametrize(
    ("numbers", "where"), [([7, 8], "frames 7 to 8"), ([5, 4], "frames 5 to 4"), ([3, 3], "frame 3")]
)
def test_an_error_names_the_frames_by_their_numbers(numbers: list[int], where: str) -> None:
    frames = [torch.zeros(3, 16, 16, dtype=torch.uint8)] * 2
    maps = feature_maps(Constant((2, 4)), frames, (16, 16), "fp32", CPU, StageClock(CPU), 2, numbers)
    with pytest.raises(ExtractorError, match=f"{where}: a method has to return features"):
        next(maps)


def test_a_shrunk_frame_is_the_mean_of_what_it_covers() -> None:
    stripes = torch.zeros(3, 32, 32, dtype=torch.uint8)
    stripes[:, :, ::2] = 200
    small = shrunk(stripes, FrameRule("square", 32, 1, shrink=16))
    assert (small.shape, small.dtype) == ((3, 16, 16), torch.uint8)
    assert (small[:, :, 2:-2].float() - 100).abs().max() < 8
    assert shrunk(stripes, FrameRule("square", 32, 1)) is stripes


def test_arithmetic_is_restored_after_a_run() -> None:
    before = torch.get_float32_matmul_precision()
    with arithmetic("tf32"):
        assert torch.get_float32_matmul_precision() == "high"
        assert torch.is_inference_mode_enabled()
    assert torch.get_float32_matmul_precision() == before
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("name", ["abacus", "cuda:99"])
def test_a_device_the_machine_lacks_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match=f"--device {name}"):
        choose_device(name)
