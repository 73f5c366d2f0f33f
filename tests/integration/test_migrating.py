"""`hedge db migrate` beside other sessions and with other roles."""

import queue
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hedge import database, migration_tables, short_locks, versions
from hedge.errors import HedgeError
from tests import prepared_server


def test_two_migrations_at_once_wait_for_each_other(connection: psycopg.Connection) -> None:
    connection.execute("select pg_advisory_lock(%s)", [migration_tables.LOCK])
    told: list[str] = []
    with ThreadPoolExecutor(1) as executor:
        migrated = executor.submit(database.migrate, told.append)
        with pytest.raises(TimeoutError):
            migrated.result(timeout=1)
        connection.execute("select pg_advisory_unlock(%s)", [migration_tables.LOCK])
        assert migrated.result(timeout=10) == []
    assert told == ["another hedge db migrate is running: waiting until it has ended"]


def test_a_migration_ends_no_reader(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A reader holds the second table that a migration alters, and reads then the first one."""
    folder = tmp_path / "migrations"
    shutil.copytree(versions.MIGRATIONS, folder)
    (folder / "9999-two-tables.sql").write_text(
        "alter table app.etl_runs add column one integer;"
        "alter table app.leaderboard_runs add column two integer;"
    )
    monkeypatch.setattr(versions, "MIGRATIONS", folder)
    monkeypatch.setattr(short_locks, "PAUSE", 0.1)
    told: queue.Queue[str] = queue.Queue()
    with ThreadPoolExecutor(1) as executor, connection.transaction():
        connection.execute("select from app.leaderboard_runs")
        migrated = executor.submit(database.migrate, told.put)
        assert told.get(timeout=10).startswith(
            f"waiting for the session {connection.info.backend_pid} "
        )
        connection.execute("select pg_sleep(0.2)")
        connection.execute("select from app.etl_runs")
        assert not migrated.done()
    assert migrated.result(timeout=10) == ["9999-two-tables"]


def test_a_migration_gives_up_on_a_reader_that_does_not_end(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(versions.MIGRATIONS, folder)
    (folder / "9998-a-column.sql").write_text("alter table app.etl_runs add column one integer;")
    (folder / "9999-a-column.sql").write_text("alter table app.seasons add column one integer;")
    monkeypatch.setattr(versions, "MIGRATIONS", folder)
    monkeypatch.setenv("HEDGE_DEPLOY_WAIT", "1")
    with connection.transaction():
        connection.execute("select from app.seasons")
        refusal = (
            rf"\(HEDGE_DEPLOY_WAIT\) hedge db migrate still waits for the session "
            rf"{connection.info.backend_pid} .*: each migration is applied as a whole or not"
            r".*; end that session or try again later"
        )
        with pytest.raises(HedgeError, match=refusal):
            database.migrate()
    assert database.migrate() == ["9999-a-column"]


def test_a_migration_that_fails_is_named_and_those_before_it_stay(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(versions.MIGRATIONS, folder)
    first, second = "9998-ponds", "9999-ponds-again"
    (folder / f"{first}.sql").write_text("create table raw.ponds (pond_id bigint);")
    (folder / f"{second}.sql").write_text(
        f"-- depends: {first}\n"
        "create table raw.lakes (lake_id bigint); create table raw.ponds (pond_id bigint);"
    )
    monkeypatch.setattr(versions, "MIGRATIONS", folder)
    with pytest.raises(HedgeError) as refused:
        database.migrate()
    assert str(refused.value) == (
        f"the migration {second} was not applied, and nothing of it is: relation"
        ' "ponds" already exists'
    )
    assert database.exists(connection, "raw.ponds")
    assert not database.exists(connection, "raw.lakes")
    connection.execute("drop table raw.ponds")
    assert database.migrate() == [second]


def test_the_lock_of_a_killed_migration_does_not_stay(connection: psycopg.Connection) -> None:
    # yoyo's lock is a row, which a process that is killed leaves behind
    connection.execute("insert into hedge_migrations.yoyo_lock values (1, now(), 4711)")
    assert database.migrate() == []


TABLES_OF_YOYO = ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock")


def schemas_of_yoyo(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """The tables of yoyo-migrations with their schemas."""
    found = connection.execute(
        "select schemaname, tablename from pg_tables where tablename = any(%s)",
        [list(TABLES_OF_YOYO)],
    )
    return {(schema, name) for schema, name in found}


def test_the_list_of_migrations_moves_out_of_public(connection: psycopg.Connection) -> None:
    # as Hedge 0.1 has left it
    for table in TABLES_OF_YOYO:
        connection.execute(f"alter table hedge_migrations.{table} set schema public")
    connection.execute("drop schema hedge_migrations")
    assert database.migrate() == []
    assert schemas_of_yoyo(connection) == {("hedge_migrations", each) for each in TABLES_OF_YOYO}


def test_tables_of_another_program_that_uses_yoyo_stay(connection: psycopg.Connection) -> None:
    connection.execute(
        "create table public._yoyo_migration (migration_id text);"
        "insert into public._yoyo_migration values ('0001-theirs');"
        "drop schema raw, app, procrastinate, hedge_migrations, analytics cascade"
    )
    assert database.migrate()[0] == "0001-raw-tables"
    assert schemas_of_yoyo(connection) == {
        ("public", "_yoyo_migration"),
        *(("hedge_migrations", each) for each in TABLES_OF_YOYO),
    }
    theirs = database.value(connection, "select migration_id from public._yoyo_migration")
    assert theirs == "0001-theirs"


@pytest.fixture
def of_a_new_role(
    server: str, new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """An administrator's connection to an empty database, which HEDGE_DATABASE_URL names with the
    role newcomer, who has no rights there."""
    url = new_database("of_an_administrator", "template0")
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(
            "create role newcomer login; revoke all on schema public from public;"
            "revoke create on database of_an_administrator from public"
        )
        monkeypatch.setenv("HEDGE_DATABASE_URL", make_conninfo(url, user="newcomer"))
        yield administrator
    prepared_server.drop_database(server, "of_an_administrator")
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute("drop role newcomer")


def test_a_role_without_rights_in_public_migrates_schemas_that_were_made_for_it(
    of_a_new_role: psycopg.Connection,
) -> None:
    for schema in database.SCHEMAS:
        of_a_new_role.execute(f"create schema {schema} authorization newcomer")
    assert database.migrate() == versions.migrations()
    assert database.migrate() == []
    owners = of_a_new_role.execute(
        "select distinct tableowner from pg_tables where schemaname = any(%s)",
        [list(database.SCHEMAS)],
    )
    assert owners.fetchall() == [("newcomer",)]


def test_a_role_that_may_create_no_schema_is_told_so(of_a_new_role: psycopg.Connection) -> None:
    with pytest.raises(HedgeError) as refused:
        database.migrate()
    assert str(refused.value) == (
        "the role newcomer may not create the schema analytics: grant create on the database "
        "of_an_administrator to it, or create the schemas analytics, app, raw, procrastinate, "
        "hedge_migrations, which it has to own"
    )
    of_a_new_role.execute(
        "create schema app; grant create on database of_an_administrator to newcomer"
    )
    with pytest.raises(HedgeError) as refused:
        database.migrate()
    assert str(refused.value) == (
        "the schema app belongs to postgres: the role newcomer has to own it, or be a member of "
        "postgres"
    )
