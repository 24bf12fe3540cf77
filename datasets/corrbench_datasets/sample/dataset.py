"""The embedded sample as a data set: its files on disk, and the identity of what was generated."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from corrbench.core.dataset import DatasetIdentity
from corrbench.core.images import LazyFiles, read_frame
from corrbench.core.video import Video
from corrbench.errors import DataError
from corrbench_datasets.sample import Labels
from corrbench_datasets.sample.labels import labels_of
from corrbench_datasets.sample.store import read_about
from corrbench_datasets.sample.write import FRAMES, SPLIT, combined_hash


@dataclass(frozen=True)
class SampleDataset:
    """The videos of one sample folder with labels of one kind; every frame is annotated."""

    root: Path
    labels: Labels = "masks"
    official: bool = True  # whether length and difficulty are the defaults

    @cached_property
    def about(self) -> dict[str, Any]:
        """What sample.json says: version, parameters, and of each sequence its ids, points and hash."""
        return read_about(self.root)

    @cached_property
    def sequences(self) -> tuple[str, ...]:
        """The names of the videos that have such labels, in the order of the list file."""
        clips = self.about["sequences"]
        people_only = self.labels in ("pose", "parts", "instances")
        return tuple(name for name, clip in clips.items() if clip["people"] or not people_only)

    def video(self, name: str) -> Video[Any]:
        """One video; its frames and labels are read when they are indexed."""
        self._require((name,))
        stems = tuple(f"{index:05d}" for index in range(self.about["parameters"]["frames"]))
        frames = LazyFiles([self.root / FRAMES / name / f"{stem}.jpg" for stem in stems], read_frame)
        about = self.about["sequences"][name]
        return Video(name, frames, labels_of(self.root, self.labels, name, about, stems), stems)

    def identity(self, sequences: tuple[str, ...]) -> DatasetIdentity:
        """The identity of these sequences; its hash is over the arrays before JPEG, in the list's order."""
        self._require(sequences)
        chosen = [name for name in self.about["sequences"] if name in sequences]
        return DatasetIdentity(
            name="sample",
            split=SPLIT,
            sequences=tuple(sequences),
            complete=self.official and set(sequences) == set(self.sequences),
            hash=combined_hash(self.about, chosen)[:12],
        )

    def _require(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.sequences:
                raise DataError(
                    f"the embedded sample has no sequence {name!r} with {self.labels}; "
                    f"choose from {', '.join(self.sequences)}"
                )
