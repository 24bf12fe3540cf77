"""Labels of body parts: the class of every pixel, and the instances of parts where a data set has them."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class PartInstances:
    """The instances of parts in one frame. A pixel whose id is 0 or is not listed belongs to none."""

    pixels: Tensor  # (H, W) integers >= 0, the id of the instance that covers each pixel
    ids: Tensor  # (n,) int64, each one once; some may cover no pixel
    classes: Tensor  # (n,) int64, the part that each is

    def to(self, device: torch.device | str) -> "PartInstances":
        """The same instances on a device."""
        return replace(self, pixels=self.pixels.to(device), ids=self.ids.to(device), classes=self.classes.to(device))

    @property
    def places(self) -> Tensor:
        """The place of each pixel's instance in the list of ids, from 1, and 0 where there is none: (H, W) int64."""
        pixels, ids = self.pixels.long(), self.ids
        # The table reaches as far as the pixels go, so that an id read from a file decides nothing about memory.
        table = torch.zeros(int(pixels.amax()) + 1 if pixels.numel() else 1, dtype=torch.int64, device=pixels.device)
        present = (ids > 0) & (ids < len(table))
        table[ids[present]] = torch.arange(1, len(ids) + 1, device=ids.device)[present]
        return table[pixels]


@dataclass(frozen=True)
class PartLabel:
    """The label of one frame of a data set that knows instances; of one that does not, it is the classes alone."""

    classes: Tensor  # (H, W) uint8 class ids, 255 is ignored
    instances: PartInstances

    def to(self, device: torch.device | str) -> "PartLabel":
        """The same label on a device."""
        return PartLabel(self.classes.to(device), self.instances.to(device))
