"""The task of points with occlusion: what is scored, and how videos come together."""

from math import isnan
from pathlib import Path

import pytest
import torch
from torch import Tensor

from corrbench.core.points import Points
from corrbench.core.video import Video
from corrbench.errors import ProtocolError
from corrbench.evaluation.evaluate import VideoResult
from corrbench.protocols.protocol import Protocol
from corrbench.protocols.tapvid import TAPVID_PROTOCOLS
from corrbench.records.store import RunFiles
from corrbench.tasks.tapvid import tapvid
from corrbench.tasks.task import SequenceScores

STT = TAPVID_PROTOCOLS[0]
STRIDED = STT.with_settings({"query_mode": "strided", "query_step": "2"})
NAMES = ("nose", "tail")
PLACES = torch.tensor([[40.0, 60.0], [90.0, 20.0]], dtype=torch.float64)


def video(nose: str = "....", tail: str = "....") -> Video[Points]:
    """Points that stand still in frames of 256 x 256 pixels, hidden in the frames of a #."""
    labels = [
        Points(NAMES, PLACES - 0.5, torch.tensor([one == ".", other == "."]), size=(256, 256))
        for one, other in zip(nose, tail, strict=True)
    ]
    stems = tuple(f"{index:05d}" for index in range(len(labels)))
    return Video("dog", [torch.zeros(3, 4, 4, dtype=torch.uint8)] * len(labels), labels, stems)


def scored(
    truth: Video[Points], offset: tuple[float, float] = (0, 0), hidden: tuple[int, ...] = (), protocol: Protocol = STT
) -> SequenceScores:
    """The scores of predictions that are all off by `offset`, and hidden in some frames."""
    scorer = tapvid().scorer(truth, protocol)
    places: Tensor = PLACES[scorer.queries.tracks] + torch.tensor(offset)
    for index in range(len(truth)):
        if scorer.wants(index):
            seen = torch.full((len(places),), index not in hidden)
            scorer.add(index, Points(scorer.queries.names, places, seen), None)
    return scorer.scores()


def metrics(scores: SequenceScores, protocol: Protocol = STT) -> dict[str, float]:
    return tapvid().summarise({"dog": scores}, protocol).metrics


@pytest.mark.parametrize("protocol", [STT, STRIDED], ids=["first", "strided"])
def test_the_truth_scores_1(protocol: Protocol) -> None:
    assert metrics(scored(video(), protocol=protocol), protocol) == {"AJ": 1, "delta_avg": 1, "OA": 1}
    assert tuple(metrics(scored(video()))) == tapvid().metrics


def test_one_pixel_of_256_is_beyond_the_first_of_five_distances() -> None:
    assert metrics(scored(video(), (1, 0))) == {"AJ": 0.8, "delta_avg": 0.8, "OA": 1}


def test_positions_are_compared_at_256_pixels_whatever_the_frames_have() -> None:
    truth = video()
    large = [
        Points(NAMES, (PLACES * 4) - 0.5, label.visible, size=(1024, 1024))  # type: ignore[union-attr]
        for label in truth.labels
    ]
    assert metrics(scored(Video("dog", truth.frames, large, truth.stems), (1, 0)))["delta_avg"] == 0.8


def test_a_point_said_to_be_hidden_counts_for_its_place_and_not_for_jaccard() -> None:
    # Of 6 visible points after the first frame, 2 are said to be hidden.
    assert metrics(scored(video(), hidden=(3,))) == {
        "AJ": pytest.approx(2 / 3),
        "delta_avg": 1,
        "OA": pytest.approx(2 / 3),
    }


def test_a_hidden_point_said_to_be_seen_is_wrong_wherever_it_is_said_to_be() -> None:
    found = metrics(scored(video("...#", "....")))
    assert found == {"AJ": pytest.approx(5 / 6), "delta_avg": 1, "OA": pytest.approx(5 / 6)}


def test_first_scores_the_frames_after_a_query_and_strided_all_others() -> None:
    first = scored(video("#...", "...."))
    assert first.values["evaluated"].tolist() == [[0, 0, 1, 1], [0, 1, 1, 1]]
    assert first.objects == NAMES
    strided = scored(video("#...", "...."), protocol=STRIDED)
    assert strided.objects == ("tail", "nose", "tail")
    assert strided.values["evaluated"].tolist() == [[0, 1, 1, 1], [1, 1, 0, 1], [1, 1, 0, 1]]


def test_videos_count_alike_however_many_points_they_have_and_objects_are_tracks() -> None:
    good, bad = scored(video(tail="####")), scored(video(), (500, 0))
    summary = tapvid().summarise({"dog": good, "cat": bad}, STT)
    assert summary.metrics == {"AJ": 0.5, "delta_avg": 0.5, "OA": 1}
    assert list(summary.objects) == ["dog_nose", "cat_nose", "cat_tail"]
    assert summary.objects["dog_nose"]["AJ"] == 1
    assert summary.objects["cat_tail"]["delta_avg"] == 0


def test_the_queries_of_a_track_count_together() -> None:
    summary = tapvid().summarise({"dog": scored(video(), protocol=STRIDED)}, STRIDED)
    assert list(summary.objects) == ["dog_nose", "dog_tail"]


def test_a_video_that_shows_no_point_is_left_out_with_a_note() -> None:
    nothing = scored(video("####", "###."))
    assert nothing.stems == ()
    summary = tapvid().summarise({"dog": scored(video()), "cat": nothing}, STT)
    assert summary.metrics["AJ"] == 1
    assert summary.notes == ("left out, for want of visible points to score: cat",)
    assert tapvid().summarise({"cat": nothing}, STT).metrics == {}


def test_points_that_are_only_seen_where_they_are_asked_for_have_no_delta() -> None:
    found = metrics(scored(video(".###", ".###"), hidden=(1, 2, 3)))
    assert isnan(found["delta_avg"])
    assert found["OA"] == 1


def test_a_run_is_resumed_from_its_stored_values(tmp_path: Path) -> None:
    scores = scored(video(), (1, 0), hidden=(2,))
    files = RunFiles(tmp_path, "tapvid", "sample", "rgb", "0123456789ab")
    files.save_part(VideoResult("dog", 4, scores, {}, {}))
    read = files.load_part("dog")
    assert read is not None
    assert metrics(read.scores) == metrics(scores)


def test_points_are_not_carried_from_frame_0_alone() -> None:
    with pytest.raises(ProtocolError, match="does not say how points are followed"):
        tapvid().start(Points(NAMES, PLACES, torch.ones(2, dtype=torch.bool)), (4, 4), (32, 32), STT)
