"""What is done with a batch of logs, in one session or in several."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import psycopg

from hedge.chain import facts
from hedge.chain.facts import Stored
from hedge.chain.spans import Batch
from hedge.chain.targets import FactView
from hedge.chain.undecoded import Kinds
from hedge.errors import HedgeError
from hedge.queries import query

#: The key of the advisory lock of those who decode.
DECODE_LOCK = 0x4465636F6465
#: How often a batch is begun again into which another program has written.
ATTEMPTS = 3

Found = TypeVar("Found")


def lock(connection: psycopg.Connection) -> None:
    """Wait until no other transaction decodes, and set what loads set."""
    connection.execute(query("load_session"))
    connection.execute("select pg_advisory_xact_lock(%s)", [DECODE_LOCK])


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


def store(connection: psycopg.Connection, view: FactView, batch: Batch, again: set[str]) -> Stored:
    """Store the facts of a table that the logs of a batch concern. A HedgeError names the table and
    the blocks where its view fails."""
    try:
        return facts.store(connection, view, batch, all_keys=view.table_name in again)
    except psycopg.errors.UniqueViolation:
        raise
    except psycopg.Error as error:
        raise HedgeError(
            f"the logs of {batch.span} cannot be decoded into {view.table_name}, and wait: "
            f"{str(error).splitlines()[0]}"
        ) from error
