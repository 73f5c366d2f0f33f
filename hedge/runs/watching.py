"""Saying that a process waits for a database that does not answer.

What waits cannot tell: a statement may rightly take minutes, and a worker that is to connect again
waits for its connections to end.
"""

import contextlib
import logging
import math
import threading
import time
from collections.abc import Iterator

from hedge import database
from hedge.errors import HedgeError

log = logging.getLogger("hedge.runs")
#: Seconds between two looks whether the database lets another connection in.
PAUSE = 15.0
#: Held while a thread of this process looks.
_is_watched = threading.Lock()


@contextlib.contextmanager
def watched_database(pause: float | None = None) -> Iterator[None]:
    """Log during the block that the database is away, once a minute, and that it answers again.

    It is looked at after pause seconds, PAUSE where none are given. A block of a process that has
    begun another one adds nothing, because the watch of that one says it.
    """
    if not _is_watched.acquire(blocking=False):
        yield
        return
    done = threading.Event()
    threading.Thread(target=_watch, args=[done, pause or PAUSE], name="watch", daemon=True).start()
    try:
        yield
    finally:
        done.set()
        _is_watched.release()


def _watch(done: threading.Event, pause: float) -> None:
    said = -math.inf
    while not done.wait(pause):
        try:
            database.wait_for(0)
        except HedgeError as error:
            if time.monotonic() - said >= database.SECONDS_BETWEEN_LINES:
                log.warning("waiting for the database: %s", error)
                said = time.monotonic()
        else:
            if said > -math.inf:
                log.warning("the database answers again")
            said = -math.inf
