"""Where data is read from: the option, the environment, the configuration files, the embedded sample."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from corrbench.errors import DataError, SettingError
from corrbench.evaluation.roots import data_root

Command = Callable[..., subprocess.CompletedProcess[str]]
PLACES = ["option", "task variable", "data variable", "file here", "file of the user"]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.setenv("CORRBENCH_HOME", str(folder))
    return folder


@pytest.fixture
def configure(tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], tuple[str, ...]]:
    """A function that configures a root in one of `PLACES` and returns the values of --data-root."""

    def at(place: str, root: str) -> tuple[str, ...]:
        if place == "option":
            return (root,)
        if place == "task variable":
            monkeypatch.setenv("CORRBENCH_DAVIS_ROOT", root)
        elif place == "data variable":
            monkeypatch.setenv("CORRBENCH_DATA", root)
        else:
            folder = tmp_path if place == "file here" else user
            (folder / "corrbench.toml").write_text(f"[data]\ndavis = '{root}'\n")
        return ()

    return at


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# Precedence


@pytest.mark.parametrize("first", range(5))
def test_an_earlier_place_wins_over_all_later_ones(
    first: int, configure: Callable[[str, str], tuple[str, ...]], tmp_path: Path
) -> None:
    asked: tuple[str, ...] = ()
    for place in PLACES[first:]:
        asked += configure(place, str(folder(tmp_path / place)))
    assert data_root("davis", asked) == tmp_path / PLACES[first]


def test_nothing_configured_means_the_sample(user: Path) -> None:
    assert data_root("davis") is None


def test_an_empty_variable_is_not_set(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRBENCH_DAVIS_ROOT", "")
    monkeypatch.setenv("CORRBENCH_DATA", "")
    assert data_root("davis") is None


@pytest.mark.parametrize("first", range(5))
def test_a_wrong_place_is_an_error_although_a_later_one_is_right(
    first: int, configure: Callable[[str, str], tuple[str, ...]], tmp_path: Path
) -> None:
    right = folder(tmp_path / "right")
    asked: tuple[str, ...] = ()
    for place in PLACES[first:]:
        asked += configure(place, str(tmp_path / "wrong" if place == PLACES[first] else right))
    with pytest.raises(DataError, match=r"wrong'?: no such folder; correct the path"):
        data_root("davis", asked)


@pytest.mark.parametrize("place", PLACES)
def test_a_file_in_place_of_the_root_is_an_error(
    place: str, configure: Callable[[str, str], tuple[str, ...]], tmp_path: Path
) -> None:
    (tmp_path / "DAVIS.zip").touch()
    asked = configure(place, str(tmp_path / "DAVIS.zip"))
    with pytest.raises(DataError, match="this is a file; give the folder that holds the data set"):
        data_root("davis", asked)


# --data-root


def test_a_root_may_name_its_task(tmp_path: Path) -> None:
    assert data_root("davis", (f"davis={folder(tmp_path / 'a')}",)) == tmp_path / "a"


def test_a_root_that_names_its_task_wins_over_one_that_does_not(tmp_path: Path) -> None:
    named, other = folder(tmp_path / "a"), folder(tmp_path / "b")
    assert data_root("davis", (str(other), f"davis={named}")) == named


def test_a_root_for_an_unknown_task_is_an_error_and_not_the_sample(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"--data-root davs=\S+: no task is named 'davs'; there are badja, davis"):
        data_root("davis", (f"davs={folder(tmp_path / 'a')}",))


def test_a_folder_with_an_equal_sign_in_its_name_is_a_folder(tmp_path: Path) -> None:
    folder(tmp_path / "davis=2017")
    assert data_root("davis", ("davis=2017",)) == Path("davis=2017")


@pytest.mark.parametrize("task", ["", "davis="])
def test_two_roots_for_one_task_are_an_error(task: str, tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a"), folder(tmp_path / "b")
    with pytest.raises(SettingError, match=rf"--data-root {task}{b}: {a} was given before; keep one"):
        data_root("davis", (f"{task}{a}", f"{task}{b}"))


def test_a_relative_root_starts_at_the_current_folder(tmp_path: Path) -> None:
    folder(tmp_path / "data" / "DAVIS")
    found = data_root("davis", ("data/DAVIS",))
    assert found is not None
    assert found.resolve() == tmp_path / "data" / "DAVIS"


def test_a_tilde_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configure: Callable[[str, str], tuple[str, ...]]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder(tmp_path / "DAVIS")
    assert data_root("davis", ("~/DAVIS",)) == tmp_path / "DAVIS"
    assert data_root("davis", ("davis=~/DAVIS",)) == tmp_path / "DAVIS"
    configure("file of the user", "~/DAVIS")
    assert data_root("davis") == tmp_path / "DAVIS"


# CORRBENCH_DATA and data.root: a folder of many data sets


@pytest.mark.parametrize("name", ["DAVIS", "davis16", "Davis2017"])
def test_the_folder_of_the_task_is_found_in_a_folder_of_data_sets(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (name, "JHMDB", "vip"):
        folder(tmp_path / "data" / one)
    monkeypatch.setenv("CORRBENCH_DATA", str(tmp_path / "data"))
    assert data_root("davis") == tmp_path / "data" / name


def test_a_folder_without_one_of_the_task_is_itself_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "data" / "JPEGImages")
    monkeypatch.setenv("CORRBENCH_DATA", str(tmp_path / "data"))
    assert data_root("davis") == tmp_path / "data"


def test_two_folders_of_the_task_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in ("davis2016", "davis2017"):
        folder(tmp_path / "data" / one)
    monkeypatch.setenv("CORRBENCH_DATA", str(tmp_path / "data"))
    with pytest.raises(DataError, match="holds davis2016, davis2017; say which by CORRBENCH_DAVIS_ROOT"):
        data_root("davis")


# corrbench.toml


def test_a_configured_root_of_all_data_holds_that_of_the_task(tmp_path: Path, user: Path) -> None:
    folder(tmp_path / "data" / "DAVIS")
    (tmp_path / "corrbench.toml").write_text("[data]\nroot = 'data'\n")
    found = data_root("davis")
    assert found is not None
    assert found.resolve() == tmp_path / "data" / "DAVIS"


def test_a_relative_path_in_the_users_file_starts_at_that_file(user: Path) -> None:
    folder(user / "data" / "DAVIS")
    (user / "corrbench.toml").write_text("[data]\ndavis = 'data/DAVIS'\n")
    assert data_root("davis") == user / "data" / "DAVIS"


def test_a_file_here_that_says_nothing_of_the_task_leaves_it_to_the_users(tmp_path: Path, user: Path) -> None:
    (tmp_path / "corrbench.toml").write_text("[data]\njhmdb = '/data/JHMDB'\n")
    (user / "corrbench.toml").write_text(f"[data]\ndavis = '{folder(tmp_path / 'DAVIS')}'\n")
    assert data_root("davis") == tmp_path / "DAVIS"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[data", "not readable as TOML"),
        ("[data]\ndavis = 7\n", r"\[data\] has to hold paths in quotes"),
        ("data = '/data'\n", r"\[data\] has to hold paths in quotes"),
    ],
)
def test_a_broken_file_is_an_error_that_names_it(text: str, why: str, tmp_path: Path, user: Path) -> None:
    (tmp_path / "corrbench.toml").write_text(text)
    with pytest.raises(SettingError, match=rf"corrbench\.toml: {why}"):
        data_root("davis")


# The command


def test_the_command_reads_the_configured_root(
    corrbench: Command, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRBENCH_DAVIS_ROOT", str(davis))
    done = corrbench("run", "--method", "identity", "--protocol", "crw", "--json")
    assert json.loads(done.stdout)[0]["dataset"]["name"] == "DAVIS"


def test_the_command_never_falls_back_to_the_sample(corrbench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORRBENCH_DAVIS_ROOT", "/no/such/folder")
    done = corrbench("run", "--method", "identity")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "corrbench: DataError: CORRBENCH_DAVIS_ROOT=/no/such/folder: no such folder; "
        "correct the path, or unset it to use the embedded sample\n"
    )


def test_the_sample_can_be_asked_for_whatever_is_configured(
    corrbench: Command, davis: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORRBENCH_DAVIS_ROOT", str(davis))
    options = ("--dataset", "sample?frames=3", "--limit", 1, "--set", "size=48")
    done = corrbench("run", "--method", "identity", *options, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["dataset"]["name"] == "sample"


def test_the_folder_of_data_is_not_written_to(corrbench: Command, davis: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in davis.rglob("*"))
    assert corrbench("run", "--method", "identity", "--protocol", "crw", "--data-root", davis).returncode == 0
    assert sorted((path, path.stat().st_mtime_ns) for path in davis.rglob("*")) == before
    assert Path("results").is_dir()
