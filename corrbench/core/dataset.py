"""What a data-set reader returns: videos by name, and an identity that goes into every record."""

from dataclasses import asdict, dataclass
from typing import Any, Protocol

from corrbench.core.video import Video


@dataclass(frozen=True)
class DatasetIdentity:
    """Which data a number was measured on. Rows of different identities are never ranked together."""

    name: str  # davis2016, davis2017, segtrack2, sample, ...
    split: str
    sequences: tuple[str, ...]
    complete: bool  # whether these are all sequences of the official list
    hash: str  # 12 hex digits over the content of the sequences

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {**asdict(self), "sequences": list(self.sequences)}


class Dataset(Protocol):
    """Videos by name. A reader is a plugin of `corrbench.datasets`: a function of settings that returns one."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """The names of the videos, in the official order."""
        ...

    def video(self, name: str) -> Video[Any]:
        """One video; its frames and labels are read when they are indexed."""
        ...

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences of the data set."""
        ...
