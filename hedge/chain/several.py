"""Decoding by several sessions, each of which does other steps of a few batches.

with several.Sessions(2) as sessions:
    if sessions.can_decode(connection):
        batches, logs, stored = sessions.decode(connection, views, logs_at_once)

A step is what is done of a batch for one table. The facts of a table do not depend on those of
another one, unless a view reads both: such tables are a group, of which one session does a batch
after the other, as a single session would. The facts of other tables are made of logs alone: a
session makes those of a batch while another one writes those of the batch before it
(hedge/chain/turns.py). So rows are written in the order in which a single session writes them.

The lock of those who decode is held by the session that finds the batches. Spans are deleted when
all steps of their batches are committed: what a killed process has stored is decoded once more,
found to be stored, and not written again.
"""

import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import psycopg

from hedge import database
from hedge.chain import batches, spans, undecoded
from hedge.chain.facts import Stored
from hedge.chain.spans import Batch
from hedge.chain.targets import FactView
from hedge.chain.turns import After, Step, Turns, Wait
from hedge.chain.undecoded import Kinds
from hedge.errors import HedgeError

log = logging.getLogger("hedge.chain")

#: How many batches are decoded before their spans are deleted: sessions that have finished a batch
#: wait for the slowest one only at the end.
BATCHES = 8
#: Seconds after which sessions end that nothing has needed.
PATIENCE = 60.0


class Sessions:
    """So many sessions that decode together, in a `with` block. They begin when they are needed,
    and end with the block, or when nothing has needed them for a while. With 1 there are none."""

    def __init__(self, jobs: int) -> None:
        """Without an argument of its own, a caller takes settings.decode_jobs()."""
        self._jobs = jobs
        self._others: list[psycopg.Connection] = []
        self._opened = contextlib.ExitStack()
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
            batches.wait_for_sessions(connection)
            batches.analyze(connection, new_blocks=True)
            found = spans.find(connection, BATCHES)
            if found is None:
                return 0, 0, Stored()
            return self._decode(connection, views, found, logs_at_once)
        finally:
            self._used_at = time.monotonic()
            if not connection.closed:
                connection.execute("select pg_advisory_unlock(%s)", key)

    def _open(self) -> None:
        if any(other.closed for other in self._others):
            self._close()
        while len(self._others) < self._jobs:
            self._others.append(self._opened.enter_context(database.connect()))

    def _close(self) -> None:
        self._opened.close()
        self._others.clear()

    def _decode(
        self,
        connection: psycopg.Connection,
        views: list[FactView],
        found: spans.Found,
        logs_at_once: int,
    ) -> tuple[int, int, Stored]:
        again = batches.decoded_again(connection)
        turns = Turns()
        logs = 0
        with ThreadPoolExecutor(len(self._others), "decoding") as threads:
            futures = [threads.submit(turns.work, other) for other in self._others]
            try:
                for number in range(BATCHES):
                    batch = found.take(connection, logs_at_once)
                    if not batch:
                        break
                    kinds = undecoded.kinds(connection, batch)
                    logs += kinds.logs
                    turns.add(_steps(number, batch, kinds, views, again))
                turns.end()
                wait(futures)
            except BaseException:
                turns.stop()
                for other in self._others:
                    other.cancel_safe()
                raise
        for future in futures:
            future.result()
        decoded = turns.decoded(len(found.batches))
        if decoded:
            # where nothing is, the spans keep their times
            with connection.transaction():
                spans.end(connection, found, decoded)
        return decoded, logs, turns.stored()


def _steps(
    number: int, batch: Batch, kinds: Kinds, views: list[FactView], again: set[str]
) -> list[Step]:
    """What is to be done of a batch, which has a number. To count is the shortest, and the last."""
    steps = []
    for part, group in reversed(list(enumerate(groups(views), 1))):
        if found := batches.concerned(group, batch, kinds):
            after = After.BEGUN if all(view.is_of_logs_alone for view in group) else After.DONE
            steps.append(Step(number, part, after, partial(_store, found, batch, again)))
    return [*steps, Step(number, 0, After.ANY_TIME, partial(_count, batch, kinds))]


def _store(
    views: list[FactView], batch: Batch, again: set[str], session: psycopg.Connection, wait: Wait
) -> Stored:
    """Store the facts of a group of tables that the logs of a batch concern."""
    stored = Stored()
    for view in views:
        stored += batches.store(session, view, batch, again, wait)
    return stored


def _count(batch: Batch, kinds: Kinds, session: psycopg.Connection, _: Wait) -> Stored:
    """Count the logs of a batch that no decoder takes."""
    return Stored(undecoded=undecoded.count(session, batch, kinds))


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
