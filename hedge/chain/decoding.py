"""Decoding: what logs mean becomes facts of the raw tables.

with database.connect() as connection:
    decoded = decode(connection)

The spans of blocks in which logs or blocks were written since the last time are taken in batches.
For each, the deployed views (models/chain/facts) say the facts that its logs concern; what differs
from what is stored is written. A batch is one transaction with the deletion of its spans, so that a
process that dies loses nothing and repeats nothing. Where many logs wait, several sessions decode
them (hedge/chain/several.py).
"""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from hedge import database, runs, settings
from hedge.chain import batches, facts, spans, undecoded
from hedge.chain.batches import lock
from hedge.chain.facts import Stored
from hedge.chain.several import Sessions
from hedge.chain.targets import FactView
from hedge.counting import counted
from hedge.errors import HedgeError
from hedge.queries import query

log = logging.getLogger("hedge.chain")

#: Where the views of more tables have changed, everything is decoded at once, and not by table.
TABLES_AT_ONCE = 3

#: Called with what was decoded so far, after each batch.
Report = Callable[["Decoded"], None]


@dataclass(frozen=True)
class Decoded:
    """What was decoded: the number of batches, of logs, and of facts by what was done with them.

    `pending`: facts that wait for a value, or whose waiting row has changed. `undecoded`: how many
    of the logs are of known contracts, and no decoder takes them.
    """

    batches: int = 0
    logs: int = 0
    inserted: int = 0
    updated: int = 0
    removed: int = 0
    pending: int = 0
    undecoded: int = 0

    @property
    def changed(self) -> int:
        """The number of facts that are different now."""
        return self.inserted + self.updated + self.removed

    def plus(self, batches: int, logs: int, stored: Stored) -> "Decoded":
        """With what else was done."""
        return Decoded(
            self.batches + batches,
            self.logs + logs,
            self.inserted + stored.inserted,
            self.updated + stored.updated,
            self.removed + stored.removed,
            self.pending + stored.pending,
            self.undecoded + stored.undecoded,
        )


def decode(
    connection: psycopg.Connection,
    report: Report | None = None,
    *,
    logs_at_once: int = spans.LOGS,
    sessions: Sessions | None = None,
) -> Decoded:
    """Decode the logs of all spans that wait; returns what was done.

    Where many logs wait, the sessions that are given decode them; the connection has to be in no
    transaction then. Another process that decodes is waited for. Where nothing waits, or no views
    of facts are deployed, nothing is done. Raises HedgeError with the table and the blocks where a
    view fails; what was decoded before is committed, and the spans of the rest wait.
    """
    has_spans, has_new_definitions, is_deployed = database.one_row(
        connection.execute(query("chain_deployed"))
    )
    if not is_deployed or not (has_spans or has_new_definitions):
        return Decoded()
    views = fact_views(connection)
    batches.analyze(connection)
    with connection.transaction():
        lock(connection)
        _note_changed_views(connection, views)
    done = Decoded()
    while sessions and sessions.can_decode(connection):
        done = done.plus(*sessions.decode(connection, views, logs_at_once))
        if report:
            report(done)
    while step := _decode_batch(connection, views, logs_at_once):
        done = done.plus(1, *step)
        if report:
            report(done)
    return done.plus(0, 0, _remove_what_is_not_stated(connection, views))


def decode_before_a_run() -> None:
    """Decode what waits, before a run takes the changes of facts. A failure is logged and does not
    stop the run: the facts of other tables and files count without it. Of a database in which no
    run is possible, the run itself says why."""
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(runs.ready())
        except (HedgeError, psycopg.Error):
            return
        try:
            with Sessions(settings.decode_jobs()) as sessions:
                done = decode(connection, sessions=sessions)
        except HedgeError as error:
            log.warning("%s; the run goes on without these facts", error)
        else:
            if done.batches:
                log.info("decoded %s: %s", counted(done.logs, "log"), done)


def fact_views(connection: psycopg.Connection) -> list[FactView]:
    """The deployed views of facts; the caller has seen that some are deployed."""
    with connection.cursor(row_factory=class_row(FactView)) as cursor:
        return cursor.execute(query("chain_fact_views")).fetchall()


def _decode_batch(
    connection: psycopg.Connection, views: list[FactView], logs_at_once: int
) -> tuple[int, Stored] | None:
    """Decode one batch; the number of its logs and what was stored, or None where nothing waits."""

    def step() -> tuple[int, Stored] | None:
        lock(connection)
        found = spans.find(connection)
        batch = found.take(connection, logs_at_once) if found else None
        if not found or not batch:
            return None
        spans.end(connection, found, 1)
        kinds = undecoded.kinds(connection, batch)
        again = batches.decoded_again(connection)
        stored = Stored()
        for view in batches.concerned(views, batch, kinds):
            stored += batches.store(connection, view, batch, again)
        stored += Stored(undecoded=undecoded.count(connection, batch, kinds))
        return kinds.logs, stored

    return batches.in_a_transaction(connection, step)


def _note_changed_views(connection: psycopg.Connection, views: list[FactView]) -> None:
    """Leave spans for everything of the tables whose views, or what these read, have changed since
    their facts were decoded."""
    known: dict[str, str] = dict(
        connection.execute("select table_name, definition from app.chain_decoders").fetchall()
    )
    is_first = not database.value(connection, "select exists (select from app.compared_decoders)")
    changed = [view for view in views if known.get(view.table_name) != view.definition]
    for view in changed:
        connection.execute(
            query("chain_put_decoder"),
            {"table": view.table_name, "definition": view.definition, "is_first": is_first},
        )
    if changed and not is_first:
        names = [view.table_name for view in changed]
        tables = [None] if len(names) > TABLES_AT_ONCE else names
        connection.execute(query("chain_note_everything"), {"tables": tables})
        log.info("what logs mean has changed: %s is decoded again", ", ".join(names))
    connection.execute(query("chain_put_definitions"))


def _remove_what_is_not_stated(connection: psycopg.Connection, views: list[FactView]) -> Stored:
    """Where everything of a table was decoded again, remove the facts that were not found."""
    stored = Stored()
    again = batches.decoded_again(connection)
    for view in (view for view in views if view.table_name in again):
        with connection.transaction():
            lock(connection)
            if database.value(
                connection, query("chain_is_decoded_again"), {"table": view.table_name}
            ):
                stored += facts.remove_others(connection, view)
                connection.execute(query("chain_end_decoding_again"), {"table": view.table_name})
    return stored
