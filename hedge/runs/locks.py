"""The deploy lock, and connections to a database that runs can use.

Runs hold the lock shared and a deploy holds it exclusively, so that no run reads views while a
deploy replaces them.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime

import psycopg

from hedge import database
from hedge.errors import HedgeError, UsageError
from hedge.runs import ledger

#: The key of the advisory lock.
DEPLOY_LOCK = 0x4865646765


@contextlib.contextmanager
def ready() -> Iterator[psycopg.Connection]:
    """A connection to a deployed database; no deploy can start while the block runs.

    Raises HedgeError where migrations or a deploy are missing.
    """
    with migrated() as connection, deploy_lock(connection):
        require_deployed(connection)
        yield connection


@contextlib.contextmanager
def migrated() -> Iterator[psycopg.Connection]:
    """A connection to a database that has the tables of the migrations; runs of dead processes
    are marked as FAILED first."""
    with database.connect() as connection:
        database.require_migrated(connection)
        ledger.sweep(connection)
        yield connection


@contextlib.contextmanager
def deploy_lock(connection: psycopg.Connection, *, exclusive: bool = False) -> Iterator[None]:
    """Hold the deploy lock while the block runs: shared for a run, exclusive for a deploy.

    A deploy polls instead of waiting in the lock's queue, because runs that start meanwhile
    would queue behind it.
    """
    if exclusive:
        attempt = "select pg_try_advisory_lock(%s)"
        while not database.value(connection, attempt, [DEPLOY_LOCK]):
            time.sleep(0.1)
        unlock = "select pg_advisory_unlock(%s)"
    else:
        connection.execute("select pg_advisory_lock_shared(%s)", [DEPLOY_LOCK])
        unlock = "select pg_advisory_unlock_shared(%s)"
    try:
        yield
    finally:
        connection.execute(unlock, [DEPLOY_LOCK])


def is_deployed(connection: psycopg.Connection) -> bool:
    """Whether the database has the views and tables of a deploy."""
    return database.exists(connection, "analytics.leaderboard_entries")


def require_deployed(connection: psycopg.Connection) -> None:
    """Raise a HedgeError that says what to do where nothing has been deployed."""
    if not is_deployed(connection):
        raise HedgeError("the views are not there yet: run hedge etl deploy first")


def require_past(connection: psycopg.Connection, as_of: datetime) -> None:
    """Raise a UsageError for an as-of instant in the future.

    Rows computed for a future instant would be newer than those of every run until then, and
    no run could replace them.
    """
    if database.value(connection, "select %s > now()", [as_of]):
        raise UsageError(
            f"the as-of instant {as_of.isoformat()} lies in the future: "
            "until then no other run could write"
        )
