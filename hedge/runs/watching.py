"""Saying that a command waits for a database that accepts connections, and does not answer.

The command itself cannot tell: a statement may rightly take minutes.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator

from hedge import database
from hedge.errors import DatabaseAway

log = logging.getLogger("hedge.runs")
#: Seconds between two looks whether the database lets another connection in.
PAUSE = 15.0


@contextlib.contextmanager
def watched_database() -> Iterator[None]:
    """Log during the block that the database is away, and that it answers again."""
    done = threading.Event()
    threading.Thread(target=_watch, args=[done], name="watch", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _watch(done: threading.Event) -> None:
    is_away = False
    while not done.wait(PAUSE):
        try:
            database.wait_for(0)
        except DatabaseAway as error:
            if not is_away:
                log.warning("waiting for the database: %s", error)
            is_away = True
        else:
            if is_away:
                log.warning("the database answers again")
            is_away = False
