"""What is counted of the predicted parts of a video: pixels of classes, and matches of instances."""

from collections.abc import Mapping, Sequence
from math import nan

import torch
from torch import Tensor

from corrbench.core.images import VOID
from corrbench.core.part_classes import CLASSES
from corrbench.core.parts import PartLabel
from corrbench.core.video import Video
from corrbench.errors import PredictionError
from corrbench.metrics.double import to_double
from corrbench.metrics.parts import confusion_matrix
from corrbench.metrics.parts_volume import InstanceMatches, match_instances, volume_precision
from corrbench.protocols.part_rules import VOLUME_OVERLAPS, PartScoring
from corrbench.tasks.part_labels import PartPrediction
from corrbench.tasks.task import SequenceScores

Label = Tensor | PartLabel
Prediction = Tensor | PartPrediction


class PartScorer:
    """Confusion matrices and matched instances of the frames that the protocol scores and the data set annotates.

    Frames may be added in any order, and from several threads.
    """

    any_order = True

    def __init__(self, video: Video[Label], scoring: PartScoring) -> None:
        self._video = video
        self._scoring = scoring
        # One block for all frames: small ones kept between the large ones of a frame would fragment the heap.
        self._confusion = torch.zeros(len(video), scoring.classes, scoring.classes, dtype=torch.float64)
        self._scored: set[int] = set()
        self._matches: dict[int, InstanceMatches] = {}

    def wants(self, index: int) -> bool:
        """Whether the protocol scores frame `index`."""
        return index > 0 or self._scoring.include_first

    def add(self, index: int, predicted: Prediction, truth: Label | None) -> None:
        """Count the class ids (H, W) of one frame, and match its instances where truth and prediction have them.

        PredictionError for void, an id that is no class, another size.
        """
        if truth is None:
            return
        classes, true_classes = _classes(predicted), _classes(truth)
        self._check(index, classes, true_classes)
        matrix = confusion_matrix(classes, true_classes.to(classes.device), self._scoring.classes)
        self._confusion[index] = to_double(matrix).cpu()
        self._scored.add(index)
        if isinstance(predicted, PartPrediction) and isinstance(truth, PartLabel):
            true = truth.instances.to(classes.device)
            self._matches[index] = match_instances(predicted.instances, predicted.scores, true, self._scoring.classes)

    def scores(self) -> SequenceScores:
        """`confusion`, pixels of each true class (row) and predicted class (n, K, K), and `index`, the frames (n,).

        Where the instances of every frame were matched, also `annotated`, the true instances of each class (n, K), and
        of the P predicted ones, frame by frame, `instance_class`, `instance_score` and `instance_overlap`, (P,).
        """
        indices = sorted(self._scored)
        values = {"confusion": self._confusion[indices], "index": torch.tensor(indices, dtype=torch.float64)}
        if indices and len(self._matches) == len(indices):
            values |= _stored([self._matches[index] for index in indices])
        stems = tuple(self._video.stems[index] for index in indices)
        return SequenceScores(class_names(self._scoring.classes), stems, values)

    def _check(self, index: int, predicted: Tensor, truth: Tensor) -> None:
        where = f"{self._video.name}, frame {self._video.stems[index]}"
        if predicted.shape != truth.shape:
            raise PredictionError(
                f"{where}: the prediction has size {tuple(predicted.shape)}, the ground truth {tuple(truth.shape)} "
                "(rows, columns); resize it with nearest neighbour before scoring"
            )
        largest = int(predicted.max())
        if largest == VOID:
            raise PredictionError(f"{where}: the prediction holds 255 (void); write 0 where there is no part")
        if largest >= self._scoring.classes:
            raise PredictionError(
                f"{where}: the prediction holds class {largest}, but the classes are 0 to {self._scoring.classes - 1}; "
                "write class ids, not colours or instances"
            )


def class_names(count: int) -> tuple[str, ...]:
    """The names of the classes 0 to count - 1; an id that VIP has not is its own name."""
    return CLASSES[:count] + tuple(str(number) for number in range(len(CLASSES), count))


def _classes(parts: Label | Prediction) -> Tensor:
    """The class ids (H, W), with or without instances beside them."""
    return parts if isinstance(parts, Tensor) else parts.classes


def _stored(frames: Sequence[InstanceMatches]) -> dict[str, Tensor]:
    """The matches of the frames of a video as values that are stored."""
    return {
        "annotated": torch.stack([frame.annotated for frame in frames]).double(),
        "instance_class": torch.cat([frame.classes for frame in frames]).double(),
        "instance_score": torch.cat([frame.scores for frame in frames]),
        "instance_overlap": torch.cat([frame.overlaps for frame in frames]),
    }


def volume(sequences: Mapping[str, SequenceScores]) -> tuple[float, list[str]]:
    """AP^r_vol over all videos, and a note where only some of them have instances; NaN where not all have."""
    scored = {name: scores.values for name, scores in sequences.items() if scores.stems}
    without = [name for name, values in scored.items() if "annotated" not in values]
    if without:
        some = len(without) < len(scored)
        return nan, [f"no AP_vol, for want of instances: {', '.join(without)}"] if some else []
    matches = [
        InstanceMatches(
            classes=values["instance_class"].long(),
            scores=values["instance_score"],
            overlaps=values["instance_overlap"],
            annotated=values["annotated"].sum(0).long(),
        )
        for values in scored.values()
    ]
    mean = volume_precision(matches, VOLUME_OVERLAPS).mean
    return (nan if mean != mean else mean), []
