"""Frames as the protocol sizes them, and the features a method makes of them, streamed."""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.resample import bilinear
from corrbench.errors import ExtractorError
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import AUTOCAST
from corrbench.protocols.protocol import FrameRule


def network_size(original: tuple[int, int], rule: FrameRule) -> tuple[int, int]:
    """The size (H, W) that frames of an original size have when a method sees them."""
    if rule.resize == "native":
        return original
    if rule.resize == "square":
        return rule.size, rule.size
    height, width = original
    long = max(original) * rule.size / min(original)
    if rule.multiple == 1:
        side = math.floor(long + 0.5)
    else:
        side = max(rule.multiple, math.floor(long / rule.multiple) * rule.multiple)
    return (rule.size, side) if height <= width else (side, rule.size)


def feature_maps(
    extractor: FeatureExtractor,
    frames: Sequence[Tensor],
    size: tuple[int, int],
    precision: str,
    device: torch.device,
    clock: StageClock,
) -> Iterator[Tensor]:
    """The feature map (C, h, w) of one frame after another, each read, resized and encoded when it is asked for.

    ExtractorError when the method returns anything but finite features (1, C, h, w).
    """
    for index in range(len(frames)):
        with clock.stage("io"):
            frame = frames[index].to(device)
        with clock.stage("features"):
            pixels = bilinear(frame.to(torch.float32) / 255, size, "cv2")[None]  # (1, 3, H, W)
            with torch.autocast(device.type, AUTOCAST.get(precision), enabled=precision in AUTOCAST):
                features = extractor(pixels)
        yield _checked(features, index)


def _checked(features: Tensor, index: int) -> Tensor:
    if not isinstance(features, Tensor) or features.ndim != 4 or len(features) != 1:
        found = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise ExtractorError(f"frame {index}: a method has to return features (T, C, h, w) for T = 1; found {found}")
    if not bool(features.isfinite().all()):
        raise ExtractorError(f"frame {index}: the method returned NaN or infinite features; check its weights")
    return features[0]
