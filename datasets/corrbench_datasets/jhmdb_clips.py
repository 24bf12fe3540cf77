"""Where JHMDB lies, and which clips a split has: from its own split files, or from a list such as UVC's."""

from dataclasses import dataclass
from pathlib import Path

from corrbench.core.files import require_plain_name
from corrbench.errors import DataError, SettingError
from corrbench_datasets.davis_layout import some, visible
from corrbench_datasets.probing import find_root

_FRAMES = ("Rename_Images", "Frames")  # in the order of preference
_JOINTS, _JOINTS_FILE = "joint_positions", "joint_positions.mat"
_SPLITS = ("test1", "test2", "test3")
_NUMBERS, _TEST = ("0", "1", "2"), "2"  # behind a clip in a split file: unused, training, test
_CLASSES = 21
_CLIPS = {"test1": 268}  # that papers score: testlist_split1.txt of github.com/Liusifei/UVC, branch jhmdb


@dataclass(frozen=True)
class Clip:
    """A clip by its action class and its name, which no other clip has."""

    action: str
    name: str


@dataclass(frozen=True)
class Folders:
    """The root, and the two folders that hold ACTION/CLIP."""

    root: Path
    frames: Path
    joints: Path

    def frames_of(self, clip: Clip) -> Path:
        """The folder of the frames of a clip."""
        return self.frames / clip.action / clip.name

    def joints_of(self, clip: Clip) -> Path:
        """The file of the joints of a clip."""
        return self.joints / clip.action / clip.name / _JOINTS_FILE


def find_folders(given: Path) -> Folders:
    """The folders of JHMDB in a folder or up to two levels below it; DataError when they are not there."""
    root = find_root(given, _is_root, f"{' or '.join(_FRAMES)} and {_JOINTS}")
    frames = next(root / name for name in _FRAMES if (root / name).is_dir())
    return Folders(root, frames, root / _JOINTS)


def find_clips(folders: Folders, split: str, list_file: Path | None) -> tuple[Clip, ...]:
    """The clips of a list file, or else those that splits/ACTION_test_splitN.txt give to split testN.

    DataError when there is no such file, a line of it does not fit, or a clip has no frames or no joints; SettingError
    for another split.
    """
    if split not in _SPLITS:
        raise SettingError(f"jhmdb: no split {split!r}; there are {', '.join(_SPLITS)}")
    if list_file is None:
        source, clips = _split_clips(folders, split)
    else:
        source = list_file.expanduser()
        clips = listed_clips(source)
    names: dict[str, Clip] = {}
    for clip in clips:
        if names.setdefault(clip.name, clip) != clip:
            raise DataError(
                f"{source}: two clips are called {clip.name}, of {names[clip.name].action} and of {clip.action}; "
                "keep the right one"
            )
    for what, folder, missing in (
        ("folder", folders.frames, [clip for clip in names.values() if not folders.frames_of(clip).is_dir()]),
        (_JOINTS_FILE, folders.joints, [clip for clip in names.values() if not folders.joints_of(clip).is_file()]),
    ):
        if missing:
            raise DataError(
                f"{source}: {len(missing)} of {len(names)} clips have no {what} in {folder}: "
                f"{some(f'{clip.action}/{clip.name}' for clip in missing)}; add them, or give a list of those there "
                "are with list_file="
            )
    return tuple(names.values())


def is_whole(split: str, clips: tuple[Clip, ...]) -> bool:
    """Whether these can be all clips of an official split: 268 in test1, some of every class in the others."""
    if split in _CLIPS:
        return len(clips) == _CLIPS[split]
    return len({clip.action for clip in clips}) == _CLASSES


def listed_clips(source: Path) -> tuple[Clip, ...]:
    """The clips of a list, one a line, each once, in the order of first appearance.

    A line names joint_positions.mat and the folder of the frames of a clip in either order (UVC writes the file first,
    videowalk expects the folder first), one of the two, or ACTION/CLIP; numbers behind it are passed over. Of each path
    only the action and the clip are taken, wherever its author kept the data. DataError when a line names no clip, or
    two; or when the list is empty.
    """
    clips: dict[Clip, None] = {}
    for number, line in _lines(source):
        where = f"{source}, line {number}"
        words = [word for word in line.replace("\\", "/").split() if "/" in word]
        of_joints = [_ends(word.rpartition("/")[0]) for word in words if word.endswith(".mat")]
        of_frames = [_ends(word.rstrip("/")) for word in words if not word.endswith(".mat")]
        if not words:
            raise DataError(f"{where}: {line.strip()!r} names no clip; write ACTION/CLIP, or the paths of its data")
        if of_joints and of_frames and of_joints[0] not in of_frames:
            raise DataError(
                f"{where}: the joints are of {of_joints[0][1]}, the frames of {of_frames[-1][1]}; name one clip a line"
            )
        clips[_clip(of_joints[0] if of_joints else of_frames[-1], where)] = None
    if not clips:
        raise DataError(f"{source}: an empty list; write one clip a line")
    return tuple(clips)


def _is_root(folder: Path) -> bool:
    return (folder / _JOINTS).is_dir() and any((folder / name).is_dir() for name in _FRAMES)


def _split_clips(folders: Folders, split: str) -> tuple[Path, tuple[Clip, ...]]:
    splits, ending = folders.root / "splits", f"_test_split{split[-1]}.txt"
    files = [name for name in visible(splits, folders=False) if name.endswith(ending)] if splits.is_dir() else []
    if not files:
        raise DataError(
            f"{splits}: no files ACTION{ending} of split {split!r}; add the splits of the release, or give a list with "
            "list_file="
        )
    clips = []
    for name in files:
        for number, line in _lines(splits / name):
            where = f"{splits / name}, line {number}"
            words = line.split()
            if len(words) != 2 or words[1] not in _NUMBERS:
                raise DataError(f"{where}: {line.strip()!r} is not CLIP.avi and 1 or 2; copy the file again")
            if words[1] == _TEST:
                clips.append(_clip((name.removesuffix(ending), words[0].removesuffix(".avi")), where))
    if not clips:
        raise DataError(f"{splits}: the files ACTION{ending} name no test clip (number {_TEST}); copy them again")
    return splits, tuple(clips)


def _ends(path: str) -> tuple[str, str]:
    """The last two parts of a path."""
    above, _, name = path.rpartition("/")
    return above.rpartition("/")[2], name


def _clip(parts: tuple[str, str], where: str) -> Clip:
    action, name = parts
    return Clip(require_plain_name(action, where), require_plain_name(name, where))


def _lines(source: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers from 1."""
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: not a readable list ({error}); write one clip a line") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
