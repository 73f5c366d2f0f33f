"""The deploy lock, and connections to a database that runs can use.

Runs hold the lock shared and a deploy holds it exclusively, so that no run reads views while a
deploy replaces them.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import datetime

import psycopg

from hedge import database, settings
from hedge.errors import HedgeError, UsageError
from hedge.queries import query
from hedge.runs import cancelling, ledger
from hedge.runs.dbt import Report
from hedge.runs.watching import watched_database

log = logging.getLogger("hedge.runs")

#: The key of the advisory lock.
DEPLOY_LOCK = 0x4865646765
#: For how many seconds a deploy waits in the queue of the lock at first, and at most.
FIRST_TURN, LONGEST_TURN = 1.0, 64.0


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
    are marked as FAILED first. While the database hangs, that is logged."""
    with database.connect() as connection, watched_database():
        database.require_migrated(connection)
        ledger.sweep(connection)
        yield connection


@contextlib.contextmanager
def deploy_lock(
    connection: psycopg.Connection, *, exclusive: bool = False, report: Report | None = None
) -> Iterator[None]:
    """Hold the deploy lock while the block runs: shared for a run, exclusive for a deploy.

    A deploy that waits tells for which runs. A HedgeError says so where it has waited for the time
    of HEDGE_DEPLOY_WAIT.
    """
    if exclusive:
        _wait_for_runs(connection, report)
        unlock = "select pg_advisory_unlock(%s)"
    else:
        with cancelling.waiting_for_a_lock(connection):
            connection.execute("select pg_advisory_lock_shared(%s)", [DEPLOY_LOCK])
        unlock = "select pg_advisory_unlock_shared(%s)"
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute(unlock, [DEPLOY_LOCK])


def _wait_for_runs(connection: psycopg.Connection, report: Report | None) -> None:
    """Take the deploy lock exclusively, by turns with the runs.

    While the deploy waits in the lock's queue, runs that begin later wait behind it, so that they
    cannot overtake it for ever. But behind a run of minutes they would wait for minutes. So it
    leaves the queue after a second, lets runs begin for as long, and queues for twice the time.
    """
    deadline = time.monotonic() + settings.deploy_wait()
    turn, told = FIRST_TURN, ""
    while True:
        connection.execute(f"set lock_timeout = {int(turn * 1000)}")
        try:
            connection.execute("select pg_advisory_lock(%s)", [DEPLOY_LOCK])
        except psycopg.errors.LockNotAvailable as error:
            runs = database.value(connection, query("runs_in_progress"), {"key": DEPLOY_LOCK})
            if time.monotonic() > deadline:
                raise HedgeError(
                    f"after {settings.deploy_wait()} s (HEDGE_DEPLOY_WAIT) the deploy still waits "
                    f"for {runs}: nothing has changed; deploy again when it has ended"
                ) from error
            if report is not None:
                report(f"waiting for {runs}", 0, None)
            if not told:
                log.warning("the deploy waits for %s", runs)
            told = runs
        else:
            return
        finally:
            connection.execute("set lock_timeout = 0")
        time.sleep(turn)
        turn = min(2 * turn, LONGEST_TURN)


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
