"""What is shown while a training runs."""

from io import StringIO

from rich.console import Console

from corrbench.training.progress import BarProgress, LineProgress


def row(step: int) -> dict[str, float]:
    return {"step": step, "seconds": step / 2, "frames": 8 * step, "loss": 0.25}


def test_lines_tell_of_the_first_every_fiftieth_and_the_last_step() -> None:
    written = StringIO()
    lines = LineProgress(Console(file=written))
    lines.stage("spatial", 0, 120)
    for step in range(1, 121):
        lines.step(row(step))
    assert written.getvalue().splitlines() == [
        "spatial: step 1 of 120, loss 0.25, 8 frames in 0.5 s",
        "spatial: step 50 of 120, loss 0.25, 400 frames in 25.0 s",
        "spatial: step 100 of 120, loss 0.25, 800 frames in 50.0 s",
        "spatial: step 120 of 120, loss 0.25, 960 frames in 60.0 s",
    ]


def test_a_training_that_goes_on_tells_of_its_first_new_step() -> None:
    written = StringIO()
    lines = LineProgress(Console(file=written))
    lines.stage("spatial", 7, 120)
    lines.step(row(8))
    assert written.getvalue() == "spatial: step 8 of 120, loss 0.25, 64 frames in 4.0 s\n"


def test_the_bar_begins_where_the_training_goes_on_and_shows_the_loss() -> None:
    written = StringIO()
    bar = BarProgress(Console(file=written, force_terminal=True, width=100))
    with bar.bars:
        bar.note("spatial: starts from random")
        bar.stage("spatial", 7, 120)
        bar.step(row(8))
    assert "spatial: starts from random" in written.getvalue()
    assert "8/120" in written.getvalue()
    assert "loss 0.25" in written.getvalue()
