"""A program and a database of other versions: what fits works, and the rest is refused."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

import hedge as package
from hedge import database, runs, versions
from hedge.errors import HedgeError
from tests import PROJECT, Hedge

LATEST = "0033-served-versions"
#: Commands that read, load and migrate. Runs have a test of their own, without dbt.
COMMANDS = (["requests", "list"], ["load", "pets", "-"], ["boards", "list"], ["db", "migrate"])


def set_oldest(connection: psycopg.Connection, version: str) -> None:
    connection.execute(
        "create or replace function app.oldest_served_version() returns text language sql"
        f" immutable return '{version}'"
    )


def test_a_database_of_this_version_is_used(connection: psycopg.Connection, hedge: Hedge) -> None:
    assert versions.fault(connection) is None
    assert hedge("requests", "list")[0] == 0


def test_an_older_database_is_refused_until_it_is_migrated(
    connection: psycopg.Connection, hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("drop function app.oldest_served_version")
    connection.execute(
        "delete from hedge_migrations._yoyo_migration where migration_id = %s", [LATEST]
    )
    sentence = (
        f"hedge: the database is older than Hedge {package.__version__}, it lacks the migration "
        f"{LATEST}: run hedge db migrate\n"
    )
    for command in COMMANDS[:-1]:
        assert hedge(*command) == (1, "", sentence)
    with pytest.raises(HedgeError, match="is older than"), runs.ready():
        pass
    status, out, err = hedge("db", "status")
    assert (status, err) == (0, sentence)
    assert "tables    yes" in out
    assert hedge("db", "migrate")[:2] == (0, f"applied {LATEST}\n")
    assert versions.fault(connection) is None
    connection.execute("delete from hedge_migrations._yoyo_migration where migration_id > '0030'")
    monkeypatch.setattr(versions, "migrations", lambda: [LATEST, "0099-a", "0099-b"])
    assert f"lacks the migration {LATEST} and 2 more: " in str(versions.fault(connection))


@pytest.mark.parametrize("version", ["0.2.1", "0.3.0", "0.10.0", "1.0.0"])
def test_a_database_of_a_newer_version_is_refused(
    connection: psycopg.Connection, hedge: Hedge, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(package, "__version__", "0.2.0")
    set_oldest(connection, version)
    sentence = (
        f"the database serves Hedge {version} and newer, and this is Hedge 0.2.0: install Hedge "
        f"{version} or newer"
    )
    for command in COMMANDS:
        assert hedge(*command) == (1, "", f"hedge: {sentence}\n")
    with pytest.raises(HedgeError, match="install Hedge"), runs.ready():
        pass
    assert hedge("db", "status")[::2] == (0, f"hedge: {sentence}\n")


@pytest.mark.parametrize("version", ["0.9.0", "0.10.0"])
def test_a_newer_database_that_serves_this_version_is_used(
    connection: psycopg.Connection, hedge: Hedge, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(package, "__version__", "0.10.0")
    set_oldest(connection, version)
    connection.execute("create table app.of_the_next_release ()")
    connection.execute(
        "insert into hedge_migrations._yoyo_migration (migration_hash, migration_id)"
        " values ('', '0999-next')"
    )
    assert versions.fault(connection) is None
    assert hedge("requests", "list")[0] == 0
    assert hedge("db", "migrate")[:2] == (0, "nothing to apply\n")


def test_the_span_is_one_release_wide(transaction: psycopg.Connection) -> None:
    """A release whose database still serves the one before the last needs a migration that says
    what it does not serve any more."""
    oldest = database.value(transaction, "select app.oldest_served_version()")
    version = package.__version__
    (major, minor), (oldest_major, oldest_minor) = (
        [int(part) for part in each.split(".")[:2]] for each in (version, oldest)
    )
    assert major == oldest_major
    assert 0 <= minor - oldest_minor <= 1


def test_a_backup_without_the_list_of_migrations_is_refused(
    connection: psycopg.Connection, hedge: Hedge
) -> None:
    connection.execute("drop table hedge_migrations._yoyo_migration cascade")
    status, _, err = hedge("requests", "list")
    assert status == 1
    assert "the table hedge_migrations._yoyo_migration is missing" in err


def test_no_migration_since_the_last_release_takes_away_what_it_reads() -> None:
    """Its processes work on while the database is migrated (docs/upgrade.md); one that raises the
    oldest served version says so."""
    releases = (PROJECT / "requirements" / "releases.txt").read_text().splitlines()
    commit = releases[-1].split()[0]
    listed = subprocess.run(
        ["git", "-C", str(PROJECT), "ls-tree", "--name-only", commit, "hedge/migrations/"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip(f"this clone lacks the commit {commit}: git fetch --unshallow brings it")
    known = {Path(line).name for line in listed.stdout.splitlines()}
    assert "0061-backups.sql" in known
    released = "".join((versions.MIGRATIONS / name).read_text() for name in known)
    new = [file for file in versions.MIGRATIONS.glob("*.sql") if file.name not in known]
    # what a later migration has created, nobody reads yet
    taken = {
        file.name: [
            one
            for one in takes_away(file.read_text())
            if any(name in released for name in re.findall(r"\b(?:app|raw)\.(\w+)", one))
        ]
        for file in new
    }
    assert taken == {file.name: [] for file in new}


def takes_away(migration: str) -> list[str]:
    """The statements of a migration that a release before it would miss."""
    code = re.sub(r"--[^\n]*|\$\$.*?\$\$", "", migration, flags=re.DOTALL)
    if "app.oldest_served_version" in code:
        return []
    statements = [" ".join(each.split()) for each in code.split(";")]
    return [each for each in statements if re.search(_TAKES_AWAY, each, re.IGNORECASE)]


_TAKES_AWAY = (
    r"^drop (table|schema|view|function|type|sequence)\b"
    r"|^alter (table|schema|function|view) .*\b(drop column|rename (to|column)|set schema)\b"
)


@pytest.mark.parametrize(
    ("migration", "number"),
    [
        ("drop table app.webhooks; -- gone", 1),
        ("alter table app.etl_runs\n    drop column note;", 1),
        ("alter table app.etl_runs rename to runs; alter schema app rename to apps", 2),
        ("create function f() returns void language sql as $$ drop table a $$;", 0),
        ("alter table app.etl_runs add column a integer; create table app.b ()", 0),
        ("create or replace function app.oldest_served_version() ..; drop table app.b", 0),
    ],
)
def test_what_takes_something_away_is_recognized(migration: str, number: int) -> None:
    assert len(takes_away(migration)) == number
