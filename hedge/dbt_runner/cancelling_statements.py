"""Cancelling the statements of dbt's sessions in this process, until dbt ends by itself.

dbt waits for PostgreSQL in C, where no signal reaches Python.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hedge import database

#: Seconds between two looks at the statements of an invocation that is to end.
PAUSE = 0.1
#: After this number of seconds an invocation that does not end is left alone.
LONGEST = 10.0
#: For so many seconds the server may take to let a connection in that cancels statements.
LONGEST_CONNECT = 2


class Session(Protocol):
    """A session of dbt with the database, as psycopg2 has it."""

    def get_transaction_status(self) -> int:
        """1 while a statement is executed (psycopg2's TRANSACTION_STATUS_ACTIVE)."""

    def get_backend_pid(self) -> int:
        """The number of the process of the server that serves the session."""

    def cancel(self) -> None:
        """Cancel the statement on the server, without a session; may be called from any thread."""


def cancel_statements(done: threading.Event, sessions: Callable[[], Sequence[Session]]) -> None:
    """Cancel the statements of sessions until work is done.

    After the first look, only sessions that were busy at the look before, too, are disturbed: the
    statement by which dbt closes the run in the ledger takes less.
    """
    deadline = time.monotonic() + LONGEST
    busy_before: list[Session] | None = None
    with contextlib.closing(_Canceller()) as canceller:
        while not done.is_set() and time.monotonic() < deadline:
            busy = []
            # A session may be closed between two looks; psycopg2 is imported by dbt alone.
            with contextlib.suppress(Exception):
                for session in sessions():
                    if session.get_transaction_status() == 1:
                        busy.append(session)
                        if busy_before is None or session in busy_before:
                            canceller.cancel(session)
            busy_before = busy
            done.wait(PAUSE)


class _Canceller:
    """Cancels statements of other sessions, by a session of its own.

    psycopg2's way to do so needs none. It waits for the server without letting go of Python's
    lock, and so for ever, with all threads, where the server hangs. It is used only where the
    server refuses a session at once, as one does that has no room for another.
    """

    def __init__(self) -> None:
        self._connection: psycopg.Connection | None = None

    def cancel(self, session: Session) -> None:
        """Cancel the statement of a session; an error of the driver where the server hangs."""
        began = time.monotonic()
        try:
            if self._connection is None or self._connection.closed:
                where = conninfo_to_dict(database.with_network_options(database.url()))
                self._connection = psycopg.connect(
                    make_conninfo("", **where | {"connect_timeout": LONGEST_CONNECT}),
                    autocommit=True,
                    application_name="hedge-cancel",
                )
            self._connection.execute("select pg_cancel_backend(%s)", [session.get_backend_pid()])
        except psycopg.OperationalError:
            if time.monotonic() - began > LONGEST_CONNECT / 2:
                raise
            session.cancel()

    def close(self) -> None:
        """End its session."""
        if self._connection is not None:
            self._connection.close()
