"""Runs in other processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from typing import Any

import psutil
import psycopg

from hedge import database, runs
from tests import PROJECT

#: A query of how many sessions runs have with the database, to which conditions can be added.
SESSIONS = (
    "select count(*) from pg_stat_activity where datname = current_database()"
    " and application_name = 'hedge-dbt'"
)
#: The same of those that execute a statement.
ACTIVE_SESSIONS = f"{SESSIONS} and state = 'active'"


class Process:
    """A second process, which calls functions one after the other and keeps dbt loaded."""

    def __init__(self) -> None:
        """Start the process."""
        self._executor = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
        self.pid = self._executor.submit(os.getpid).result()

    def start(self, run: str, *clusters: str, as_of: datetime) -> "Future[runs.Run]":
        """Start a full, incremental or cluster run in the database of this test."""
        return self.call(_run, run, clusters, as_of)

    def call(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Start a call of a module's function in the database of this test."""
        return self._executor.submit(_call, os.environ["HEDGE_DATABASE_URL"], function, arguments)

    def stop(self) -> None:
        """End the process after its last call."""
        self._executor.shutdown()


def _call(url: str, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    os.environ["HEDGE_DATABASE_URL"] = url
    return function(*arguments)


def _run(run: str, clusters: Sequence[str], as_of: datetime) -> runs.Run:
    arguments = [clusters] if clusters else []
    return getattr(runs, run)(*arguments, as_of=as_of)


def start_slow_run(connection: psycopg.Connection) -> subprocess.Popen[bytes]:
    """Start the command of a full run, and wait until it executes a statement that takes a minute:
    each row of cluster_metrics does from now on."""
    connection.execute(
        "create function slow() returns trigger language plpgsql"
        " as $$ begin perform pg_sleep(60); return new; end $$;"
        "create trigger slow before insert on analytics.cluster_metrics"
        " for each row execute function slow()"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "etl", "full"],
        cwd=PROJECT,
        env=os.environ | {"HEDGE_DATABASE_URL": database.url()},
        stderr=subprocess.PIPE,
    )
    wait_for(connection, f"select ({ACTIVE_SESSIONS} and wait_event = 'PgSleep') > 0")
    return process


def wait_until_held(connection: psycopg.Connection, sessions: int = 1) -> None:
    """Wait until a number of sessions of runs wait for a lock."""
    _wait_for_sessions(connection, "wait_event_type = 'Lock'", sessions)


def wait_until_no_session_is_left(connection: psycopg.Connection) -> None:
    """Wait until the server has closed the sessions of runs."""
    _wait_for_sessions(connection, "true", 0)


def _wait_for_sessions(connection: psycopg.Connection, condition: str, number: int) -> None:
    wait_for(connection, f"select ({SESSIONS} and {condition}) = {number}")


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until a condition is true, and fail after twenty seconds."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(connection: psycopg.Connection, query: str) -> None:
    """Wait until a query returns true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if connection.execute(query).fetchone()[0]:
            return
        time.sleep(0.05)
    raise AssertionError(f"waited a minute for: {query}")
