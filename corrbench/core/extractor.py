"""The one interface between a method and the harness."""

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class FeatureExtractor(Protocol):
    """Anything callable that maps frames to feature maps and says its stride.

    The harness gives every method the same pixels, RGB in [0, 1]; the method normalises its own input and
    returns raw features: whether they are L2-normalised is the protocol's choice. A method that is a
    `torch.nn.Module` is put in evaluation mode and moved to the device of the run; any other may have `.to(device)`.

    Optional: `network_size(height, width) -> (height, width)`, the size the method resizes frames to by itself
    (a ViT whose patch does not divide the frame), which then stands in the record; `weights_sha256`, the hash of
    weights that did not come from a file the user named.
    """

    @property
    def stride(self) -> int:
        """Pixels of the frame per cell of the feature grid; a plain attribute does."""
        ...

    def __call__(self, frames: Tensor) -> Tensor:
        """Features (T, C, h, w) of frames (T, 3, H, W), float32 RGB in [0, 1]."""
        ...
