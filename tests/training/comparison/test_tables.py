"""The two files of a comparison, from lines made by hand."""

import csv
import io
from pathlib import Path

from corrbench.training.comparison.budget import Budget
from corrbench.training.comparison.lines import Line, Score, read_line
from corrbench.training.comparison.tables import csv_text, page


def line(row: str, seed: int | None, one: float, other: float, sample: float = 0.5) -> Line:
    trained = seed is not None
    return Line(
        row=row,
        method=row,
        course="c" if trained else None,
        stage="all" if trained else None,
        settings=("size=96", "x=1") if trained else (),
        start="random" if trained else "",
        seed=seed,
        budget=Budget(10, 320, 5.0, 4.0, 2_000_000, "a processor") if trained else None,
        scores=(
            Score("real 2 sequences", (one + other) / 2, {"one": one, "other": other}),
            Score("sample 1 sequences", sample, {"s": sample}),
        ),
        shares={"visible": 0.25, "hidden": None, "retrieval": 0.125},
    )


LINES = [line("ours", 0, 0.5, 0.7), line("ours", 1, 0.7, 0.9), line("better", 0, 0.9, 1.0), line("rgb", None, 0.2, 0.4)]


def test_each_row_and_seed_is_a_line_of_the_table() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(LINES))))
    assert [(row["row"], row["seed"]) for row in rows] == [("ours", "0"), ("ours", "1"), ("better", "0"), ("rgb", "")]
    assert rows[0]["set"] == "size=96 x=1"
    assert rows[0]["real 2 sequences: J&F"] == "0.600000"
    assert (rows[0]["steps"], rows[0]["frames_seen"], rows[0]["cpu_seconds"]) == ("10", "320", "4.0")
    assert (rows[0]["visible"], rows[0]["hidden"], rows[0]["retrieval"]) == ("0.250000", "", "0.125000")
    assert (rows[3]["start"], rows[3]["steps"], rows[3]["machine"]) == ("", "", "")


def test_the_page_orders_rows_by_the_first_data_with_means_over_seeds() -> None:
    text = page("Title", LINES, "3 images", "held out")
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    assert rows[:4] == [
        "| row | seeds | real 2 sequences: J&F | sample 1 sequences: J&F | visible | hidden | retrieval "
        "| steps | frames | seconds | CPU s | peak MB |",
        "| better | 1 | 95.0 | 50.0 | 25.0 | – | 12.5 | 10 | 320 | 5 | 4 | 2 |",
        "| ours | 2 | 70.0 ± 14.1 | 50.0 ± 0.0 | 25.0 ± 0.0 | – | 12.5 ± 0.0 | 10 | 320 | 5 | 4 | 2 |",
        "| rgb | – | 30.0 | 50.0 | 25.0 | – | 12.5 | – | – | – | – | – |",
    ]


def test_the_page_sets_the_first_row_against_each_other_one() -> None:
    rows = page("Title", LINES, "3 images", "held out").splitlines()
    assert "## ours against the others" in rows
    assert "| better | -25.0 | -30.0 to -20.0 | 0 of 2 |" in rows
    assert "| rgb | +40.0 | +40.0 to +40.0 | 2 of 2 |" in rows


def test_the_page_says_what_its_numbers_are_not() -> None:
    text = page("Title", LINES, "3 images and 2 clips", "held out")
    assert "trained on 3 images and 2 clips: **they must not be set beside published numbers.**" in text
    assert "Trained on a processor." in text


def test_a_line_comes_back_from_its_file_and_only_for_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "line.json"
    LINES[0].save(path, {"steps": 10})
    assert read_line(path, {"steps": 10}) == LINES[0]
    assert read_line(path, {"steps": 11}) is None
    assert read_line(tmp_path / "none.json", {"steps": 10}) is None
