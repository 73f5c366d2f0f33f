"""Runs use the files that the database holds of what was deployed, and nothing else."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

import hedge
from hedge import database, runs
from hedge.deploying import steps
from hedge.errors import HedgeError
from hedge.project import archives, files
from hedge.runs import deployed as module
from tests import PROJECT
from tests.support import AS_OF

HASH = files.definitions_hash(PROJECT)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project, which commands read edits from, and an empty HEDGE_HOME."""
    monkeypatch.setenv("HEDGE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "tests" / "dbt").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: hedge\n")
    (folder / "models" / "one.sql").write_text("select 1")
    (folder / "tests" / "dbt" / "one_is_one.sql").write_text("select 1 where false")
    (folder / "README.md").write_text("not part of it")
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    return folder


@pytest.fixture
def transaction(deployed: psycopg.Connection) -> Any:
    with deployed.transaction(force_rollback=True):
        yield deployed


def add_deploy(
    connection: psycopg.Connection, definitions: str | None, kind: str = "DEPLOY"
) -> int:
    return database.value(
        connection,
        "insert into app.etl_runs (invocation_id, kind, as_of, state, definitions)"
        " values (gen_random_uuid(), %s, now(), 'SUCCESS', %s) returning run_id",
        [kind, definitions],
    )


def copies(project: Path) -> set[str]:
    folder = project.parent / "home" / "dbt" / "deployed"
    return {copy.name for copy in folder.iterdir()} - {"lock"}


def content(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


# -- what a deploy stores --------------------------------------------------------------------


def test_a_deploy_stores_the_files_with_the_version_who_and_when(
    deployed: psycopg.Connection,
) -> None:
    row = deployed.execute(
        "select definitions, archive, hedge_version, deployed_by, deployed_at < now()"
        " from app.deployed_projects"
    ).fetchall()
    ((definitions, archive, version, person, is_past),) = row
    assert (definitions, version, is_past) == (HASH, hedge.__version__, True)
    assert archive == archives.pack(PROJECT)
    account, _, host = person.partition("@")
    assert account
    assert host


def test_what_is_stored_are_the_files_that_dbt_parses(
    transaction: psycopg.Connection, project: Path
) -> None:
    folder, definitions = module.store(transaction, project)
    expected = content(project)
    assert expected.pop("README.md")
    assert content(folder) == expected
    assert definitions == files.definitions_hash(project) == folder.name
    assert copies(project) == {definitions}
    # stored, but not deployed
    assert runs.deployed_definitions(transaction) == HASH


def test_equal_files_make_equal_archives(project: Path) -> None:
    first = archives.pack(project)
    os.utime(project / "models" / "one.sql", (1, 1))
    assert archives.pack(project) == first
    (project / "models" / "one.sql").write_text("select 2")
    assert archives.pack(project) != first


def test_what_is_stored_twice_says_who_stored_it_last(
    transaction: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in ("ada", "bob"):
        monkeypatch.setattr(module, "person", lambda person=person: person)
        _, definitions = module.store(transaction, project)
    found = transaction.execute(
        "select deployed_by from app.deployed_projects where definitions = %s", [definitions]
    )
    assert found.fetchall() == [("bob",)]


# -- what a run uses -------------------------------------------------------------------------


def test_a_home_without_a_copy_gets_the_files_from_the_database(
    transaction: psycopg.Connection, project: Path
) -> None:
    folder, definitions = module.project_of_runs(transaction)
    assert (definitions, folder.name) == (HASH, HASH)
    names = {
        file.relative_to(PROJECT).as_posix()
        for file in files.matching(PROJECT, (*files.DEFINITIONS, *files.TESTS))
    }
    assert set(content(folder)) == names
    assert copies(project) == {HASH}


@pytest.mark.parametrize("damage", ["edited", "torn", "added", "empty", "a file"])
def test_a_copy_that_is_not_what_was_deployed_is_made_anew(
    transaction: psycopg.Connection, project: Path, damage: str
) -> None:
    folder, definitions = module.store(transaction, project)
    add_deploy(transaction, definitions)
    model = folder / "models" / "one.sql"
    before = content(folder)
    if damage == "edited":
        model.write_text("select 1000001")
    elif damage == "torn":
        model.unlink()
    elif damage == "added":
        (folder / "models" / "two.sql").write_text("select 2")
    else:
        folder.rename(folder.parent / "elsewhere")
        if damage == "empty":
            folder.mkdir()
        else:
            folder.write_text("")
    assert module.project_of_runs(transaction) == (folder, definitions)
    assert content(folder) == before
    assert copies(project) - {"elsewhere"} == {definitions}


def test_an_intact_copy_is_used_as_it_is(transaction: psycopg.Connection, project: Path) -> None:
    folder, definitions = module.store(transaction, project)
    add_deploy(transaction, definitions)
    os.utime(folder, (1, 1))
    identity = folder.stat().st_ino
    module.project_of_runs(transaction)
    assert folder.stat().st_ino == identity
    # it counts as used
    assert folder.stat().st_mtime > 1


def test_the_four_copies_that_were_used_last_are_kept(
    transaction: psycopg.Connection, project: Path
) -> None:
    stored = []
    for number in range(6):
        (project / "models" / "one.sql").write_text(f"select {number}")
        folder, definitions = module.store(transaction, project)
        os.utime(folder, (number, number))
        stored.append(definitions)
    add_deploy(transaction, stored[2])
    os.utime(module.project_of_runs(transaction)[0], (9, 9))
    (project / "models" / "one.sql").write_text("select 6")
    newest = module.store(transaction, project)[1]
    assert copies(project) == {stored[2], stored[4], stored[5], newest}
    # the others are made again when they are needed
    assert module.unpacked(transaction, stored[0]).is_dir()


# -- what a run refuses ----------------------------------------------------------------------


def refusal(connection: psycopg.Connection) -> str:
    with pytest.raises(HedgeError) as error:
        module.project_of_runs(connection)
    return str(error.value)


def test_definitions_that_nobody_knows_are_refused_with_both_hashes(
    transaction: psycopg.Connection, project: Path
) -> None:
    # of several deploys the last one counts
    add_deploy(transaction, "b" * 64)
    add_deploy(transaction, HASH)
    number = add_deploy(transaction, None, kind="PARTIAL")
    add_deploy(transaction, None, kind="FULL")
    edited = files.definitions_hash(project)[:12]
    assert refusal(transaction) == (
        f"dbt was called by hand in run {number}, with other definitions than the deployed ones "
        f"({HASH[:12]}), and nobody knows which are live: run hedge etl deploy in the project that "
        f"is to be live ({project} has {edited}), or hedge etl undo to go back to the deployed ones"
    )
    add_deploy(transaction, HASH)
    assert module.project_of_runs(transaction)[1] == HASH


def test_nothing_deployed_is_refused(transaction: psycopg.Connection, project: Path) -> None:
    edited = files.definitions_hash(project)[:12]
    expected = (
        "nothing was deployed yet: run hedge etl deploy in the project that is to be live "
        f"({project} has {edited})"
    )
    transaction.execute("delete from app.etl_runs")
    assert refusal(transaction) == expected
    # built by plain dbt
    add_deploy(transaction, None, kind="FULL")
    assert refusal(transaction) == expected


def test_definitions_whose_files_the_database_lacks_are_refused(
    transaction: psycopg.Connection, project: Path
) -> None:
    module.project_of_runs(transaction)
    add_deploy(transaction, "a" * 64)
    assert refusal(transaction).startswith(
        "the database does not hold the files of the definitions aaaaaaaaaaaa, because"
    )


@pytest.mark.parametrize("damage", ["other files", "torn", "changed", "no archive", "nothing"])
def test_an_archive_that_is_not_what_was_deployed_is_refused(
    transaction: psycopg.Connection, project: Path, damage: str
) -> None:
    archive = archives.pack(PROJECT)
    middle = len(archive) // 2
    damaged = {
        "other files": archives.pack(project),
        "torn": archive[:middle],
        "changed": archive[:middle] + bytes([archive[middle] ^ 255]) + archive[middle + 1 :],
        "no archive": b"no archive",
        "nothing": b"",
    }[damage]
    transaction.execute("update app.deployed_projects set archive = %s", [damaged])
    assert refusal(transaction).startswith(
        f"the files of the definitions {HASH[:12]} in app.deployed_projects are damaged: run hedge"
    )
    assert copies(project) == set()


def test_a_full_disk_is_no_damaged_archive(
    transaction: psycopg.Connection, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.archives, "unpack", no_space)
    assert "cannot hold the deployed project" in refusal(transaction)
    assert "No space left on device" in refusal(transaction)


@pytest.mark.parametrize("run", ["full", "incremental", "cluster"])
def test_no_kind_of_run_uses_what_nobody_knows(deployed: psycopg.Connection, run: str) -> None:
    add_deploy(deployed, None, kind="PARTIAL")
    try:
        before = runs.ledger(deployed, 1)
        with pytest.raises(HedgeError, match="nobody knows which are live"):
            getattr(runs, run)(*([[]] if run == "cluster" else []), as_of=AS_OF)
        assert runs.ledger(deployed, 1) == before
    finally:
        deployed.execute("delete from app.etl_runs where definitions is null")


def test_a_project_that_is_edited_while_it_is_deployed_is_refused(
    transaction: psycopg.Connection, project: Path
) -> None:
    parsed: Any = SimpleNamespace(folder=project)
    definitions = files.definitions_hash(project)
    steps._store(transaction, parsed, definitions)
    (project / "models" / "one.sql").write_text("select 2")
    with pytest.raises(HedgeError) as refused:
        steps._store(transaction, parsed, definitions)
    assert str(refused.value) == (
        f"the project in {project} was edited while it was deployed: nothing has changed, deploy"
        " it again"
    )
