"""Four sequences of OTB as they are."""

from pathlib import Path

import pytest
from torch import Tensor

from corrbench_datasets.otb import otb


def box(label: Tensor | None) -> list[float]:
    assert label is not None
    values: list[float] = label.tolist()
    return values


@pytest.mark.data
def test_four_real_sequences_are_read(data: Path) -> None:
    reader = otb(data / "otb")
    assert reader.sequences == ("Crossing", "Deer", "Diving", "KiteSurf")
    assert otb(data / "otb", version=2013).sequences == ("Crossing", "Deer")
    videos = [reader.video(name) for name in reader.sequences]
    assert [len(video) for video in videos] == [120, 71, 215, 84]
    assert len(list((data / "otb/Diving/img").iterdir())) == 231
    assert [box(video.labels[0]) for video in videos] == [
        [204, 150, 17, 50],
        [305, 4, 95, 65],
        [176, 50, 21, 129],
        [203, 40, 23, 30],
    ]
    assert box(videos[2].labels[214]) == [141, 68, 70, 109]
    assert videos[1].frames[70].shape == (3, 400, 704)
    assert all(label is not None for video in videos for label in video.labels)


@pytest.mark.data
def test_real_sequences_have_an_identity(data: Path) -> None:
    identity = otb(data / "otb").identity(("Deer", "KiteSurf"))
    assert (identity.name, identity.sequences, identity.complete) == ("otb2015", ("Deer", "KiteSurf"), False)
    assert identity.hash == otb(data / "otb").identity(("KiteSurf", "Deer")).hash
