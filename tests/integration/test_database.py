"""The database: what it is reached by, what its errors say, and its migrations."""

import contextlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import LiteralString

import psycopg
import pytest

from hedge import database, libpq_variables
from hedge.errors import DatabaseAway, HedgeError, UsageError
from hedge.setting_values import without_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:secret@host/db", "postgresql://ada@host/db"),
        ("postgresql://ada:se%40cret@host:5433/db?sslmode=require", None),
        ("postgresql://ada@host/db", "postgresql://ada@host/db"),
        ("postgresql:///hedge?host=/run", "postgresql:///hedge?host=/run"),
        ("postgresql://ada:s@cr@t@host/db", "postgresql://ada@host/db"),
        (
            "postgresql://host/db?password=secret&user=ada",
            "postgresql://host/db?password=***&user=ada",
        ),
        ("host=h password='se cr\\'et' user=ada", "host=h password=*** user=ada"),
        ("password = secret host=h", "password = *** host=h"),
    ],
)
def test_a_password_is_not_shown(url: str, shown: str | None) -> None:
    found = without_password(url)
    assert found == (shown or "postgresql://ada@host:5433/db?sslmode=require")


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        (
            "postgresql://ada:secret@host:5433/db?sslmode=verify-full&sslrootcert=/ca.pem"
            "&sslcert=/ada.crt&sslkey=/ada.key&target_session_attrs=read-write"
            "&application_name=mine",
            {
                "PGHOST": "host",
                "PGPORT": "5433",
                "PGUSER": "ada",
                "PGPASSWORD": "secret",
                "PGDATABASE": "db",
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": "/ca.pem",
                "PGSSLCERT": "/ada.crt",
                "PGSSLKEY": "/ada.key",
                "PGTARGETSESSIONATTRS": "read-write",
            },
        ),
        (
            "postgresql:///hedge?host=/run/pg&user=ada",
            {
                "PGHOST": "/run/pg",
                "PGPORT": "5432",
                "PGUSER": "ada",
                "PGPASSWORD": "",
                "PGDATABASE": "hedge",
            },
        ),
        (
            "postgresql://ada@host",
            {
                "PGHOST": "host",
                "PGPORT": "5432",
                "PGUSER": "ada",
                "PGPASSWORD": "",
                "PGDATABASE": "ada",
            },
        ),
    ],
)
def test_the_variables_of_postgresql_are_those_of_the_url(
    monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str]
) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HEDGE_DATABASE_URL", url)
    assert libpq_variables.variables() == variables | {"PGOPTIONS": database.SESSION_OPTIONS}


def test_a_key_with_a_passphrase_is_refused_because_dbt_cannot_take_it() -> None:
    with pytest.raises(
        UsageError, match=r"dbt cannot take the passphrase of a key \(sslpassword\) from"
    ):
        libpq_variables.variables("postgresql://host/db?sslkey=/ada.key&sslpassword=secret")


def test_what_a_url_leaves_out_is_what_every_other_program_would_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_before = {"PGHOST": "/run/pg", "PGPORT": "5433", "PGUSER": "ada", "PGPASSWORD": "secret"}
    for name, value in (set_before | {"PGDATABASE": "hedge"}).items():
        monkeypatch.setenv(name, value)
    found = libpq_variables.variables("postgresql:///review")
    assert {name: found[name] for name in set_before} == set_before
    assert found["PGDATABASE"] == "review"
    assert libpq_variables.variables("postgresql://host:1")["PGHOST"] == "host"
    assert libpq_variables.variables("postgresql://host:1")["PGDATABASE"] == "hedge"


def test_the_environment_is_that_of_the_database_while_a_block_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://ada@127.0.0.1:1/none")
    monkeypatch.setenv("PGUSER", "somebody")
    monkeypatch.delenv("PGPORT", raising=False)
    with contextlib.suppress(ValueError), libpq_variables.set_variables():
        assert (os.environ["PGUSER"], os.environ["PGPORT"]) == ("ada", "1")
        raise ValueError
    assert os.environ["PGUSER"] == "somebody"
    assert "PGPORT" not in os.environ


def test_a_url_that_is_none_is_a_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", "not a url")
    with pytest.raises(UsageError, match="HEDGE_DATABASE_URL is not a database URL: "):
        database.connect().__enter__()
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://ada:secret@127.0.0.1:1/none")
    with pytest.raises(HedgeError, match=r"no connection to postgresql://ada@127\.0\.0\.1:1/none"):
        database.connect().__enter__()


def test_a_database_that_is_away_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "PAUSE_BETWEEN_ATTEMPTS", 0.01)
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://ada:secret@127.0.0.1:1/none")
    for longest in (0, 0.1):
        with pytest.raises(DatabaseAway, match=r"no connection to postgresql://ada@127\.0\.0\.1:1"):
            database.wait_for(longest)
    said = "waiting for the database: no connection to postgresql://ada@127.0.0.1:1/none: "
    (line,) = caplog.messages
    assert line.startswith(said)
    attempts = iter([DatabaseAway("starting up")] * 3)

    @contextlib.contextmanager
    def connect(**_: bool) -> Iterator[None]:
        for error in attempts:
            raise error
        yield

    monkeypatch.setattr(database, "connect", connect)
    database.wait_for(None)
    assert next(attempts, None) is None
    monkeypatch.undo()
    monkeypatch.setenv("HEDGE_DATABASE_URL", "not a url")
    with pytest.raises(UsageError):
        database.wait_for(None)


@pytest.mark.parametrize(
    ("statement", "expected", "said"),
    [
        ("select pg_terminate_backend(pg_backend_pid())", DatabaseAway, "no connection to .*: "),
        (
            "set statement_timeout = '1ms'; select pg_sleep(1)",
            psycopg.errors.QueryCanceled,
            "canceling",
        ),
    ],
)
def test_a_session_that_ends_when_it_was_let_in_is_none(
    connection: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    statement: LiteralString,
    expected: type[Exception],
    said: str,
) -> None:
    """Unlike a server that refuses statements."""

    def look_for_pooler(connection: psycopg.Connection, where: str, pooled: bool) -> None:
        connection.execute(statement)

    monkeypatch.setattr(database, "_look_for_pooler", look_for_pooler)
    with pytest.raises(expected, match=said):
        database.connect().__enter__()


def test_a_session_does_not_depend_on_the_settings_of_the_server(
    connection: psycopg.Connection,
) -> None:
    database_name = connection.info.dbname
    for setting, value in (
        ("datestyle", "SQL, DMY"),
        ("timezone", "Asia/Tokyo"),
        ("intervalstyle", "sql_standard"),
        ("bytea_output", "escape"),
        ("extra_float_digits", "-15"),
        ("default_transaction_isolation", "serializable"),
    ):
        connection.execute(f"alter database \"{database_name}\" set {setting} = '{value}'")
    with database.connect() as other:
        shown = other.execute(
            "select '2026-03-01 12:00:00+09'::timestamptz::text, '26 hours'::interval::text,"
            r" '\x00ff'::bytea::text, (1 / 3.0::float8)::text,"
            " current_setting('transaction_isolation')"
        ).fetchone()
    assert shown == (
        "2026-03-01 03:00:00+00",
        "26:00:00",
        "\\x00ff",
        "0.3333333333333333",
        "read committed",
    )


def test_a_session_is_in_utc_and_commits_by_itself(connection: psycopg.Connection) -> None:
    connection.execute("insert into app.players (discord_id) values ('1')")
    with database.connect() as other:
        assert database.value(other, "show timezone") == "UTC"
        assert database.value(other, "show application_name") == "hedge"
        assert database.value(other, "select count(*) from app.players") == 1
    with database.connect(autocommit=False) as other:
        other.execute("insert into app.players (discord_id) values ('2')")
        assert database.value(connection, "select count(*) from app.players") == 1
    assert other.closed


@pytest.mark.parametrize("behind", [0, 1])
def test_a_server_that_is_too_old_is_refused(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, behind: int
) -> None:
    major = connection.info.server_version // 10_000
    monkeypatch.setattr(database, "OLDEST_SERVER", major + behind)
    if not behind:
        with database.connect() as other:
            assert database.value(other, "select 1") == 1
        return
    with pytest.raises(HedgeError, match=f"PostgreSQL {major} is too old: Hedge needs {major + 1}"):
        database.connect().__enter__()


def test_the_first_row_is_read_or_there_is_none(connection: psycopg.Connection) -> None:
    assert database.value(connection, "select 1, 2 union all select 3, 4") == 1
    assert database.value(connection, "select 1 where false") is None
    with pytest.raises(LookupError):
        database.one_row(connection.execute("select 1 where false"))
    assert database.exists(connection, "app.etl_runs")
    assert database.exists(connection, "analytics.metrics")
    assert not database.exists(connection, "app.nothing")


def test_a_constraint_that_is_violated_is_quoted(connection: psycopg.Connection) -> None:
    for statement, words in (
        (
            "insert into app.etl_requests (kind, reason) values ('YEARLY', '')",
            "a request: kind is CLUSTER, ENDS, FULL or INCREMENTAL",
        ),
        ("select 1 / 0", "a request: division by zero"),
    ):
        with pytest.raises(UsageError) as caught, database.constraint_errors("a request"):
            connection.execute(statement)
        assert str(caught.value) == words
    with pytest.raises(psycopg.errors.UndefinedTable), database.constraint_errors("a request"):
        connection.execute("select from nothing")


def test_a_reset_leaves_every_table_empty_and_migrated(
    connection: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.execute("insert into app.players (discord_id) values ('1')")
    found = database.status()
    assert (found.server, found.running, found.migrated) == ("HEDGE_DATABASE_URL", True, True)
    assert found.url == os.environ["HEDGE_DATABASE_URL"]
    assert database.migrate() == []
    database.reset()
    # the rows that a migration selects are nothing for a person or a program
    assert capsys.readouterr().out == ""
    database.require_migrated(connection)
    assert database.value(connection, "select count(*) from app.players") == 0
    # what was deployed is gone too, and so is what somebody else put there left
    assert not database.exists(connection, "analytics.metrics")


def test_a_database_without_tables_says_what_to_do(
    new_database: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", new_database("without_tables", "template0"))
    assert database.status().migrated is False
    with (
        database.connect() as connection,
        pytest.raises(HedgeError, match="run hedge db migrate first"),
    ):
        database.require_migrated(connection)


def test_a_server_that_is_named_is_neither_started_nor_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://ada@host/db")
    for command, told in (
        (database.start, "HEDGE_DATABASE_URL names a server that is not ours to start"),
        (database.stop, "HEDGE_DATABASE_URL names a server that is not ours to stop"),
    ):
        with pytest.raises(UsageError, match=f"^{told}$"):
            command()
    assert database.url() == "postgresql://ada@host/db"


def test_the_oldest_server_itself_is_not_too_old(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "OLDEST_SERVER", Fraction(connection.info.server_version, 10_000))
    with database.connect() as accepted:
        assert database.value(accepted, "select 1") == 1
