"""How yoyo-migrations reaches the database, and where it keeps its tables.

They stand in the schema hedge_migrations: a role needs no right in `public`, which Hedge uses for
nothing, and a dump of the project's schemas has the list of the migrations that made them.
"""

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import default_migration_table

from hedge import short_locks, versions
from hedge.errors import HedgeError
from hedge.queries import query

SCHEMA = "hedge_migrations"
#: The key of the advisory lock under which migrations are applied.
LOCK = 0x6D6967726174


@contextlib.contextmanager
def locked(connection: psycopg.Connection[Any], tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of migrations while the block runs.

    It is an advisory lock, which ends with its session. yoyo's own lock is a row, which a killed
    process would leave behind.
    """
    attempt = connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    if attempt != (True,):
        tell("another hedge db migrate is running: waiting until it has ended")
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
    yield


def backend(
    connect: Callable[[], psycopg.Connection[Any]], tell: Callable[[str], None]
) -> PostgresqlPsycopgBackend:
    """The backend of yoyo over connections that connect opens. Tables that an earlier version of
    Hedge has made in another schema are moved.

    What a migration says by `raise info` is told. A statement of a migration waits for a lock only
    for short_locks.LOCK_TIMEOUT (psycopg.errors.LockNotAvailable).
    psycopg.errors.InsufficientPrivilege where the role may not create the schema.
    """

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "INFO" and notice.message_primary:
            tell(notice.message_primary)

    class Backend(PostgresqlPsycopgBackend):
        """Opens its connections as Hedge does, each of which is listened to."""

        def connect(self, dburi: object) -> psycopg.Connection[Any]:
            connection = connect()
            connection.add_notice_handler(listen)
            connection.execute(f"set lock_timeout = {short_locks.LOCK_TIMEOUT}")
            return connection

        def quote_identifier(self, s: str) -> str:
            # A migration may set another search_path, so each name says its schema.
            quoted = str(super().quote_identifier(s))
            return f"{SCHEMA}.{quoted}" if s.lstrip("_").startswith("yoyo_") else quoted

        def list_tables(self, **kwargs: object) -> list[str]:
            rows = self.execute(self.list_tables_sql, {"schema": SCHEMA}).fetchall()
            return [name for (name,) in rows]

    made = Backend(parse_uri("postgresql+psycopg:///"), default_migration_table)
    made.connection.execute(query("move_migration_tables"))
    made.init_database()
    return made


def apply_missing(
    made: PostgresqlPsycopgBackend,
    connection: psycopg.Connection[Any],
    schemas: Sequence[str],
    tell: Callable[[str], None],
) -> list[str]:
    """Apply the migrations of hedge/migrations that are missing; returns their names.

    Each has a transaction of its own. Who reads or writes in the schemas is waited for in short
    attempts, which is told; a HedgeError names those who do not end, or the migration that
    PostgreSQL refuses. What was applied until then stays, and the next call goes on from there.
    """
    known = read_migrations(str(versions.MIGRATIONS))
    names = [migration.id for migration in made.to_apply(known)]

    def apply() -> None:
        # yoyo prints the rows that a select of a migration returns
        with contextlib.redirect_stdout(io.StringIO()):
            made.apply_migrations(made.to_apply(known))

    state = "each migration is applied as a whole or not at all"
    try:
        short_locks.take(apply, connection, schemas, "hedge db migrate", state, tell)
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege):
        # the server or a role is at fault, and not a migration
        raise
    except psycopg.Error as error:
        failed = next((migration.id for migration in made.to_apply(known)), names[-1])
        reason = str(error).strip().partition("\n")[0]
        raise HedgeError(
            f"the migration {failed} was not applied, and nothing of it is: {reason}"
        ) from error
    return names
