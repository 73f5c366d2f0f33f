"""Sessions of dbt with the database that a worker keeps from one run to the next.

dbt opens a session for each model and closes it. A new one has read nothing of PostgreSQL's
catalogs, which a run for one cluster spends most of its time on. A kept session is emptied first
(`discard all`): settings, temporary tables, plans and advisory locks are those of a new one.
"""

import contextlib
import os
import threading
import time
from collections.abc import Hashable
from typing import Any

#: No more than that are kept; dbt has no more threads.
MOST = 4
#: Seconds after which a session is not kept any longer: what it has read stays in the memory of the
#: server.
LONGEST = 900.0
#: The application_name of a session that waits. Those of runs have another one, by which the run
#: ledger sees that a run is still there.
NAME = "hedge-kept"
#: psycopg2's TRANSACTION_STATUS_IDLE of the server, and STATUS_READY of the driver.
_IDLE, _READY = 0, 1


class KeptSessions:
    """The sessions that wait for the next model, as psycopg2's connections."""

    def __init__(self) -> None:
        """None is kept yet."""
        self._waiting: list[tuple[Hashable, Any]] = []
        self._opened: dict[int, float] = {}
        self._lock = threading.Lock()
        self._era = 0
        os.register_at_fork(after_in_child=self._leave_them)

    def _leave_them(self) -> None:
        """In a copy of the process: the sessions are those of the process that was copied."""
        self._waiting, self._opened, self._lock = [], {}, threading.Lock()

    def put_in_place(self, manager: Any) -> None:
        """Let dbt's manager of connections take sessions from here, and leave them here."""
        open_new, close = manager.open, manager._close_handle

        def open_or_take(connection: Any) -> Any:
            if connection.state != "open":
                handle = self.take(_where(connection.credentials))
                if handle is not None:
                    connection.handle = handle
                    connection.state = type(connection.state)("open")
                    return connection
            return open_new(connection)

        def keep_or_close(connection: Any) -> None:
            if not self.keep(_where(connection.credentials), connection.handle):
                close(connection)

        manager.open = staticmethod(open_or_take)
        manager._close_handle = staticmethod(keep_or_close)

    def take(self, where: Hashable) -> Any:
        """A session for what a connection was opened with; None where none waits that works."""
        while True:
            with self._lock:
                found = next((one for one in reversed(self._waiting) if one[0] == where), None)
                if found is None:
                    return None
                self._waiting.remove(found)
            handle = found[1]
            try:
                _execute(handle, "reset application_name")
            except Exception:
                # the server has ended it meanwhile
                self._end(handle)
            else:
                return handle

    def keep(self, where: Hashable, handle: Any) -> bool:
        """Keep a session that nobody uses any more, and empty it in a thread of its own; returns
        whether it is kept."""
        if where is None or handle.closed or handle.get_transaction_status() != _IDLE:
            return False
        pid = handle.get_backend_pid()
        with self._lock:
            opened = self._opened.setdefault(pid, time.monotonic())
            if len(self._waiting) >= MOST or time.monotonic() - opened > LONGEST:
                del self._opened[pid]
                return False
            era = self._era
        empty = threading.Thread(target=self._empty, args=[where, handle, era], daemon=True)
        empty.start()
        return True

    def end_all(self) -> None:
        """End the sessions that wait, and those that are being emptied: a run has failed, and what
        cancels its statements may come late."""
        with self._lock:
            ended = [handle for _, handle in self._waiting]
            self._waiting.clear()
            self._era += 1
        for handle in ended:
            self._end(handle)

    def _empty(self, where: Hashable, handle: Any, era: int) -> None:
        try:
            _forget_transaction(handle)
            _execute(handle, "discard all")
            ((process, _),) = _execute(
                handle, f"select pg_backend_pid(), set_config('application_name', '{NAME}', false)"
            )
            # a pooler between names another process
            is_ours = process == handle.get_backend_pid()
        except Exception:
            is_ours = False
        with self._lock:
            if is_ours and era == self._era and len(self._waiting) < MOST:
                self._waiting.append((where, handle))
                return
        self._end(handle)

    def _end(self, handle: Any) -> None:
        with self._lock, contextlib.suppress(Exception):
            self._opened.pop(handle.get_backend_pid(), None)
        with contextlib.suppress(Exception):
            handle.close()


def _forget_transaction(handle: Any) -> None:
    """Let the driver begin a transaction with the next statement, as in a new session. dbt commits
    by a statement, of which the driver knows nothing: it would not begin another one, and a hook
    that sets something for its transaction would set nothing."""
    if handle.status != _READY:
        with handle.cursor() as cursor:
            cursor.execute("begin")
        handle.rollback()


def _execute(handle: Any, statement: str) -> list[Any]:
    """The rows of a statement in no transaction."""
    handle.autocommit = True
    with handle.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    handle.autocommit = False
    return list(rows)


def _where(credentials: Any) -> Hashable:
    """What a connection is opened with, with the variables that libpq reads; None where its role is
    set after it."""
    if credentials.role:
        return None
    names = (*credentials._connection_keys(), "password")
    of_libpq = sorted(item for item in os.environ.items() if item[0].startswith("PG"))
    return (*(str(getattr(credentials, name)) for name in names), *of_libpq)
