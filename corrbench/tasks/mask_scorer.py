"""The scorer of masks: J and F, a few frames at a time."""

import threading
from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from corrbench.core.images import VOID
from corrbench.core.video import MaskVideo
from corrbench.errors import PredictionError
from corrbench.metrics.boundary import boundary_radius
from corrbench.metrics.counting import FrameScores
from corrbench.metrics.packed import packed_scores
from corrbench.metrics.segmentation import batch_scores
from corrbench.protocols.rules import SegmentationScoring
from corrbench.tasks.masks import at_scored_size
from corrbench.tasks.task import SequenceScores

ABSENT_SHARE = 0.5  # of scored frames without the object, from which on a note says so
BATCH_PIXELS = 2**22  # of the masks scored together: ten frames of one object at 480p, and some 40 MB of a GPU

Waiting = tuple[int, Tensor, Tensor]  # frame, prediction, truth


class MaskScorer:
    """J and F of the objects of frame 0, on the frames that the protocol scores and the data set annotates.

    Frames may be added in any order, and from several threads. They wait until there are enough to be scored together;
    until then their predictions must not be written to.
    """

    any_order = True

    def __init__(self, video: MaskVideo, scoring: SegmentationScoring) -> None:
        self._video = video
        self._scoring = scoring
        first = video.labels[0]
        self._objects = 0 if first is None else int(first.masked_fill(first == VOID, 0).max())
        # Python numbers, not tensors: small blocks kept between the large ones of a frame would fragment the heap.
        self._frames: dict[int, FrameScores] = {}
        self._waiting: defaultdict[tuple[bool, torch.Size], list[Waiting]] = defaultdict(list)  # by device and size
        self._lock = threading.Lock()  # of what waits

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        return self._scoring.skip_first <= index < len(self._video) - self._scoring.skip_last

    def add(self, index: int, predicted: Tensor, truth: Tensor | None) -> None:
        """Score the ids (H, W) of one frame. PredictionError for void, an id that frame 0 lacks, or another size.

        An id on a GPU may be refused by a later call or by `scores`.
        """
        if truth is None:
            return
        truth = at_scored_size(truth, self._scoring)
        self._check_size(index, predicted, truth)
        on_cpu = predicted.device.type == truth.device.type == "cpu"
        if on_cpu:
            self._check_ids(index, int(predicted.numpy().max()))  # torch would start threads of its own in each thread
        key = on_cpu, predicted.shape
        with self._lock:
            batch = self._waiting[key]
            batch.append((index, predicted, truth))
            if (len(batch) + 1) * max(self._objects, 1) * predicted.numel() <= BATCH_PIXELS:
                return
            del self._waiting[key]
        self._score(on_cpu, batch)

    def scores(self) -> SequenceScores:
        """J and F, each (O, n)."""
        while self._waiting:
            (on_cpu, _), batch = self._waiting.popitem()
            self._score(on_cpu, batch)
        objects = tuple(str(number) for number in range(1, self._objects + 1))
        frames = [self._frames[index] for index in sorted(self._frames)]
        values = {
            measure: torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(objects)).t().contiguous()  # (O, n)
            for measure, rows in (("J", [f.region for f in frames]), ("F", [f.boundary for f in frames]))
        }
        shares = [sum(column) / len(column) for column in zip(*(f.absent for f in frames), strict=True)]
        notes = [
            f"{self._video.name}: object {number} is absent from {share:.0%} of the scored frames; "
            "predicting nothing there scores 1"
            for number, share in zip(objects, shares, strict=False)  # no shares where nothing was scored
            if share > ABSENT_SHARE
        ]
        stems = tuple(self._video.stems[index] for index in sorted(self._frames))
        return SequenceScores(objects, stems, values, tuple(notes))

    def _score(self, on_cpu: bool, batch: Sequence[Waiting]) -> None:
        """Keep the values of these frames of one size."""
        indices, predicted, truth = zip(*batch, strict=True)
        tolerance = self._scoring.boundary_tolerance
        if on_cpu:
            height, width = predicted[0].shape
            radius = boundary_radius(height, width, tolerance)
            pairs = [(predicted.numpy(), truth.numpy()) for _, predicted, truth in batch]
            self._frames.update(zip(indices, packed_scores(pairs, self._objects, radius), strict=True))
            return
        device = predicted[0].device
        scores = batch_scores(torch.stack(predicted), torch.stack(truth).to(device), self._objects, tolerance)
        for index, largest, values in zip(indices, scores.largest.tolist(), scores.frames(), strict=True):
            self._check_ids(index, largest)
            self._frames[index] = values

    def _where(self, index: int) -> str:
        return f"{self._video.name}, frame {self._video.stems[index]}"

    def _check_size(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        if predicted.shape != truth.shape:
            raise PredictionError(
                f"{self._where(index)}: the prediction has size {tuple(predicted.shape)}, the ground truth "
                f"{tuple(truth.shape)} (rows, columns); resize it with nearest neighbour before scoring"
            )

    def _check_ids(self, index: int, largest: int) -> None:
        if largest == VOID:
            raise PredictionError(
                f"{self._where(index)}: the prediction holds 255 (void); write 0 where there is no object"
            )
        if largest > self._objects:
            raise PredictionError(
                f"{self._where(index)}: the prediction holds id {largest}, but frame 0 of the ground truth has objects "
                f"1 to {self._objects}; check that ids are those of frame 0"
            )
