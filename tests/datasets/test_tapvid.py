"""The TAP-Vid reader: videos from pickles and .npz files, points in pixels, and what is wrong with broken ones."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from corrbench.core.points import Points
from corrbench.errors import DataError
from corrbench_datasets.known_splits import OFFICIAL
from corrbench_datasets.tapvid import TapVid, tapvid

FRAMES, TRACKS = 3, 2


def entry(**changes: Any) -> dict[str, Any]:
    """Three frames of 8 x 10 pixels; two points, of which the second is hidden in frame 1."""
    video = np.zeros((FRAMES, 8, 10, 3), dtype=np.uint8)
    video[:, :, :, 0] = 10 * np.arange(FRAMES)[:, None, None]
    points = np.zeros((TRACKS, FRAMES, 2), dtype=np.float32)
    points[0] = [[0.5, 0.25], [0.25, 0.5], [0, 1]]
    points[1] = [[1, 0], [9, 9], [0.75, 0.125]]
    occluded = np.array([[False, False, False], [False, True, False]])
    return {"video": video, "points": points, "occluded": occluded, **changes}


def jpegs(count: int = FRAMES, size: tuple[int, int] = (10, 8)) -> np.ndarray[Any, Any]:
    """Frames as generate_tapvid.py stores those of Kinetics: byte strings, filled up with zeros."""
    files = []
    for index in range(count):
        file = io.BytesIO()
        Image.new("RGB", size, (40 * index, 0, 0)).save(file, "JPEG", quality=100)
        files.append(file.getvalue())
    return np.array(files)


def write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value))
    return path


def make(root: Path, **changes: Any) -> TapVid:
    return tapvid(write(root / "tapvid_davis.pkl", {"dog": entry(**changes)}).parent)


def refusal(root: Path, **changes: Any) -> str:
    with pytest.raises(DataError) as caught:
        make(root, **changes).video("dog")
    message = str(caught.value)
    assert "\n" not in message
    return message


def labels(data: TapVid, name: str = "dog") -> list[Points]:
    return [points for points in data.video(name).labels if points is not None]


# Videos


def test_a_video_has_frames_and_a_label_for_each(tmp_path: Path) -> None:
    data = make(tmp_path)
    assert data.sequences == ("dog",)
    video = data.video("dog")
    assert (len(video), video.stems) == (3, ("00000", "00001", "00002"))
    assert video.frames[2].shape == (3, 8, 10)
    assert video.frames[2].dtype == torch.uint8
    assert video.frames[2][:, 0, 0].tolist() == [20, 0, 0]
    assert len(labels(data)) == 3
    assert labels(data)[0].names == ("0", "1")
    assert labels(data)[0].scale is None


def test_fractions_of_the_frame_become_pixels_whose_centres_are_whole(tmp_path: Path) -> None:
    first, second, third = labels(make(tmp_path))
    assert first.positions.dtype == torch.float64
    assert first.positions.tolist() == [[4.5, 1.5], [9.5, -0.5]]
    assert second.positions[0].tolist() == [2, 3.5]
    assert third.positions.tolist() == [[-0.5, 7.5], [7, 0.5]]


def test_what_is_not_occluded_is_visible(tmp_path: Path) -> None:
    data = make(tmp_path)
    assert [points.visible.tolist() for points in labels(data)] == [[True, True], [True, False], [True, True]]
    numbers = make(tmp_path / "numbers", occluded=np.array([[0, 0, 0], [0, 1, 0]]))
    assert numbers.video("dog").labels[1] is not None
    assert [points.visible.tolist() for points in labels(numbers)] == [[True, True], [True, False], [True, True]]


def test_a_video_of_jpeg_files_is_decoded_when_indexed(tmp_path: Path) -> None:
    for stored in (jpegs(), list(jpegs())):
        video = make(tmp_path, video=stored).video("dog")
        assert video.frames[1].shape == (3, 8, 10)
        assert abs(int(video.frames[1][0, 0, 0]) - 40) <= 1
        assert len(video.frames[1:]) == 2


def test_the_first_frames_of_a_video_are_a_video(tmp_path: Path) -> None:
    video = make(tmp_path).video("dog").first(2)
    assert (len(video.frames), len(video.labels), video.frames[1][0, 0, 0]) == (2, 2, 10)


def test_a_video_without_points_has_empty_labels(tmp_path: Path) -> None:
    (first, *_) = labels(make(tmp_path, points=np.zeros((0, 3, 2)), occluded=np.zeros((0, 3), dtype=bool)))
    assert (first.names, first.positions.shape, first.visible.shape) == ((), (0, 2), (0,))


# Files


def test_videos_of_a_list_are_numbered(tmp_path: Path) -> None:
    write(tmp_path / "tapvid_rgb_stacking.pkl", [entry(), entry()])
    data = tapvid(tmp_path)
    assert data.sequences == ("00000", "00001")
    assert data.identity(data.sequences).name == "tapvid_rgb_stacking"


def test_shards_are_one_data_set_and_numbered_on(tmp_path: Path) -> None:
    for shard, count in enumerate((2, 1)):
        write(tmp_path / f"tapvid_kinetics/{shard:04d}_of_0002.pkl", [entry(video=jpegs())] * count)
    (tmp_path / "tapvid_kinetics/tapvid_kinetics.csv").touch()
    data = tapvid(tmp_path)
    assert data.sequences == ("00000", "00001", "00002")
    identity = data.identity(data.sequences)
    assert (identity.name, identity.complete) == ("tapvid_kinetics", True)
    (tmp_path / "tapvid_kinetics/0000_of_0002.pkl").unlink()
    assert not tapvid(tmp_path).identity(("00000",)).complete


def test_npz_files_are_videos_by_their_names(tmp_path: Path) -> None:
    for name in ("dog", "cat"):
        np.savez(tmp_path / f"{name}.npz", **entry())
    data = tapvid(tmp_path)
    assert data.sequences == ("cat", "dog")
    assert data.video("cat").frames[1][0, 0, 0] == 10
    assert labels(data)[0].positions.tolist() == [[4.5, 1.5], [9.5, -0.5]]


def test_a_file_may_be_given_for_a_folder(tmp_path: Path) -> None:
    assert tapvid(write(tmp_path / "any.pkl", {"dog": entry()})).sequences == ("dog",)


def test_of_several_data_sets_davis_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "tapvid_davis/tapvid_davis.pkl", {"dog": entry()})
    write(tmp_path / "tapvid_rgb_stacking/tapvid_rgb_stacking.pkl", [entry()])
    assert tapvid(tmp_path).sequences == ("dog",)
    assert tapvid(tmp_path, subset="tapvid_rgb_stacking").sequences == ("00000",)
    with pytest.raises(DataError, match=r"called 'kinetics'; there are tapvid_davis, tapvid_rgb_stacking; name one"):
        tapvid(tmp_path, subset="kinetics")


def test_several_data_sets_without_davis_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.pkl", [entry()])
    write(tmp_path / "b.pkl", [entry()])
    with pytest.raises(DataError, match=r"several data sets; there are a, b; name one with subset="):
        tapvid(tmp_path)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    with pytest.raises(DataError, match=r"looked for .pkl and .npz files here and one level below, found README.md;"):
        tapvid(tmp_path)
    with pytest.raises(DataError, match=r"none: no such file or folder; give the folder of tapvid_davis.pkl"):
        tapvid(tmp_path / "none")


# Identity


def test_the_thirty_videos_of_davis_are_complete_whatever_the_file_is_called(tmp_path: Path) -> None:
    one = entry()
    write(tmp_path / "points.pkl", dict.fromkeys(OFFICIAL["davis2017"]["val"], one))
    data = tapvid(tmp_path)
    identity = data.identity(data.sequences)
    assert (identity.name, identity.split, identity.complete) == ("tapvid_davis", "test", True)
    assert not data.identity(data.sequences[1:]).complete
    assert not make(tmp_path / "part").identity(("dog",)).complete


def test_fifty_videos_of_rgb_stacking_are_complete(tmp_path: Path) -> None:
    for count, complete in ((50, True), (49, False)):
        data = tapvid(write(tmp_path / "tapvid_rgb_stacking.pkl", [entry()] * count))
        assert data.identity(data.sequences).complete is complete


def test_the_hash_follows_content_and_not_the_file(tmp_path: Path) -> None:
    def hashed(name: str, **changes: Any) -> str:
        return make(tmp_path / name, **changes).identity(("dog",)).hash

    before = hashed("one")
    np.savez(tmp_path / "dog.npz", **entry())
    assert tapvid(tmp_path / "dog.npz").identity(("dog",)).hash == before
    assert len(before) == 12
    assert hashed("dark", video=np.zeros((3, 8, 10, 3), dtype=np.uint8)) != before
    assert hashed("turned", video=entry()["video"].reshape(3, 10, 8, 3)) != before
    assert hashed("moved", points=entry()["points"] / 2) != before
    assert hashed("hidden", occluded=np.ones((2, 3), dtype=bool)) != before


# Broken files


def test_a_pickle_that_is_more_than_data_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "tapvid_davis.pkl", {"dog": entry(video=Path("/etc"))})
    with pytest.raises(DataError, match=r"tapvid_davis.pkl: not plain data, it asks for 'pathlib.PosixPath'; nothing"):
        tapvid(tmp_path)


def test_an_npz_file_that_would_have_to_be_unpickled_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "dog.npz", **entry(video=np.array([print], dtype=object)))
    with pytest.raises(DataError, match=r"dog.npz: not a readable .npz file \(Object arrays cannot be loaded"):
        tapvid(tmp_path).video("dog")
    (tmp_path / "dog.npz").write_bytes(b"PK no archive")
    with pytest.raises(DataError, match=r"dog.npz: not a readable .npz file"):
        tapvid(tmp_path).video("dog")


@pytest.mark.parametrize("value", [7, "text", {}, []])
def test_a_file_without_videos_is_refused(value: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"any.pkl: (it holds a|no videos in it)"):
        tapvid(write(tmp_path / "any.pkl", value))


def test_a_video_without_points_or_flags_is_refused(tmp_path: Path) -> None:
    data = tapvid(write(tmp_path / "any.pkl", {"dog": {"video": 1, "tracks": 2}, "cat": [1]}))
    with pytest.raises(
        DataError, match=r"any.pkl, video dog: expected video, points, occluded, found 'video', 'tracks'"
    ):
        data.video("dog")
    with pytest.raises(DataError, match=r"any.pkl, video cat: expected video, points, occluded, found a list"):
        data.video("cat")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"video": np.zeros((3, 8, 10, 3))}, "a frame is float64 (8, 10, 3), expected uint8 (H, W, 3)"),
        ({"video": np.zeros((3, 8, 10), dtype=np.uint8)}, "a frame is uint8 (8, 10), expected uint8 (H, W, 3)"),
        ({"video": np.zeros((0, 8, 10, 3), dtype=np.uint8)}, "no frames in video"),
        ({"video": None}, "no frames in video"),
        ({"video": [b"no image"] * 3}, "frame 0: not a readable image ("),
        ({"points": np.zeros((2, 4, 2))}, "points are float64 (2, 4, 2), expected fractions (N, 3, 2), x and y of N"),
        ({"points": np.zeros((2, 3, 2), dtype=int)}, "points are int64 (2, 3, 2), expected fractions"),
        ({"points": np.zeros((3, 2))}, "points are float64 (3, 2), expected fractions"),
        ({"occluded": np.zeros((3, 2), dtype=bool)}, "occluded is bool (3, 2), expected flags (2, 3)"),
        ({"occluded": np.zeros((2, 3))}, "occluded is float64 (2, 3), expected flags (2, 3)"),
        ({"points": np.full((2, 3, 2), np.nan)}, "a visible point is not finite"),
        ({"points": entry()["points"] * 10}, "5 of 5 visible points are not between 0 and 1, up to 10; points are"),
    ],
)
def test_a_video_that_does_not_fit_is_refused(changes: dict[str, Any], why: str, tmp_path: Path) -> None:
    assert f"{tmp_path}/tapvid_davis.pkl, video dog" in (message := refusal(tmp_path, **changes))
    assert why in message


def test_a_frame_of_another_size_is_refused_when_read(tmp_path: Path) -> None:
    frames = [*jpegs(2), *jpegs(1, size=(10, 9))]
    video = make(tmp_path, video=frames).video("dog")
    with pytest.raises(DataError, match=r"video dog, frame 2: uint8 \(9, 10, 3\), but the first frame is uint8"):
        video.frames[2]


def test_a_frame_that_cannot_be_decoded_is_refused_when_read(tmp_path: Path) -> None:
    video = make(tmp_path, video=[*jpegs(2), b"no image"]).video("dog")
    with pytest.raises(DataError, match=r"video dog, frame 2: not a readable image"):
        video.frames[2]


@pytest.mark.parametrize("name", ["../dog", "/etc", "..", ""])
def test_a_name_with_a_path_in_it_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"any.pkl: .* is not a plain folder name"):
        tapvid(write(tmp_path / "any.pkl", {name: entry()}))


def test_an_unknown_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tapvid_davis.pkl: no sequence 'dogs' in tapvid_davis; did you mean 'dog'?"):
        make(tmp_path).video("dogs")
