"""Ending a run of dbt before it is done.

dbt waits for PostgreSQL in C, where no signal reaches Python, and where it is interrupted all the
same, it leaves the run ledger as it is. So each run of dbt has a thread of its own, and the thread
that waits for it ends it from outside, with its statements on the server.
"""

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import psycopg

from hedge.errors import HedgeError

Result = TypeVar("Result")

#: Seconds between two looks whether a run has ended, or is to end.
PAUSE = 0.1
#: For so many seconds the server is asked to cancel the wait for a lock, before it is asked again.
LONGEST_CANCEL = 2.0
WORKER_STOPPED = "the run was cancelled, because its worker was stopped"

#: Set where every run of this process is to end, and none is to begin.
_cancelled = threading.Event()
#: Connections of this process that wait for a lock.
_waiting: set[psycopg.Connection] = set()


class RunCancelled(HedgeError):
    """A run of this process was cancelled by another thread. Exit status 1."""


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


def cancellable(work: Callable[[], Result], cancel: Callable[[threading.Event], None]) -> Result:
    """Do work in a thread and return its result, or raise its error.

    When the waiting thread gets KeyboardInterrupt, or another one has called cancel_runs, cancel is
    called with an event that is set when the work has ended, and KeyboardInterrupt or RunCancelled
    is raised.
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
        cancel(done)
        raise
    if errors:
        raise errors[0]
    return results[0]
