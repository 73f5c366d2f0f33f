"""Decoding by several sessions, each of which stores the facts of other tables.

with several.Sessions(2) as sessions:
    if sessions.can_decode(connection):
        batches, logs, stored = sessions.decode(connection, views, logs_at_once)

The facts of a table do not depend on those of another one, unless a view reads both: such tables
are a group, which one session decodes, in the order of their names and batch by batch, as a single
session would. So no two sessions write the same rows, and none waits for another one.

The lock of those who decode is held by the session that waits for the others. Spans are deleted
when all groups have committed their batches: what a killed process has stored is decoded once more,
found to be stored, and not written again.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import psycopg

from hedge import database
from hedge.chain import batches, spans, undecoded
from hedge.chain.facts import Stored
from hedge.chain.spans import Batch
from hedge.chain.targets import FactView
from hedge.chain.undecoded import Kinds
from hedge.errors import HedgeError
from hedge.queries import query

log = logging.getLogger("hedge.chain")

#: What a session does of a batch, in a transaction.
Step = Callable[[psycopg.Connection], Stored]
#: How many batches are decoded before their spans are deleted: sessions that have finished a batch
#: wait for the slowest one only at the end.
BATCHES = 4
#: Seconds after which sessions end that nothing has needed.
PATIENCE = 60.0
#: The key of the lock of those who count logs without a decoder. It is needed where the session
#: that holds the lock of decoding has died, and its others still work.
_COUNT_LOCK = batches.DECODE_LOCK + 1


class Sessions:
    """So many sessions that decode together, in a `with` block. They begin when they are needed,
    and end with the block, or when nothing has needed them for a while. With 1 there are none."""

    def __init__(self, jobs: int) -> None:
        """Without an argument of its own, a caller takes settings.decode_jobs()."""
        self._jobs = jobs
        self._others: list[psycopg.Connection] = []
        self._opened = contextlib.ExitStack()
        self._free: queue.SimpleQueue[psycopg.Connection] = queue.SimpleQueue()
        self._used_at = 0.0

    def __enter__(self) -> "Sessions":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def can_decode(self, connection: psycopg.Connection) -> bool:
        """Whether so many logs wait that the sessions are worth it, and whether they are there: not
        where the server admits no more, of which the log has a sentence."""
        if self._jobs < 2:
            return False
        if not spans.are_many(connection):
            if time.monotonic() - self._used_at > PATIENCE:
                self._close()
            return False
        try:
            self._open()
        except HedgeError as error:
            self._close()
            log.warning("logs are decoded by one session: %s", error)
            return False
        return True

    def decode(
        self, connection: psycopg.Connection, views: list[FactView], logs_at_once: int
    ) -> tuple[int, int, Stored]:
        """Decode the next batches; the number of batches and of logs, and what was stored.

        The connection, which is in no transaction, holds the lock of those who decode. Raises
        HedgeError with the table and the blocks where a view fails; the batches before it are
        decoded.
        """
        key = [batches.DECODE_LOCK]
        connection.execute("select pg_advisory_lock(%s)", key)
        try:
            found = spans.find(connection, logs_at_once, BATCHES)
            return (0, 0, Stored()) if found is None else self._decode(connection, views, found)
        finally:
            self._used_at = time.monotonic()
            if not connection.closed:
                connection.execute("select pg_advisory_unlock(%s)", key)

    def _open(self) -> None:
        if any(other.closed for other in self._others):
            self._close()
        while len(self._others) < self._jobs:
            self._others.append(self._opened.enter_context(database.connect()))
            self._free.put(self._others[-1])

    def _close(self) -> None:
        self._opened.close()
        self._others.clear()
        self._free = queue.SimpleQueue()

    def _decode(
        self, connection: psycopg.Connection, views: list[FactView], found: spans.Found
    ) -> tuple[int, int, Stored]:
        kinds = [undecoded.kinds(connection, batch) for batch in found.batches]
        work = list(zip(found.batches, kinds, strict=True))
        again = batches.decoded_again(connection)
        parts = [_Part([_counting(*one) for one in work])]
        for group in groups(views):
            concerned = [batches.concerned(group, *one) for one in work]
            if any(concerned):
                steps = zip(found.batches, concerned, strict=True)
                parts.append(_Part([_storing(*step, again) for step in steps]))
        self._do(parts, len(work))
        decoded = min(part.done for part in parts)
        if decoded:
            # where nothing is, the spans keep their times
            with connection.transaction():
                spans.end(connection, found, decoded)
        stored = Stored()
        for part in parts:
            if part.error:
                raise part.error
            stored += part.stored
        return decoded, sum(each.logs for each in kinds), stored

    def _do(self, parts: list["_Part"], number: int) -> None:
        """Let the sessions do so many batches of the parts, or those before one that fails. When
        this is interrupted, so are they."""
        limit = _Limit(number)
        with ThreadPoolExecutor(len(self._others), "decoding") as threads:
            futures = [threads.submit(self._do_part, part, limit) for part in reversed(parts)]
            try:
                wait(futures)
            except BaseException:
                limit.lower(0)
                for other in self._others:
                    other.cancel_safe()
                raise
        for future in futures:
            future.result()

    def _do_part(self, part: "_Part", limit: "_Limit") -> None:
        session = self._free.get()
        try:
            part.do(session, limit)
        finally:
            self._free.put(session)


class _Limit:
    """How many batches are to be decoded."""

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self._lock = threading.Lock()

    def lower(self, batches: int) -> None:
        """Decode no more than so many."""
        with self._lock:
            self.batches = min(self.batches, batches)


class _Part:
    """What one session does of each batch, in their order. `done` is how many batches are
    committed; error: why these are not all."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self.done = 0
        self.stored = Stored()
        self.error: Exception | None = None

    def do(self, session: psycopg.Connection, limit: _Limit) -> None:
        """Do the steps up to a limit, which is lowered where one fails."""
        for step in self._steps:
            if self.done >= limit.batches:
                return
            try:
                self.stored += batches.in_a_transaction(session, partial(step, session))
            except (HedgeError, psycopg.Error) as error:
                self.error = error
                limit.lower(self.done)
                return
            self.done += 1


def _storing(batch: Batch, views: list[FactView], again: set[str]) -> Step:
    """Store the facts of a group of tables that the logs of a batch concern."""

    def step(session: psycopg.Connection) -> Stored:
        session.execute(query("load_session"))
        stored = Stored()
        for view in views:
            stored += batches.store(session, view, batch, again)
        return stored

    return step


def _counting(batch: Batch, kinds: Kinds) -> Step:
    """Count the logs of a batch that no decoder takes."""

    def step(session: psycopg.Connection) -> Stored:
        session.execute(query("load_session"))
        session.execute("select pg_advisory_xact_lock(%s)", [_COUNT_LOCK])
        undecoded.count(session, batch, kinds)
        return Stored()

    return step


def groups(views: list[FactView]) -> list[list[FactView]]:
    """Views in their order, those together of which one reads the table of another one."""
    found: list[list[FactView]] = []
    for view in views:
        own = {view.table_name, *view.read_tables}
        near = [
            group
            for group in found
            if any(own & {one.table_name, *one.read_tables} for one in group)
        ]
        found = [group for group in found if group not in near]
        found.append([one for group in near for one in group] + [view])
    return found
