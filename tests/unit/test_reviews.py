"""The review of an edit: its steps, the database that it uses, and what is made on a copy."""

import contextlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from hedge import database, deploying, pull_requests, runs
from hedge.analysis import preview
from hedge.analysis.changes import Preview
from hedge.deploying import Checked
from hedge.errors import DeployedFails, HedgeError
from hedge.project import files
from hedge.pull_requests import Copy, Project, World
from tests.support import copy_project
from tests.unit.test_preview_command import FOUND


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A project that nobody edits."""
    return copy_project(tmp_path / "base")


def test_a_server_of_its_own_is_stopped_and_deleted_also_after_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    homes, stopped = [], []
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://live/hedge")
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "kept").write_text("a parsed project")

    def start() -> None:
        assert not database.settings.external_database_url()
        homes.append(database.settings.home())

    monkeypatch.setattr(pull_requests, "_start_quickly", start)
    monkeypatch.setattr(database, "stop", lambda: stopped.append(database.settings.home()))

    def fail() -> None:
        with pull_requests._database(World()):
            assert (homes[0] / "dbt" / "kept").read_text() == "a parsed project"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert homes == stopped
    assert not homes[0].exists()
    assert (tmp_path / "dbt" / "kept").exists()
    assert database.settings.home() == tmp_path
    assert database.settings.external_database_url() == "postgresql://live/hedge"


def test_worlds_and_copies_have_names() -> None:
    assert pull_requests._described(World(70, 3)) == "a demo world of 70 clusters (seed 3)"
    assert pull_requests._described(Copy("postgresql://a:secret@b/c")) == ("the copy c on b:5432")


@pytest.mark.parametrize("preview_fails", [False, True])
@pytest.mark.parametrize("is_refused", [False, True])
def test_the_preview_and_the_checks_are_made_whichever_of_them_fails(
    tmp_path: Path,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
    preview_fails: bool,
    is_refused: bool,
) -> None:
    head = copy_project(tmp_path / "head")
    (head / "models" / "metrics" / "onchain_pvp.sql").write_text("select 1")
    monkeypatch.setenv("HEDGE_PROJECT", str(head))
    was_confirmed: list[bool] = []

    def check(report: object, *, confirmed: bool, every_test: bool) -> Checked:
        assert not every_test
        was_confirmed.append(confirmed)
        if is_refused:
            raise HedgeError("a.sql:1: one\nb.sql:2: two")
        return Checked(["a"], ["a_unit_test"], ["a_data_test"], ["a_test_of_boards"])

    def make(report: object) -> Preview:
        if preview_fails:
            raise HedgeError("the live version fails")
        return FOUND

    monkeypatch.setattr(pull_requests, "_database", lambda where: contextlib.nullcontext())
    monkeypatch.setattr(pull_requests, "_make", lambda *others: None)
    monkeypatch.setattr(deploying, "check", check)
    monkeypatch.setattr(preview, "make", make)
    for confirmed in (False, True):
        found = pull_requests.review(
            Project(base, "the base"), World(), {}, lambda *_: None, confirmed=confirmed
        )
        assert found.passes == (not (preview_fails or is_refused))
        assert found.preview == (None if preview_fails else FOUND)
        assert found.not_compared == ("the live version fails" if preview_fails else None)
        assert found.refused == (["a.sql:1: one", "b.sql:2: two"] if is_refused else [])
        assert (found.unit_tests, found.data_tests, found.left_out) == (
            ([], [], []) if is_refused else (["a_unit_test"], ["a_data_test"], ["a_test_of_boards"])
        )
    assert was_confirmed == [False, True]


@pytest.mark.parametrize(
    ("live", "as_of", "made"),
    [
        ("other", "2026-11-01", ["migrate", "deploy False", "full"]),
        ("base", None, ["migrate", "full"]),
        ("base", "2026-11-01", ["migrate"]),
    ],
)
def test_on_a_copy_only_what_is_missing_is_made(
    monkeypatch: pytest.MonkeyPatch, base: Path, live: str, as_of: str | None, made: list[str]
) -> None:
    done: list[str] = []
    found = files.definitions_hash(base) if live == "base" else live
    monkeypatch.setattr(database, "migrate", lambda: done.append("migrate"))
    monkeypatch.setattr(database, "connect", lambda: contextlib.nullcontext())
    monkeypatch.setattr(database, "value", lambda connection, statement: as_of)
    monkeypatch.setattr(runs, "deployed_definitions", lambda connection: found)
    monkeypatch.setattr(
        deploying, "deploy", lambda report, *, compute: done.append(f"deploy {compute}")
    )
    monkeypatch.setattr(runs, "full", lambda as_of, report: done.append("full"))
    pull_requests._compute_on_copy(base, lambda *_: None)
    assert done == made


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An edited project, in a database that is not there."""
    folder = copy_project(tmp_path / "head")
    (folder / "models" / "metrics" / "onchain_pvp.sql").write_text("select 1")
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    monkeypatch.setattr(pull_requests, "_database", lambda where: contextlib.nullcontext())
    return folder


@pytest.mark.parametrize(
    ("head_fails", "state", "refused"),
    [
        (None, "SUCCESS", []),
        ("line 1\nline 2", "SUCCESS", ["line 1", "line 2"]),
        (None, "PARTIAL", ["onchain_pvp cannot be computed"]),
    ],
)
def test_a_head_that_mends_a_base_passes_with_all_of_its_tests(
    base: Path,
    head: Path,
    monkeypatch: pytest.MonkeyPatch,
    head_fails: str | None,
    state: str,
    refused: list[str],
) -> None:
    def make(project: Path, where: object, report: object) -> SimpleNamespace:
        if project == base:
            raise HedgeError("the project does not parse")
        if head_fails:
            raise HedgeError(head_fails)
        return SimpleNamespace(state=state, error="onchain_pvp cannot be computed")

    def check(report: object, *, confirmed: bool, every_test: bool) -> Checked:
        assert every_test
        return Checked([], ["each_unit_test"], ["each_data_test"], [])

    monkeypatch.setattr(pull_requests, "_make", make)
    monkeypatch.setattr(deploying, "check", check)
    conditions = {"unlocks_won > 1": lambda totals: True}
    found = pull_requests.review(Project(base, "main"), World(), conditions, lambda *_: None)
    assert found.not_compared == ("the base, main, cannot be computed: the project does not parse")
    assert (found.base_fails, found.preview, found.exceeded) == (True, None, [])
    assert (found.passes, found.refused) == (not refused, refused)
    assert found.unit_tests == ([] if refused else ["each_unit_test"])


def test_a_head_that_mends_what_is_live_passes(
    base: Path, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base was computed, in part, and fails once it is compared."""

    def make(report: object) -> Preview:
        raise DeployedFails("the version that is live cannot be built any more")

    monkeypatch.setattr(pull_requests, "_make", lambda *others: None)
    monkeypatch.setattr(preview, "make", make)
    monkeypatch.setattr(deploying, "check", lambda *_, **__: Checked([], [], [], []))
    found = pull_requests.review(Project(base, "main"), World(), {}, lambda *_: None)
    assert (found.base_fails, found.passes, found.preview) == (True, True, None)
    assert found.not_compared == "the version that is live cannot be built any more"


def test_files_that_are_not_sound_are_compared_with_nothing(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = copy_project(tmp_path / "head")
    (head / "models" / "metrics" / "onchain_pvp.sql").write_text("select 1")
    monkeypatch.setenv("HEDGE_PROJECT", str(head))
    monkeypatch.setattr(pull_requests, "_faults_of_files", lambda: ["seeds/a.csv:1: why"])
    monkeypatch.setattr(pull_requests, "_database", lambda _: pytest.fail("a database is used"))
    found = pull_requests.review(Project(base, "the base"), World(), {}, lambda *_: None)
    assert (found.refused, found.passes) == (["seeds/a.csv:1: why"], False)
    assert found.not_compared == "the files of the head are not sound"
