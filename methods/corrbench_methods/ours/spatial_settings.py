"""What can be set of the spatial stage, and where each value comes from."""

from dataclasses import dataclass, replace
from typing import Literal

from corrbench.errors import SettingError
from corrbench_methods.resnet_parts import Depth, Padding

EMBEDDING = 128  # values of what is compared, in MoCo, MoCo-v2 and DenseCL alike


@dataclass(frozen=True)
class SpatialSettings:
    """MoCo-v2 and DenseCL on one trunk; `MOCO_V2` and `DENSECL` hold what was published.

    The defaults are for some hundred steps of 16 small images: matches that are known, crops that are hard, and
    keys that do not lag. They were chosen by the accuracy in training, not by how well labels propagate.
    """

    # The trunk.
    depth: Depth = 18  # Spa-then-Temp's released teacher and student: 50
    # lab and none are what the temporal stage goes on with; rgb and max what both papers have. With 300 steps a stage
    # (size 96, key_momentum .99, one seed) J&F on the sample was 79.3 after this stage and 81.4 after the next with
    # lab, none and colours as they are; 71.6 and 79.5 with rgb, max and colours that are changed.
    colour: Literal["rgb", "lab"] = "lab"
    pool: Literal["max", "none"] = "none"
    padding: Padding = "zeros"
    layer3_stride: int = 8  # as deployed, so that dense terms train the cells that are evaluated; stock: 16
    layer4_stride: int = 32  # stock, and that of the temporal stage's student

    # The views.
    size: int = 128  # pixels of a side
    least_area: float = 0.2  # share of the image that a view shows
    greatest_area: float = 1.0
    least_overlap: float = 0.25  # share of the query view that the key view shows too; published: 0, any
    flip: float = 0.5  # chance, for each view alone
    jitter: float = 0.0  # chance of (.4, .4, .4, .1); published: .8. 0, with grey=0, keeps colours for what they tell
    grey: float = 0.0  # chance; published: .2
    blur: float = 0.5  # chance
    blur_sigma: float = 1.0  # pixels at most; 2 at size 224

    # The keys.
    # Of the key encoder. Keys that lag behind teach little: with .99 the dense accuracy after 90 steps was .09, with .9
    # it was .24, with 0 it was .21 (dense=1, size 96, one seed). For many thousand steps the published .999.
    key_momentum: float = 0.9
    groups: int = 2  # in which batch norm sees a batch: what one device does in place of shuffling over GPUs
    queue: int = 1024  # keys: 16 batches, and 1024 at least
    # Keys of the other images of the batch too; and of the queue only those that are real. The random ones that
    # MoCo starts from are told apart by making all images alike, and are with it for the first 64 steps here.
    batch_negatives: bool = True

    # The loss: (1 - dense) * image term + dense * dense term, DenseCL's lambda.
    dense: float = 0.5  # 1 leaves layer4 out: then the teacher of the temporal stage has none that was trained
    temperature: float = 0.2  # of the image term; MoCo-v1: .07
    # Which key cell is the same as a query cell. geometry: the one at the same place of the image, which is known
    # and right from the first step; features: the most similar in the trunk, DenseCL's rule, which a trunk
    # that has seen little gets wrong.
    dense_matching: Literal["geometry", "features"] = "geometry"
    dense_layer: Literal["layer3", "layer4"] = "layer3"  # layer3 is what propagates labels
    dense_negatives: Literal["cells", "queue"] = "cells"  # the batch's other cells; a queue of pooled ones
    dense_temperature: float = 0.07  # harder than .1, which saturates within 350 steps
    cells: int = 128  # query cells drawn from an image: with a batch of 16, about 2000 negatives each
    near: int = 1  # key cells of the same image, so far or nearer in rows and columns, are no negatives

    def __post_init__(self) -> None:
        for name in ("dense", "key_momentum", "least_overlap"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f"{name}={getattr(self, name)} is not a share; give 0 to 1")
        for name in ("temperature", "dense_temperature", "groups", "queue", "cells", "size"):
            if getattr(self, name) <= 0:
                raise SettingError(f"{name}={getattr(self, name)} does not fit; give more than 0")
        before = 4 * self.stem  # of layer3, once its own stride is 2
        if self.layer3_stride not in (before // 2, before):
            raise SettingError(
                f"layer3_stride={self.layer3_stride} cannot be had with pool={self.pool}; "
                f"give {before // 2} or {before}"
            )
        if self.layer4_stride not in (factor * self.layer3_stride for factor in (1, 2, 4)):
            raise SettingError(
                f"layer4_stride={self.layer4_stride} cannot be had with layer3_stride={self.layer3_stride}; "
                "give 1, 2 or 4 times that"
            )

    @property
    def stem(self) -> int:
        """The stride before layer1."""
        return 4 if self.pool == "max" else 2

    @property
    def dense_stride(self) -> int:
        """That of the cells of the dense term."""
        return self.layer3_stride if self.dense_layer == "layer3" else self.layer4_stride

    @property
    def strides(self) -> tuple[int, int, int, int]:
        """Those of layer1 to layer4."""
        return 1, 2, self.layer3_stride // (2 * self.stem), self.layer4_stride // self.layer3_stride


# Both with SGD of rate .03, momentum .9 and weight decay 1e-4, on 256 images a step, 200 epochs of ImageNet.
# He et al., CVPR 2020; Chen et al., arXiv 2003.04297: moco 4397a04, moco/builder.py. Groups: its eight GPUs.
MOCO_V2 = SpatialSettings(
    colour="rgb",
    pool="max",
    jitter=0.8,
    grey=0.2,
    dense=0,
    layer3_stride=16,
    size=224,
    blur_sigma=2,
    least_overlap=0,
    key_momentum=0.999,
    groups=8,
    queue=65536,
    batch_negatives=False,
)
# Wang et al., CVPR 2021: DenseCL 5d1c456, openselfsup/models/densecl.py and configs/selfsup/densecl. All 7 x 7 cells.
DENSECL = replace(
    MOCO_V2,
    dense=0.5,
    dense_matching="features",
    dense_layer="layer4",
    dense_negatives="queue",
    dense_temperature=0.2,
    cells=49,
)
