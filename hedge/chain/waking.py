"""What new logs lead to: they are decoded, and an incremental run is woken."""

import psycopg

from hedge.queries import query


def decode(connection: psycopg.Connection, changed: int) -> None:
    """Decode what is new after changed logs were written, and wake a run that new facts want."""
    if changed:
        want_run(connection)
    wake_run(connection)


def want_run(connection: psycopg.Connection) -> None:
    """Note, in the transaction that changes facts, that an incremental run is wanted."""
    connection.execute(query("chain_want_run"))


def wake_run(connection: psycopg.Connection) -> int | None:
    """Request an incremental run where one is wanted, none waits, and none was woken in the last
    five seconds; returns the number of the request."""
    found = connection.execute(query("chain_wake_run")).fetchone()
    return None if found is None else int(found[0])
