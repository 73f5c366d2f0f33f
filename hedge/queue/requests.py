"""Runs that were asked for: app.etl_requests. Links ask by themselves (a trigger), and no
request goes before a run has served it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.queries import query

#: Clusters computed in one run: more at once cost less each, and keep the next ones waiting.
BATCH = 500
#: A request that fails is tried again after this pause, then after four times that, and so on.
FIRST_PAUSE = timedelta(seconds=5)
#: After so many attempts a request is parked with its error.
MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Taken:
    """A request that this session works on; cluster_id is None for a run for everybody."""

    request_id: int
    kind: str
    cluster_id: str | None
    caused_by: str | None
    attempts: int


@dataclass(frozen=True)
class Request:
    """A request that is not served yet: WAITING, RUNNING or PARKED with its error."""

    request_id: int
    kind: str
    cluster_id: str | None
    reason: str
    caused_by: str | None
    requested_at: datetime
    attempts: int
    next_attempt_at: datetime
    state: str
    error: str | None


def waiting(connection: psycopg.Connection, after: int = 0, limit: int = 100) -> list[Request]:
    """Requests that are not served yet, oldest first, those after an id."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(query("requests_list"), {"after": after, "limit": limit}).fetchall()


def create(
    connection: psycopg.Connection,
    kind: str,
    cluster: str | None = None,
    caused_by: str | None = None,
) -> int:
    """Ask for a CLUSTER, FULL or INCREMENTAL run; returns the number of the request."""
    if cluster is not None:
        known = connection.execute(query("unknown_clusters"), {"clusters": [cluster]})
        if known.fetchone() is not None:
            raise UsageError(f"no cluster {cluster}")
    with database.constraint_errors(f"a run of kind '{kind}'"):
        written = connection.execute(
            query("run_request"), {"kind": kind, "cluster": cluster, "caused_by": caused_by}
        )
    return written.fetchone()[0]


def retry(connection: psycopg.Connection, request_id: int) -> None:
    """Let a request be tried again at once; an unknown one is a UsageError."""
    if connection.execute(query("requests_retry"), {"request": request_id}).fetchone() is None:
        raise UsageError(f"no request {request_id}")


def is_waiting(connection: psycopg.Connection, *kinds: str) -> bool:
    """Whether there is something to take."""
    return connection.execute(query("requests_waiting"), {"kinds": list(kinds)}).fetchone()[0]


def serve_clusters(connection: psycopg.Connection) -> int:
    """Compute the clusters that wait, many in one run, until none is left; returns how many
    requests were served.

    The session of the connection holds what it has taken: when it ends, the requests are free.
    """
    served = 0
    while taken := take(connection, ["CLUSTER"], BATCH):
        served += _serve(connection, taken, _compute)
    return served


def take(connection: psycopg.Connection, kinds: Sequence[str], limit: int) -> list[Taken]:
    """Take the oldest requests that wait, for the session of the connection."""
    with connection.cursor(row_factory=class_row(Taken)) as cursor:
        found = cursor.execute(query("requests_take"), {"kinds": list(kinds), "limit": limit})
        return sorted(found, key=lambda request: request.request_id)


def _compute(taken: Sequence[Taken]) -> None:
    runs.cluster(
        [request.cluster_id for request in taken],
        allow_unknown=True,
        caused_by=sorted({request.caused_by for request in taken if request.caused_by}),
    )


def _serve(
    connection: psycopg.Connection, taken: list[Taken], compute: Callable[[list[Taken]], None]
) -> int:
    """Serve requests together; where that fails, each half by itself, so that one that
    cannot be computed does not hold up the others."""
    ids = [request.request_id for request in taken]
    try:
        compute(taken)
    except HedgeError as error:
        # a database that is gone is nobody's fault: this raises, and the requests are free
        connection.execute("select 1")
        if len(taken) > 1:
            half = len(taken) // 2
            return _serve(connection, taken[:half], compute) + _serve(
                connection, taken[half:], compute
            )
        failed(connection, ids, str(error))
        return 0
    done(connection, ids)
    return len(taken)


def done(connection: psycopg.Connection, ids: Sequence[int]) -> None:
    """Requests that are served."""
    connection.execute(query("requests_done"), {"requests": list(ids)})


def failed(connection: psycopg.Connection, ids: Sequence[int], error: str) -> None:
    """Requests whose run failed: they are tried again later, or parked."""
    connection.execute(
        query("requests_failed"),
        {
            "requests": list(ids),
            "error": error,
            "first_pause": FIRST_PAUSE,
            "most_attempts": MOST_ATTEMPTS,
        },
    )
