"""What is done with a batch of logs, in one session or in several."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import psycopg
from psycopg import sql

from hedge.chain import facts
from hedge.chain.facts import Stored
from hedge.chain.spans import Batch
from hedge.chain.targets import FactView
from hedge.chain.undecoded import Kinds
from hedge.errors import HedgeError
from hedge.queries import query

#: The key of the advisory lock of those who decode.
DECODE_LOCK = 0x4465636F6465
#: The key of the lock that the sessions hold which decode for another one, together. Who decodes
#: waits for it: where the session that holds DECODE_LOCK has died, those that it leads may be about
#: to write what they have read before.
_SESSIONS_LOCK = DECODE_LOCK + 1
#: How often a batch is begun again into which another program has written.
ATTEMPTS = 3

Found = TypeVar("Found")


def lock(connection: psycopg.Connection) -> None:
    """Wait until no other transaction decodes, and set what loads set."""
    connection.execute(query("load_session"))
    connection.execute("select pg_advisory_xact_lock(%s)", [DECODE_LOCK])
    wait_for_sessions(connection)


def wait_for_sessions(connection: psycopg.Connection) -> None:
    """Wait for sessions that decode for one that has died; the caller holds DECODE_LOCK. In a
    transaction, none begins before it ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", [_SESSIONS_LOCK])


def lock_for_another(connection: psycopg.Connection) -> None:
    """Let nobody decode before this transaction ends but sessions that do it for the same one."""
    connection.execute("select pg_advisory_xact_lock_shared(%s)", [_SESSIONS_LOCK])


def analyze(connection: psycopg.Connection, *, new_blocks: bool = False) -> None:
    """Count what has grown much, as autovacuum does only a minute later: without it, a batch of
    many logs is joined as if there were a few.

    With new_blocks, the blocks of what has grown at all are counted, too, from few rows: of blocks
    behind those that it knows, the server expects one log, and looks up for each log what it
    would read once for many. The connection is in no transaction then.
    """
    for relation, has_grown_much in connection.execute(query("chain_unanalyzed")).fetchall():
        analyze = sql.SQL("analyze (skip_locked) {}").format(sql.SQL(relation))
        if has_grown_much:
            connection.execute(analyze)
        elif new_blocks:
            with connection.transaction():
                connection.execute("set local default_statistics_target = 10")
                connection.execute(sql.SQL("{} (block_number)").format(analyze))


def in_a_transaction(connection: psycopg.Connection, step: Callable[[], Found]) -> Found:
    """Do a step in a transaction, and again where another program has inserted a fact meanwhile,
    which is seen then."""
    attempt = 1
    while True:
        try:
            with connection.transaction():
                return step()
        except psycopg.errors.UniqueViolation:
            if attempt == ATTEMPTS:
                raise
            attempt += 1


def decoded_again(connection: psycopg.Connection) -> set[str]:
    """The tables into which everything is decoded again."""
    found = connection.execute("select table_name from app.chain_decoders where not is_decoded")
    return {name for (name,) in found}


def concerned(views: Iterable[FactView], batch: Batch, kinds: Kinds) -> list[FactView]:
    """The views that read logs of a batch, which is of these kinds."""
    return [
        view
        for view in views
        if batch.table_name in (None, view.table_name) and set(view.topics) & set(kinds.topics)
    ]


def store(
    connection: psycopg.Connection,
    view: FactView,
    batch: Batch,
    again: set[str],
    wait: Callable[[], None] | None = None,
) -> Stored:
    """Store the facts of a table that the logs of a batch concern. `wait` is called before anything
    is compared and written. A HedgeError names the table and the blocks where its view fails."""
    try:
        return facts.store(connection, view, batch, all_keys=view.table_name in again, wait=wait)
    except psycopg.errors.UniqueViolation:
        raise
    except psycopg.Error as error:
        raise HedgeError(
            f"the logs of {batch.span} cannot be decoded into {view.table_name}, and wait: "
            f"{str(error).splitlines()[0]}"
        ) from error
