"""Taking locks that readers hold, in attempts that are too short to harm them.

Whoever waits for a lock on a table or a view makes every later reader wait behind it, and where a
reader holds what it needs and needs what it holds, PostgreSQL ends one of the two after its
deadlock_timeout, perhaps the reader. Therefore each attempt waits for less than that; it is given
up then, with its transaction, and made again a moment later.
"""

import time
from collections.abc import Callable, Sequence

import psycopg

from hedge import settings
from hedge.errors import HedgeError
from hedge.queries import query

#: For how many milliseconds an attempt, and so every reader behind it, waits for a lock. It is
#: below PostgreSQL's deadlock_timeout of a second, so that no reader is chosen as a victim.
LOCK_TIMEOUT = 300
#: The seconds between two attempts.
PAUSE = 0.5


def take(
    act: Callable[[], None],
    connection: psycopg.Connection,
    schemas: Sequence[str],
    waiting: str,
    meanwhile: str,
    tell: Callable[[str], None],
) -> None:
    """Call a function until none of its locks was held for longer than LOCK_TIMEOUT, which the
    function sets as the lock_timeout of its transactions.

    After each attempt it is told which sessions hold locks in the schemas. Where no attempt
    succeeds within the time of HEDGE_DEPLOY_WAIT, a HedgeError names them, says who has been
    waiting, and what has happened meanwhile.
    """
    deadline = time.monotonic() + settings.deploy_wait()
    while True:
        try:
            return act()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            holders = _holders(connection, schemas)
            if time.monotonic() > deadline:
                raise HedgeError(
                    f"after {settings.deploy_wait()} s (HEDGE_DEPLOY_WAIT) {waiting} still waits "
                    f"for {holders}: {meanwhile}; end that session or try again later"
                ) from error
            tell(f"waiting for {holders}")
            time.sleep(PAUSE)


def _holders(connection: psycopg.Connection, schemas: Sequence[str]) -> str:
    """The sessions that hold locks on relations of the schemas, as words."""
    found = connection.execute(query("lock_holders"), {"schemas": list(schemas)}).fetchall()
    return (
        ", ".join(
            f"the session {pid} ({name or 'without a name'}, in a transaction for {since})"
            for pid, name, since in found
        )
        or "a reader"
    )
