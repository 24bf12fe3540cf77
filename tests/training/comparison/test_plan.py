"""The TOML file of a comparison."""

from pathlib import Path

import pytest

from corrbench.errors import SettingError
from corrbench.training.comparison.plan import check_plugins, read_plan

ROW = '[[row]]\nname = "a"\nmethod = "tiny"\ncourse = "tiny"\nsteps = 4\n'
RESULTS = Path(__file__).parents[3] / "results"


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def test_a_row_says_what_is_trained_and_from_what(tmp_path: Path) -> None:
    second = '[[row]]\nname = "b"\nmethod = "m"\ncourse = "c"\nsteps = 3\nstage = "s"\nfrom = "a"\nset = ["x=1"]\n'
    plan = read_plan(written(tmp_path, f'title = "T"\nseeds = [2, 5]\n{second}{ROW}hidden = true\n'))
    assert (plan.name, plan.title, plan.seeds) == ("plan", "T", (2, 5))
    b, a = plan.rows
    assert plan.shown == (b,)
    assert (b.stage, b.steps, b.start, b.settings) == ("s", 3, "a", ("x=1",))
    assert plan.chain(b) == (a, b)


def test_seeds_go_into_the_text_of_a_method(tmp_path: Path) -> None:
    [row] = read_plan(written(tmp_path, '[[row]]\nname = "r"\nmethod = "random?seed={seed}"\n')).rows
    assert row.seeded
    assert row.method_of(7) == "random?seed=7"


def test_a_method_that_is_neither_trained_nor_drawn_needs_no_seed(tmp_path: Path) -> None:
    [row] = read_plan(written(tmp_path, '[[row]]\nname = "colours"\nmethod = "rgb"\n')).rows
    assert not row.seeded


def test_all_steps_are_scaled_but_one_is_left(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, ROW))
    assert [plan.scaled(factor).rows[0].steps for factor in (2.5, 0.5, 0.001)] == [10, 2, 1]
    with pytest.raises(SettingError, match=r"--scale 0 does not fit; give more than 0"):
        plan.scaled(0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sedes = [1]\n" + ROW, "plan.toml: unknown setting 'sedes'; did you mean 'seeds'?"),
        (ROW + "setps = 3\n", "plan.toml: row 1, 'a': unknown setting 'setps'; did you mean 'steps'"),
        ("", "it has no rows; write a"),
        ("row = 3", "it has no rows; write a"),
        ("x =", "give a TOML file with a title"),
        ('[[row]]\nname = "a,b"\nmethod = "m"\n', "row 1: its name is 'a,b'; give one, without a comma"),
        ('[[row]]\nname = "a"\n', "row 1, 'a': it has no method; give one, such as"),
        ('[[row]]\nname = "a"\nmethod = 3\n', "row 1, 'a': method is 3; give a text"),
        ('[[row]]\nname = "a"\nmethod = "m"\nsteps = 3\n', "steps is of a training, and it has no course"),
        ('[[row]]\nname = "a"\nmethod = "m"\ncourse = "c"\n', "steps is None; give how many, at least 1"),
        (ROW + "hidden = 1\n", "hidden is 1; give a true or false"),
        (ROW + 'set = "x=1"\n', "set is 'x=1'; give a list of texts"),
        ("seeds = [0, 0]\n" + ROW, r"seeds are \[0, 0\]; give different whole numbers"),
        ("seeds = [true]\n" + ROW, r"seeds is \[True\]; give a list of whole numbers"),
        (ROW + ROW, "two rows are named 'a'; rename one"),
        (ROW + "hidden = true\n", "all rows are hidden"),
        (ROW + 'from = "aa"\n', "row 'a': from: there is no row 'aa'; did you mean 'a'?"),
        (ROW + 'from = "a"\n', "row 'a': it starts from itself, a from a; leave out one"),
        (
            ROW + 'from = "b"\n' + ROW.replace('"a"', '"b"') + 'from = "a"\n',
            "row 'a': it starts from itself, a from b from a; leave out one",
        ),
        (
            ROW + 'from = "rgb"\n[[row]]\nname = "rgb"\nmethod = "rgb"\n',
            "row 'a': from 'rgb', which is not trained; give it a course",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message) as caught:
        read_plan(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_circle_that_a_row_only_leads_into_is_found_too(tmp_path: Path) -> None:
    rows = [('"c"', '"a"'), ('"a"', '"b"'), ('"b"', '"a"')]
    text = "".join(ROW.replace('"a"', name) + f"from = {start}\n" for name, start in rows)
    with pytest.raises(SettingError, match="starts from itself"):
        read_plan(written(tmp_path, text))


def test_the_plan_of_this_repository_fits_its_methods() -> None:
    plan = read_plan(RESULTS / "shared-budget.toml")
    check_plugins(plan.rows)
    assert plan.shown[0].name == "ours"
    halves = {row.start for row in plan.rows if row.start}
    assert halves == {"spatial half"}
