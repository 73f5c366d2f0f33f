"""How yoyo-migrations reaches the database, and where it keeps its tables.

They stand in the schema hedge_migrations: a role needs no right in `public`, which Hedge uses for
nothing, and a dump of the project's schemas has the list of the migrations that made them.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import default_migration_table

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

    What a migration says by `raise info` is told. psycopg.errors.InsufficientPrivilege where the
    role may not create the schema.
    """

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "INFO" and notice.message_primary:
            tell(notice.message_primary)

    class Backend(PostgresqlPsycopgBackend):
        """Opens its connections as Hedge does, each of which is listened to."""

        def connect(self, dburi: object) -> psycopg.Connection[Any]:
            connection = connect()
            connection.add_notice_handler(listen)
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
