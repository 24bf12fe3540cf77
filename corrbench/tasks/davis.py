"""Video object segmentation: masks of frame 0 carried through the video, scored by J and F."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from corrbench.core.images import LazyFiles, read_mask, write_mask
from corrbench.core.video import MaskVideo
from corrbench.metrics.davis_csv import global_results, per_sequence_results
from corrbench.metrics.summary import SegmentationSummary, summarise_segmentation
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.rules import MaskRule, SegmentationScoring
from corrbench.tasks.mask_scorer import MaskScorer
from corrbench.tasks.masks import MaskPass, at_scored_size, to_channels
from corrbench.tasks.predictions import prediction_files
from corrbench.tasks.task import SequenceScores, Summary


class MaskTask:
    """The task `davis`."""

    name = "davis"
    reader = "davis"
    default_protocol = "stt"
    metrics = ("J&F", "J-Mean", "J-Recall", "J-Decay", "F-Mean", "F-Recall", "F-Decay")

    def start(self, truth: Tensor, grid: tuple[int, int], network: tuple[int, int], protocol: Protocol) -> MaskPass:
        """The walk of the mask (H, W) of frame 0 through its video."""
        truth = at_scored_size(truth, protocol.part(SegmentationScoring))
        return MaskPass(truth, to_channels(truth, grid, network, protocol.part(MaskRule)), network, protocol)

    def scorer(self, video: MaskVideo, protocol: Protocol) -> MaskScorer:
        """A new scorer for the video."""
        return MaskScorer(video, protocol.part(SegmentationScoring))

    def write(self, folder: Path, stem: str, prediction: Tensor) -> None:
        """Write the ids (H, W) as folder/stem.png, indexed with the DAVIS palette."""
        write_mask(folder / f"{stem}.png", prediction)

    def read(self, folder: Path, video: MaskVideo, protocol: Protocol) -> LazyFiles[Tensor]:
        """The predictions in folder/STEM.png, one a frame; those of frames that are not scored may be missing."""
        scoring = protocol.part(SegmentationScoring)
        needed = range(scoring.skip_first, len(video) - scoring.skip_last)
        return LazyFiles(prediction_files(folder, video.stems, ".png", needed), read_mask)

    def summarise(self, sequences: Mapping[str, SequenceScores], protocol: Protocol) -> Summary:
        """The means over objects of all sequences that have scored frames; no metrics where none has."""
        summary = _summary(sequences, protocol)
        notes = [note for scores in sequences.values() for note in scores.notes]
        if summary.unscored:
            notes.append(
                f"left out, for want of objects, annotations or frames to score: {', '.join(summary.unscored)}"
            )
        values = [v for scores in sequences.values() for v in scores.values.values() if v.numel()]
        if values and all(bool((v == 1).all()) for v in values):
            notes.append("every value is exactly 1: check that predictions and ground truth are not the same files")
        return Summary(
            metrics=summary.metrics if values else {},
            objects={
                name: {
                    f"{letter}-{key}": getattr(numbers, key.lower())
                    for letter, numbers in (("J", region), ("F", boundary))
                    for key in ("Mean", "Recall", "Decay")
                }
                for name, (region, boundary) in summary.objects.items()
            },
            notes=tuple(notes),
        )

    def official_files(self, sequences: Mapping[str, SequenceScores], protocol: Protocol, split: str) -> dict[str, str]:
        """The two CSV files of davis2017-evaluation."""
        summary = _summary(sequences, protocol)
        return {
            f"global_results-{split}.csv": global_results(summary),
            f"per-sequence_results-{split}.csv": per_sequence_results(summary),
        }


def davis() -> MaskTask:
    """The plugin `davis` of `corrbench.tasks`."""
    return MaskTask()


def _summary(sequences: Mapping[str, SequenceScores], protocol: Protocol) -> SegmentationSummary:
    values = {name: (scores.values["J"], scores.values["F"]) for name, scores in sequences.items()}
    scoring = protocol.part(SegmentationScoring)
    return summarise_segmentation(values, scoring.recall_threshold, scoring.decay_bins)
