"""What can be set of the random walk: small by default, with the published values beside."""

from dataclasses import dataclass
from typing import Literal

from corrbench.errors import SettingError

STRIDE = 8  # of the encoder: max pool kept, layer3 and layer4 at stride 1 (videowalk 2e410980, code/resnet.py)


@dataclass(frozen=True)
class Settings:
    """The defaults fit two CPU cores; `PUBLISHED` holds the values of the paper's README command.

    With `nodes=patches`, as published, each of 49 patches goes through the encoder by itself: three times the
    pixels of a frame, and layer4 at stride 8 on all of them. With `nodes=dense` the nodes are the cells of one
    pass over the whole frame (in the reference code too: code/model.py, pixels_to_nodes, N == 1). At 128 pixels
    a frame then takes .9 thousand million multiplications up to layer3, against 37 for a published frame.
    Patches below 64 pixels hold too little to be told apart; size=192 gives 25 of 64 pixels.
    """

    nodes: Literal["patches", "dense"] = "dense"
    layer: Literal["layer3", "layer4"] = "layer3"  # the last one of the encoder; layer4 in CRW
    size: int = 128  # side of the square frames, in pixels; 256 in CRW
    patch: int = 64  # side of a patch, in pixels
    patch_stride: int = 32  # from one patch to the next, in pixels: 7 x 7 of them at size 256
    patch_area: tuple[float, float] = (0.7, 0.9)  # share of a patch that is kept, drawn anew in each frame
    frames: int = 4  # of a clip, as in CRW's README; 10 in its paper
    gap: int = 2  # frames from one of the clip to the next; CRW reads 8 a second, clips here have about 15
    crop_area: tuple[float, float] = (0.8, 0.95)  # share of a frame that is kept, drawn anew in each frame
    crop_ratio: tuple[float, float] = (0.7, 1.3)  # width over height of what is kept
    channels: int = 128  # of a node
    temperature: float = 0.05  # of the README command; 0.07 in the paper
    edge_dropout: float = 0.1
    skip_shortest: bool = True  # walk at least two frames away, as the code does (code/model.py: range(1, …))
    normalisation: Literal["imagenet", "cifar"] = "imagenet"  # see `recipe`

    def __post_init__(self) -> None:
        shortest = 3 if self.skip_shortest else 2
        if self.frames < shortest:
            raise SettingError(f"frames={self.frames} leave no walk there and back; give {shortest} or more")
        if self.gap < 1:
            raise SettingError(f"gap={self.gap} is not a number of frames; give 1 or more")
        if self.nodes == "patches" and not 16 <= self.patch <= self.size:  # reflection needs maps of 2 x 2
            raise SettingError(f"patch={self.patch} does not fit frames of size={self.size}; give 16 to {self.size}")
        if self.patch_stride < 1:
            raise SettingError(f"patch_stride={self.patch_stride} is not a number of pixels; give 1 or more")
        if self.side < 2:
            raise SettingError(f"size={self.size} gives one node only; give larger frames, or smaller patches")
        if self.temperature <= 0:
            raise SettingError(f"temperature={self.temperature} does not fit; give more than 0")
        if not 0 <= self.edge_dropout < 1:
            raise SettingError(f"edge_dropout={self.edge_dropout} is not a share of edges; give 0 or more, below 1")

    @property
    def side(self) -> int:
        """How many nodes lie in a row; a frame has that number squared."""
        if self.nodes == "dense":
            return -(-self.size // STRIDE)
        return (self.size - self.patch) // self.patch_stride + 1


PUBLISHED = Settings(nodes="patches", layer="layer4", size=256)
