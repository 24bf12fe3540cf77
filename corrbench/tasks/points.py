"""What tasks of points share: the walk through a video, and the scorer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import DataError, PredictionError
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import PointRule
from corrbench.tasks.point_labels import LOST, read_maps, to_channels, to_positions
from corrbench.tasks.task import SequenceScores

PointVideo = Video[Points]
Measure = Callable[[int, Points, Points], Mapping[str, Tensor]]  # frame, predicted, truth -> name -> (J,)


@dataclass(frozen=True)
class PointPass:
    """One walk of points through a video."""

    names: tuple[str, ...]
    first: Tensor  # (K, h, w) soft labels of frame 0
    start: Tensor  # (J, 2) what is predicted for frame 0
    network: tuple[int, int]
    original: tuple[int, int]
    rule: PointRule

    def predict(self, index: int, soft: Tensor) -> Points:
        """The points of frame `index` on the CPU, visible where they were found; a lost one is at (-1, -1)."""
        found = to_positions(soft, self.network, self.original, self.rule) if index else self.start
        return as_prediction(self.names, found)


class PointScorer:
    """The values of points on the frames that the protocol scores and the data set annotates.

    Frames may be added in any order and from several threads.
    """

    any_order = True

    def __init__(self, video: PointVideo, skip_first: int, measure: Measure) -> None:
        self._video = video
        self._skip_first = skip_first
        self._measure = measure
        first = video.labels[0]
        self._names = () if first is None else first.names
        self._frames: dict[int, dict[str, list[float]]] = {}

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`, where it is annotated."""
        return index >= self._skip_first

    def add(self, index: int, predicted: Points, truth: Points | None) -> None:
        """Measure the points of one frame. PredictionError when they are not those of the ground truth."""
        if truth is None:
            return
        if predicted.names != truth.names:
            raise PredictionError(
                f"{self._video.name}, frame {self._video.stems[index]}: predicted {len(predicted.names)} points, the "
                f"ground truth has {len(truth.names)}, {', '.join(truth.names[:3])}, …; predict these, in this order"
            )
        measured = self._measure(index, predicted.to("cpu"), truth.to("cpu"))
        self._frames[index] = {name: values.tolist() for name, values in measured.items()}

    def scores(self) -> SequenceScores:
        """Every measure, (J, n); none where nothing was scored."""
        indices = sorted(self._frames)
        frames = [self._frames[index] for index in indices]
        values = {
            name: torch.tensor([frame[name] for frame in frames], dtype=torch.float64).t().contiguous()  # (J, n)
            for name in (frames[0] if frames else ())
        }
        return SequenceScores(self._names, tuple(self._video.stems[index] for index in indices), values)


def start_points(truth: Points, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> PointPass:
    """The walk of the points of frame 0 through its video.

    DataError when there are none, or they do not tell the size of their frame.
    """
    if not truth.names:
        raise DataError("frame 0 has no points to follow; annotate it, or leave the video out with --sequences")
    if truth.size is None:
        raise DataError("the points of frame 0 come without the size of the frame; the reader has to give Points.size")
    rule, size = protocol.part(PointRule), truth.size
    soft, drawing = to_channels(truth, grid, network, size, rule)
    drawn = rule.first_output == "drawing"
    start = read_maps(drawing, network, size, rule) if drawn else to_positions(soft, network, size, rule)
    return PointPass(truth.names, soft, start, network, size, rule)


def as_prediction(names: tuple[str, ...], positions: Tensor) -> Points:
    """Predicted positions (J, 2) as points, visible where they are not lost."""
    return Points(names, positions, (positions != LOST).any(1))
