"""Keys of earlier batches, as negatives: MoCo's queue."""

import torch
from torch import Generator, Tensor, distributed, nn
from torch.nn import functional as F


class Queue(nn.Module):
    """The last `size` keys, (size, C), of length 1; at first random ones (moco 4397a04, moco/builder.py).

    They, the place of the next one and how many are real are buffers, so a checkpoint holds them. Keys wait from
    the loss, which must not meet them as negatives, to the end of the step.
    """

    def __init__(self, size: int, channels: int, generator: Generator) -> None:
        super().__init__()
        self.keys: Tensor
        self.next: Tensor  # (), which key is replaced next: the oldest
        self.register_buffer("keys", F.normalize(torch.randn(size, channels, generator=generator), dim=1))
        self.real: Tensor  # (), how many keys are no longer the random ones, from the first on
        self.register_buffer("next", torch.zeros((), dtype=torch.long))
        self.register_buffer("real", torch.zeros((), dtype=torch.long))
        self._waiting: Tensor | None = None

    @property
    def random(self) -> Tensor:
        """Which keys are still those of the start, (size,), bool."""
        return torch.arange(len(self.keys), device=self.keys.device) >= self.real

    def hold(self, keys: Tensor) -> None:
        """Keep keys, (B, C), for `take_in`."""
        self._waiting = keys.detach()

    def take_in(self) -> None:
        """Push the keys that wait, those of all processes, so that all have the same queue."""
        if self._waiting is not None:
            self.push(_of_all_processes(self._waiting))
        self._waiting = None

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Put keys, (B, C), in the place of the B oldest; of more than fit, the last are kept."""
        size = len(self.keys)
        keys = keys[-size:]
        places = (self.next + torch.arange(len(keys), device=keys.device)) % size
        self.keys[places] = keys.to(self.keys.dtype)
        self.next.copy_((self.next + len(keys)) % size)
        self.real.copy_((self.real + len(keys)).clamp_max(size))


def _of_all_processes(keys: Tensor) -> Tensor:
    """Keys (processes * B, C) in the order of the ranks."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return keys
    parts = [torch.empty_like(keys) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, keys.contiguous())
    return torch.cat(parts)
