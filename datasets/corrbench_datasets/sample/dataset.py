"""The embedded sample as a data set: its files on disk, and the identity of what was generated."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.images import LazyFiles, read_frame, read_mask
from corrbench.core.video import MaskVideo, Video
from corrbench.errors import DataError
from corrbench_datasets.sample.store import read_about
from corrbench_datasets.sample.write import FRAMES, MASKS, SPLIT, combined_hash


@dataclass(frozen=True)
class SampleDataset:
    """The videos of one sample folder; labels are masks, every frame is annotated."""

    root: Path
    official: bool = True  # whether length and difficulty are the defaults

    @cached_property
    def about(self) -> dict[str, Any]:
        """What sample.json says: version, parameters, and of each sequence its ids, points and hash."""
        return read_about(self.root)

    @property
    def sequences(self) -> tuple[str, ...]:
        """The names of the videos, in the order of the list file."""
        return tuple(self.about["sequences"])

    def video(self, name: str) -> MaskVideo:
        """One video; its frames and masks are read when they are indexed."""
        self._require((name,))
        stems = tuple(f"{index:05d}" for index in range(self.about["parameters"]["frames"]))
        frames = [self.root / FRAMES / name / f"{stem}.jpg" for stem in stems]
        masks = [self.root / MASKS / name / f"{stem}.png" for stem in stems]
        return Video(name, LazyFiles(frames, read_frame), LazyFiles(masks, read_mask), stems)

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences; its hash is over the arrays before JPEG, in the list's order."""
        self._require(sequences)
        chosen = [name for name in self.sequences if name in sequences]
        return DatasetIdentity(
            name="sample",
            split=SPLIT,
            sequences=tuple(sequences),
            complete=self.official and len(chosen) == len(self.sequences),
            hash=combined_hash(self.about, chosen)[:12],
        )

    def _require(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.sequences:
                raise DataError(
                    f"the embedded sample has no sequence {name!r}; choose from {', '.join(self.sequences)}"
                )
