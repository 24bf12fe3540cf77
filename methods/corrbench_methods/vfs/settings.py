"""What can be set of VFS: small by default, with the published values beside."""

from dataclasses import dataclass

from corrbench.errors import SettingError
from corrbench_methods.resnet_parts import Depth


@dataclass(frozen=True)
class Settings:
    """VFS 87ca362, configs/r18_nc_sgd_cos_100e_r2_1xNx8_k400.py, but for the size; `PUBLISHED` has that too."""

    depth: Depth = 18
    frames: int = 8  # of a video, half of them in each clip; 2 with VFS's ResNet-50
    size: int = 128  # pixels of a side; 224 in VFS
    zero_init_last: bool = False  # True in VFS; here all methods can start from the same weights

    def __post_init__(self) -> None:
        if self.frames < 2 or self.frames % 2:
            raise SettingError(f"frames={self.frames} do not make two clips; give an even number, such as 8")
        if self.size < 1:
            raise SettingError(f"size={self.size} is not a number of pixels; give 1 or more")


PUBLISHED = Settings(size=224, zero_init_last=True)
