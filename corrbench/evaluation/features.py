"""Frames as the protocol sizes them, and the features a method makes of them, streamed."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from corrbench.core.extractor import FeatureExtractor
from corrbench.core.resample import bilinear
from corrbench.errors import ExtractorError
from corrbench.evaluation.clock import StageClock
from corrbench.evaluation.device import AUTOCAST
from corrbench.protocols.rules import FrameRule


def network_size(original: tuple[int, int], rule: FrameRule) -> tuple[int, int]:
    """The size (H, W) that frames of an original size have when a method sees them."""
    if rule.resize == "native":
        return original
    if rule.resize == "square":
        return rule.size, rule.size
    if rule.resize == "rectangle":
        return rule.size, rule.width
    height, width = original
    long = max(original) * rule.size / min(original)
    if rule.multiple == 1:
        side = math.floor(long + 0.5)
    else:
        side = max(rule.multiple, math.floor(long / rule.multiple) * rule.multiple)
    return (rule.size, side) if height <= width else (side, rule.size)


def shrunk(frame: Tensor, rule: FrameRule) -> Tensor:
    """The frame (3, H, W) uint8 at the size that the rule brings it to before anything else, or as it is.

    Pillow's Lanczos with antialias, which is what mediapy gives TAP-Vid.
    """
    if not rule.shrink:
        return frame
    image = Image.fromarray(frame.permute(1, 2, 0).contiguous().numpy())
    small = image.resize((rule.shrink, rule.shrink), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1).contiguous()


def feature_maps(
    extractor: FeatureExtractor,
    frames: Iterable[Tensor],
    size: tuple[int, int],
    precision: str,
    device: torch.device,
    clock: StageClock,
    batch: int = 1,
    numbers: Iterable[int] | None = None,
) -> Iterator[Tensor]:
    """The feature map (C, h, w) of one frame after another, `batch` of them encoded together when the first is needed.

    Frames are taken from the iterator then, resized and encoded; where the device runs out of memory, fewer at once.
    `numbers` are those of the frames in their video, for errors: without them they are counted from 0.
    ExtractorError when the method returns anything but finite features (T, C, h, w).
    """
    source, numbered = iter(frames), iter(count() if numbers is None else numbers)
    while True:
        with clock.stage("io"):
            taken = [frame.to(device, non_blocking=True) for frame in islice(source, batch)]
        if not taken:
            return
        with clock.stage("features"):
            pixels = torch.stack([bilinear(frame.to(torch.float32) / 255, size, "cv2") for frame in taken])
            if device.type == "cuda":
                pixels = pixels.contiguous(memory_format=torch.channels_last)
            del taken
            with torch.autocast(device.type, AUTOCAST.get(precision), enabled=precision in AUTOCAST):
                features, batch = _encoded(extractor, pixels, list(islice(numbered, len(pixels))), batch)
        yield from features.unbind()


def _encoded(extractor: FeatureExtractor, pixels: Tensor, numbers: Sequence[int], batch: int) -> tuple[Tensor, int]:
    """Features (T, C, h, w) of pixels (T, 3, H, W), and how many frames the device had memory for at once."""
    try:
        parts = [_checked(extractor(part), len(part), numbers) for part in pixels.split(batch)]  # type: ignore[no-untyped-call]
    except torch.OutOfMemoryError:
        if batch == 1:
            raise
    else:
        return parts[0] if len(parts) == 1 else torch.cat(parts), batch
    torch.cuda.empty_cache()
    return _encoded(extractor, pixels, numbers, batch // 2)


def _checked(features: Tensor, expected: int, numbers: Sequence[int]) -> Tensor:
    first, last = numbers[0], numbers[-1]
    where = f"frame {first}" if first == last else f"frames {first} to {last}"
    if not isinstance(features, Tensor) or features.ndim != 4 or len(features) != expected:
        found = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise ExtractorError(f"{where}: a method has to return features (T, C, h, w) for T = {expected}; found {found}")
    if not bool(features.isfinite().all()):
        raise ExtractorError(f"{where}: the method returned NaN or infinite features; check its weights")
    return features
