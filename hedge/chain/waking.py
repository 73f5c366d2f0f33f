"""What new logs lead to: they are decoded, and an incremental run is woken."""

import psycopg
import structlog

from hedge.chain import decoding
from hedge.chain.decoding import Decoded
from hedge.chain.several import Sessions
from hedge.errors import HedgeError
from hedge.queries import query

log = structlog.get_logger("hedge.chain")


def decode(connection: psycopg.Connection, sessions: Sessions | None = None) -> bool:
    """Decode what is new, by the sessions where much is new, and wake a run that new facts want;
    returns whether facts changed, or wait for a value. Logs that cannot be decoded wait, and stop
    nobody who follows a chain."""
    done = Decoded()
    try:
        done = decoding.decode(connection, sessions=sessions)
        if done.changed:
            want_run(connection)
    except HedgeError as error:
        log.error("logs are not decoded", error=str(error))
    wake_run(connection)
    return bool(done.changed or done.pending)


def want_run(connection: psycopg.Connection) -> None:
    """Note that an incremental run is wanted."""
    connection.execute(query("chain_want_run"))


def wake_run(connection: psycopg.Connection) -> int | None:
    """Request an incremental run where one is wanted, none waits, and none was woken in the last
    five seconds; returns the number of the request."""
    found = connection.execute(query("chain_wake_run")).fetchone()
    return None if found is None else int(found[0])
