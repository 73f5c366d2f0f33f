"""Ending a run of dbt before it is done.

dbt waits for PostgreSQL in C, where no signal reaches Python, and where it is interrupted all the
same, it leaves the run ledger as it is. So each run of dbt has a thread of its own, and the thread
that waits for it cancels its statements on the server.
"""

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hedge import database
from hedge.errors import HedgeError

Result = TypeVar("Result")

#: Seconds between two looks at the statements of a run that is to end.
PAUSE = 0.1
#: After this number of seconds a run that does not end is left alone.
LONGEST = 10.0
#: For so many seconds the server is asked to cancel the wait for a lock, before it is asked again,
#: and in which it must let a connection in that cancels statements.
LONGEST_CANCEL = 2
WORKER_STOPPED = "the run was cancelled, because its worker was stopped"

#: Set where every run of this process is to end, and none is to begin.
_cancelled = threading.Event()
#: Connections of this process that wait for a lock.
_waiting: set[psycopg.Connection] = set()


class RunCancelled(HedgeError):
    """A run of this process was cancelled by another thread. Exit status 1."""


class Session(Protocol):
    """A session of dbt with the database, as psycopg2 has it."""

    def get_transaction_status(self) -> int:
        """1 while a statement is executed (psycopg2's TRANSACTION_STATUS_ACTIVE)."""

    def get_backend_pid(self) -> int:
        """The number of the process of the server that serves the session."""

    def cancel(self) -> None:
        """Cancel the statement on the server, without a session; may be called from any thread."""


def cancel_runs() -> None:
    """Let the run of this process end, also one that waits for a lock, and no other begin: each
    raises RunCancelled."""
    _cancelled.set()
    threading.Thread(target=_cancel_waiting, name="cancel", daemon=True).start()


def allow_runs() -> None:
    """Let runs begin again after cancel_runs."""
    _cancelled.clear()


def _cancel_waiting() -> None:
    """Cancel what waits for a lock until it waits no more: a statement that had not yet come to the
    server when it was cancelled would go on."""
    while _cancelled.is_set() and _waiting:
        for connection in list(_waiting):
            # It may be closed meanwhile.
            with contextlib.suppress(psycopg.Error):
                connection.cancel_safe(timeout=LONGEST_CANCEL)
        time.sleep(PAUSE)


@contextlib.contextmanager
def waiting_for_a_lock(connection: psycopg.Connection) -> Iterator[None]:
    """The block waits for a lock of the database; RunCancelled ends it when another thread calls
    cancel_runs, or has called it."""
    _waiting.add(connection)
    try:
        if _cancelled.is_set():
            raise RunCancelled(WORKER_STOPPED)
        yield
    except psycopg.errors.QueryCanceled as error:
        if _cancelled.is_set():
            raise RunCancelled(WORKER_STOPPED) from error
        raise
    finally:
        _waiting.discard(connection)


def cancellable(work: Callable[[], Result], sessions: Callable[[], Sequence[Session]]) -> Result:
    """Do work in a thread and return its result, or raise its error.

    When the waiting thread gets KeyboardInterrupt, or another one has called cancel_runs, the
    statements of the sessions are cancelled until the work has ended, and KeyboardInterrupt or
    RunCancelled is raised.
    """
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def do() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    # A daemon: where the server cannot be reached any more, nobody can end the statement.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=[do], name="dbt", daemon=True)
    try:
        if _cancelled.is_set():
            done.set()
            raise RunCancelled(WORKER_STOPPED)
        thread.start()
        while not done.wait(PAUSE):
            if _cancelled.is_set():
                raise RunCancelled(WORKER_STOPPED)
    except (KeyboardInterrupt, RunCancelled):
        _cancel_statements(done, sessions)
        raise
    if errors:
        raise errors[0]
    return results[0]


def _cancel_statements(done: threading.Event, sessions: Callable[[], Sequence[Session]]) -> None:
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
                    make_conninfo("", **where | {"connect_timeout": LONGEST_CANCEL}),
                    autocommit=True,
                    application_name="hedge-cancel",
                )
            self._connection.execute("select pg_cancel_backend(%s)", [session.get_backend_pid()])
        except psycopg.OperationalError:
            if time.monotonic() - began > LONGEST_CANCEL / 2:
                raise
            session.cancel()

    def close(self) -> None:
        """End its session."""
        if self._connection is not None:
            self._connection.close()
