"""A program and a database of other versions: what fits works, and the rest is refused."""

import psycopg
import pytest

import hedge as package
from hedge import database, runs, versions
from hedge.errors import HedgeError
from tests import Hedge

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
