"""What a task is: the rules from labels to soft labels, from those to predictions, and from these to numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

from torch import Tensor

from corrbench.core.video import Video
from corrbench.protocols.protocol import Protocol


@dataclass(frozen=True)
class SequenceScores:
    """The values of one video: per object (or joint, or class) and scored frame."""

    objects: tuple[str, ...]  # O names
    stems: tuple[str, ...]  # n scored frames
    values: Mapping[str, Tensor]  # measure -> (O, n) float64 on the CPU, fractions
    notes: tuple[str, ...] = ()  # what a reader of the numbers should know


@dataclass(frozen=True)
class Summary:
    """The numbers of a data set, or of one video, as fractions."""

    metrics: dict[str, float]  # empty where there is no full ground truth
    objects: dict[str, dict[str, float]]  # '<sequence>_<object>' -> metric -> value
    notes: tuple[str, ...] = ()


class VideoPass(Interface):
    """One walk through one video: where the labels start, and what becomes of them.

    Optional: `regions`, where the objects are in frame 0 under a protocol whose boxes follow them.
    """

    first: Tensor  # (K, h, w) soft labels of frame 0

    def predict(self, index: int, soft: Tensor) -> Any:
        """The prediction for frame `index` from its soft labels (K, h, w)."""
        ...


class Scorer(Interface):
    """Takes the predictions of one video, frame by frame, and holds their values."""

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        ...

    def add(self, index: int, predicted: Any, truth: Any) -> None:
        """Score the prediction for one wanted frame; one without truth is passed over."""
        ...

    def scores(self) -> SequenceScores:
        """The values of all frames added."""
        ...


class Task(Interface):
    """A plugin of `corrbench.tasks`: a function without settings that returns one of these.

    Optional: `labels`, the kind of labels that it needs of the embedded sample where these are not masks.
    """

    name: str
    reader: str  # the data-set plugin that reads the task's files
    default_protocol: str
    metrics: tuple[str, ...]  # in the order of tables; the first one ranks

    def start(self, truth: Any, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> VideoPass:
        """The walk of `truth`, the label of frame 0 on the device of the run, through its video.

        The features have `grid` cells, the frames had the size `network` when the method saw them.
        """
        ...

    def scorer(self, video: Video[Any], protocol: Protocol) -> Scorer:
        """A new scorer for the video."""
        ...

    def write(self, folder: Path, stem: str, prediction: Any) -> None:
        """Write the prediction for one frame in the format that official tools read."""
        ...

    def read(self, folder: Path, video: Video[Any], protocol: Protocol) -> Sequence[Any]:
        """The predictions for a video from a folder, one a frame, read when indexed."""
        ...

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The numbers of these sequences together."""
        ...

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """File name -> text of the result files that the official evaluator would write."""
        ...
