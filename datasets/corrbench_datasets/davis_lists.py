"""Which sequences a split has, from the list files people have, or the folders where there is no list."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from corrbench.core.files import require_plain_name
from corrbench.errors import DataError
from corrbench_datasets.davis_layout import Layout, is_image, some, visible

_SPLITS = (
    "train",
    "val",
    "trainval",
    "test",
    "test-dev",
    "test-challenge",
)  # of which the root may hold lists
_YEARS = (2017, 2016)  # in the order of preference
_FOLDERS_OF_2016 = ("480p", "1080p")  # of ImageSets, in the first release


@dataclass(frozen=True)
class Split:
    """The sequences of a split in the order of its list, and the year that the user or its folder says."""

    sequences: tuple[str, ...]
    year: int | None
    source: Path  # the list, or the folder of frames


def find_split(layout: Layout, split: str, year: int | None) -> Split:
    """The split of that year; if None, of 2017 where listed, else of 2016, else of a list without a year.

    Lists are ImageSets/YEAR/SPLIT.txt, ImageSets/480p/SPLIT.txt (of 2016), ImageSets/SPLIT.txt, and SPLIT.txt
    at the root. Without any, val is every folder that has frames and masks, sorted. DataError when there is
    no such list, when it is empty, or when a sequence of it lacks its folder.
    """
    require_plain_name(split, "split")
    lists = _lists(layout.root, split)
    if not lists:
        return _every_folder(layout, split, year)
    dated = any(of is not None for of, _ in lists)
    years: list[int | None]
    if year is not None:
        years = [year] if dated else [None] if year in _YEARS else []
    else:
        years = [*_YEARS, *sorted({of for of, _ in lists if of}, reverse=True), None]
    fitting = [of for of in years if (of, split) in lists]
    if not fitting:
        raise _no_list(layout.root, split, year, list(lists))
    source = lists[fitting[0], split]
    names = read_names(source)
    for folder in (layout.frames, layout.masks):
        there = set(visible(folder, folders=True))
        missing = [name for name in names if name not in there]
        if missing:
            raise DataError(
                f"{source}: {len(missing)} of {len(names)} listed sequences have no folder in {folder}: "
                f"{some(missing)}; add them, or write a list of those there are and ask for it with split="
            )
    return Split(names, fitting[0] if year is None else year, source)


def read_names(source: Path) -> tuple[str, ...]:
    """The sequences of a list, each once, in the order of first appearance.

    A line is a name or, as in the first release of DAVIS-2016, the paths of a frame and its mask. DataError
    when the list is empty or a name is not a plain folder name.
    """
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{source}: not a readable list ({error}); write one sequence name a line") from error
    names: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            names[require_plain_name(_name(line.strip()), f"{source}, line {number}")] = None
    if not names:
        raise DataError(f"{source}: an empty list; write one sequence name a line")
    return tuple(names)


def _name(line: str) -> str:
    path = line.split()[0]
    return PurePosixPath(path).parent.name if is_image(path) else line


def _lists(root: Path, split: str) -> dict[tuple[int | None, str], Path]:
    """The list files by year and split; of several for the same, the most specific place wins."""
    files: list[tuple[int | None, Path]] = [
        (None, root / f"{name}.txt") for name in {*_SPLITS, split} if (root / f"{name}.txt").is_file()
    ]
    sets = root / "ImageSets"
    if sets.is_dir():
        files += [(None, sets / name) for name in visible(sets, folders=False)]
        folders = visible(sets, folders=True)
        first_release = [(2016, name) for name in reversed(_FOLDERS_OF_2016) if name in folders]
        by_year = [(int(name), name) for name in folders if name.isdecimal() and len(name) == 4]
        for year, folder in first_release + by_year:
            files += [(year, sets / folder / name) for name in visible(sets / folder, folders=False)]
    return {(year, path.stem): path for year, path in files if path.suffix == ".txt"}


def _no_list(root: Path, split: str, year: int | None, lists: list[tuple[int | None, str]]) -> DataError:
    of_year = f" of {year}" if year is not None else ""
    there = "; ".join(
        f"{one or 'without a year'}: {', '.join(sorted(name for of, name in lists if (of or 0) == one))}"
        for one in sorted({of or 0 for of, _ in lists})
    )
    return DataError(f"{root}: no list of split {split!r}{of_year}; there are {there}; ask for one of these")


def _every_folder(layout: Layout, split: str, year: int | None) -> Split:
    of_year = f" of {year}" if year is not None else ""
    if split != "val" or year not in (None, *_YEARS):
        raise DataError(
            f"{layout.root}: no list of split {split!r}{of_year}, nor any other; write its "
            f"sequence names to {split}.txt there, or leave out split and year to take every sequence"
        )
    with_masks = set(visible(layout.masks, folders=True))
    names = tuple(name for name in visible(layout.frames, folders=True) if name in with_masks)
    if not names:
        raise DataError(
            f"{layout.root}: no sequence has both frames and masks: {layout.frames} holds "
            f"{some(visible(layout.frames, folders=True))}, {layout.masks} holds {some(sorted(with_masks))}; "
            "give both folders of a sequence the same name"
        )
    return Split(names, year, layout.frames)
