"""Runs in other processes."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from typing import Any

import psycopg

from hedge import runs


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


def wait_until_held(connection: psycopg.Connection, sessions: int = 1) -> None:
    """Wait until a number of sessions of runs wait for a lock."""
    _wait_for_sessions(connection, "wait_event_type = 'Lock'", sessions)


def wait_until_no_session_is_left(connection: psycopg.Connection) -> None:
    """Wait until the server has closed the sessions of runs."""
    _wait_for_sessions(connection, "true", 0)


def _wait_for_sessions(connection: psycopg.Connection, condition: str, number: int) -> None:
    wait_for(
        connection,
        f"select count(*) = {number} from pg_stat_activity where datname = current_database()"
        f" and application_name = 'hedge-dbt' and {condition}",
    )


def wait_for(connection: psycopg.Connection, query: str) -> None:
    """Wait until a query returns true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if connection.execute(query).fetchone()[0]:
            return
        time.sleep(0.05)
    raise AssertionError(f"waited a minute for: {query}")
