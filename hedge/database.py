"""The database: connections and migrations.

Without HEDGE_DATABASE_URL it is on the embedded server (hedge/embedded_server.py) in HEDGE_HOME.
"""

import contextlib
import functools
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hedge import embedded_server, poolers, settings, versions
from hedge.errors import DatabaseAway, HedgeError, UsageError
from hedge.queries import query
from hedge.setting_values import without_password

Row = TypeVar("Row")
log = logging.getLogger("hedge.database")

#: The oldest major version of PostgreSQL that is supported.
OLDEST_SERVER = 15
#: What every session relies on, whatever the server, the role or the client has set. Values have
#: no blanks, which libpq would have to be told of.
SESSION_OPTIONS = (
    "-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c bytea_output=hex"
    " -c extra_float_digits=1 -c standard_conforming_strings=on -c default_transaction_isolation"
    "=read\\ committed"
)
#: When a server counts as away that does not answer, in seconds: one that accepts a connection and
#: does not let it in, and one that the network has lost (tcp_user_timeout is in milliseconds).
NETWORK_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
#: Seconds between two attempts to reach the database, and between two lines that say so.
PAUSE_BETWEEN_ATTEMPTS, SECONDS_BETWEEN_LINES = 0.5, 60.0
#: The name of the database on the embedded server.
EMBEDDED_DATABASE = "hedge"
#: The schemas of the project; `reset` drops them.
SCHEMAS = ("analytics", "app", "raw", "procrastinate", "hedge_migrations")


@dataclass(frozen=True)
class Status:
    """What `hedge db status` prints. url and version are None where the embedded server is
    stopped; migrated says whether the tables of the migrations exist, and fault why this version
    of Hedge cannot use them."""

    server: str
    running: bool
    url: str | None
    version: str | None
    migrated: bool
    fault: str | None = None


def _data_directory() -> Path:
    return settings.home().resolve() / "postgres"


def start() -> str:
    """Start the embedded server unless it is running, create it and its database where they are
    missing, and return the URL."""
    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to start")
    data = _data_directory()
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        server = embedded_server.start(data)
    except OSError as error:
        raise HedgeError(
            f"the embedded PostgreSQL in {data} cannot be used: {error.strerror}: {error.filename}"
        ) from error
    with (
        # Another process that starts at the same time may create it first.
        contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation),
        psycopg.connect(server.url("postgres"), autocommit=True) as connection,
    ):
        found = connection.execute(
            "select from pg_database where datname = %s", [EMBEDDED_DATABASE]
        )
        if found.fetchone() is None:
            connection.execute(
                f"create database {EMBEDDED_DATABASE} template template0 encoding 'UTF8' locale 'C'"
            )
    return server.url(EMBEDDED_DATABASE)


def stop() -> bool:
    """Stop the embedded server; returns False when it was not running."""
    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to stop")
    data = _data_directory()
    return embedded_server.running(data) is not None and embedded_server.stop(data)


def upgrade() -> tuple[str, Path] | None:
    """Bring the data of the embedded server to the newest version of its package and start it;
    returns their old version and where they are kept. None where they are of the newest."""
    from hedge import embedded_upgrade

    if settings.external_database_url():
        raise UsageError("HEDGE_DATABASE_URL names a server that is not ours to upgrade")
    upgraded = embedded_upgrade.upgrade(_data_directory())
    if upgraded:
        with connect() as connection:
            connection.execute("analyze")
    return upgraded


def url() -> str:
    """The URL of the database. The embedded server is started unless another one is named.

    A HedgeError where HEDGE_HOME has no database: a folder that is named by mistake must not
    become a new, empty one.
    """
    external = settings.external_database_url()
    if external:
        return external
    data = _data_directory()
    if not embedded_server.exists(data):
        raise HedgeError(
            f"there is no database in {data.parent}: hedge db migrate creates one there. The "
            "folder is that of HEDGE_HOME, else the nearest .hedge from the current folder upwards"
        )
    embedded_server.limit_log(data)
    running = embedded_server.running(data)
    return running.url(EMBEDDED_DATABASE) if running else start()


def status() -> Status:
    """The state of the server, which is not started."""
    external = settings.external_database_url()
    server = "HEDGE_DATABASE_URL" if external else f"embedded in {_data_directory()}"
    if not external and embedded_server.running(_data_directory()) is None:
        return Status(server, running=False, url=None, version=None, migrated=False)
    with connect() as connection:
        version = value(connection, "show server_version")
        migrated = exists(connection, "app.etl_runs")
        fault = versions.fault(connection) if migrated else None
        return Status(server, True, url(), version, migrated, fault)


@contextlib.contextmanager
def connect(*, autocommit: bool = True, pooled: bool = False) -> Iterator[psycopg.Connection]:
    """A connection whose session has SESSION_OPTIONS, closed when the block ends.

    A DatabaseAway, or another HedgeError, says in one sentence why there is no connection; with
    pooled, a pooler that shares sessions among transactions is none.
    """
    where = url()
    try:
        connection = _connected(where, autocommit=True)
    except psycopg.OperationalError as error:
        if poolers.refuses_options(error):
            raise HedgeError(
                f"a pooler refuses the connection: {_first_line(error)}; its setting "
                "ignore_startup_parameters has to name options, which hedge serve gets through"
            ) from error
        raise _away(where, error) from error
    with connection:
        try:
            _look_for_pooler(connection, where, pooled)
        except psycopg.OperationalError as error:
            if not connection.closed:
                raise
            # The server let the session in, and has ended it since.
            raise _away(where, error) from error
        if connection.info.server_version < OLDEST_SERVER * 10_000:
            raise HedgeError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old: "
                f"Hedge needs {OLDEST_SERVER} or newer"
            )
        connection.autocommit = autocommit
        yield connection


def _away(where: str, error: psycopg.OperationalError) -> DatabaseAway:
    return DatabaseAway(f"no connection to {without_password(where)}: {_first_line(error)}")


def _connected(where: str, **more: Any) -> psycopg.Connection:
    parameters: dict[str, Any] = {"application_name": "hedge", "options": SESSION_OPTIONS}
    return psycopg.connect(with_network_options(where), **(parameters | more))


def _look_for_pooler(connection: psycopg.Connection, where: str, pooled: bool) -> None:
    """Prepare a connection for a pooler, where there is one; a HedgeError where that does not
    give what is needed. The connection is in no transaction, which would keep its session."""
    if not poolers.is_between(connection, value(connection, poolers.PROCESS)):
        return
    connection.prepare_threshold = None
    if not pooled and poolers.shares_sessions(connection, functools.partial(_connected, where)):
        raise HedgeError(poolers.sentence(where, "this command"))
    names = [*poolers.wanted_settings(SESSION_OPTIONS)]
    found = connection.execute(query("session_settings"), {"names": names}).fetchall()
    if lost := poolers.lost_settings(found, SESSION_OPTIONS):
        raise HedgeError(poolers.sentence_of_lost(lost, connection.info.user))


def with_network_options(where: str) -> str:
    """A connection string with NETWORK_OPTIONS, unless a URL has its own."""
    return make_conninfo("", **(NETWORK_OPTIONS | conninfo_to_dict(where)))


def wait_for(longest: float | None, *, pooled: bool = False) -> None:
    """Return when the database can be reached, with pooled also through a pooler. What it is
    waited for is logged, once a minute.

    After longest seconds (None: never) the DatabaseAway of the last attempt is raised.
    """
    began, said = time.monotonic(), -math.inf
    while True:
        try:
            with connect(pooled=pooled):
                return
        except DatabaseAway as error:
            waited = time.monotonic() - began
            if longest is not None and waited >= longest:
                raise
            if waited - said >= SECONDS_BETWEEN_LINES:
                log.warning("waiting for the database: %s", error)
                said = waited
        time.sleep(PAUSE_BETWEEN_ATTEMPTS)


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


def migrate(tell: Callable[[str], None] = lambda sentence: None) -> list[str]:
    """Apply the migrations of hedge/migrations that are missing; returns their names.

    The embedded server is created where it is missing. Of two processes that migrate at once, the
    second one waits for the first; readers are waited for as in hedge/short_locks.py. What a
    migration says of stored rows that it had to change (`raise info`) is told, each as one
    sentence. A database of a newer version of Hedge, a role that can neither create a schema nor
    owns it, and a reader that does not end, are a HedgeError.
    """
    from hedge import migration_tables, rights

    def connect_anew() -> psycopg.Connection:
        return psycopg.connect(
            with_network_options(url()), autocommit=True, options=SESSION_OPTIONS
        )

    if not settings.external_database_url():
        start()
    logging.getLogger("yoyo").setLevel(logging.ERROR)
    with connect() as connection, migration_tables.locked(connection, tell):
        if sentence := out_of_reach(connection):
            raise HedgeError(sentence)
        versions.require_not_newer(connection)
        backend = migration_tables.backend(connect_anew, tell)
        try:
            names = migration_tables.apply_missing(backend, connection, SCHEMAS, tell)
        finally:
            backend.connection.close()
        rights.renew(connection)
    return names


def out_of_reach(connection: psycopg.Connection) -> str | None:
    """The first schema of the project that the role neither owns nor may create, in one sentence;
    None where there is none."""
    found = connection.execute(query("schemas_out_of_reach"), {"schemas": [*SCHEMAS]}).fetchone()
    if found is None:
        return None
    schema, owner, role, database = found
    if owner is not None:
        return (
            f"the schema {schema} belongs to {owner}: the role {role} has to own it, or be a "
            f"member of {owner}"
        )
    return (
        f"the role {role} may not create the schema {schema}: grant create on the database "
        f"{database} to it, or create the schemas {', '.join(SCHEMAS)}, which it has to own"
    )


def schemas(connection: psycopg.Connection) -> list[str]:
    """The schemas of the project, its buckets and its environments, whether they exist or not."""
    names = [*SCHEMAS, *buckets(connection), *buckets(connection, "_copy"), "everybody_copy"]
    if value(connection, "select to_regprocedure('app.environments()') is not null"):
        for (name,) in connection.execute("select name from app.environments()"):
            names += [name, f"{name}_app"]
    return names


def buckets(connection: psycopg.Connection, suffix: str = "") -> list[str]:
    """The schemas of the buckets, with a suffix those of their copies; none without buckets."""
    if not exists(connection, "app.buckets"):
        return []
    found = connection.execute("select 'bucket_' || bucket from app.buckets order by bucket")
    return [name + suffix for (name,) in found]


def has_schema(connection: psycopg.Connection, name: str) -> bool:
    """Whether there is a schema of a name."""
    return value(connection, "select to_regnamespace(%s)", [name]) is not None


def reset() -> None:
    """Drop all schemas of the project, facts and environments included, and apply all
    migrations; recorded roles get their rights again."""
    from hedge import rights

    with connect() as connection, connection.transaction():
        # One of the schemas may belong to a role that owns no other.
        if sentence := out_of_reach(connection):
            raise HedgeError(sentence)
        roles = rights.recorded(connection)
        for schema in schemas(connection):
            connection.execute(
                sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema))
            )
    migrate()
    with connect() as connection:
        rights.remember(connection, roles)


def require_migrated(connection: psycopg.Connection) -> None:
    """Raise a HedgeError that says what to do where the tables of the migrations are missing, or
    are those of another version of Hedge."""
    if sentence := versions.fault(connection):
        raise HedgeError(sentence)
