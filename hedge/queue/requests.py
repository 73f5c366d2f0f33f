"""Requested runs: the table app.etl_requests.

Triggers on wallet links insert requests for their clusters. A request is deleted when a run has
served it, not when a worker takes it, so that a worker that dies loses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
from psycopg.rows import class_row

from hedge import database, runs
from hedge.errors import HedgeError, UsageError
from hedge.queries import query

#: How many clusters one run computes. More at once cost less each, but delay the next ones.
BATCH = 500
#: A request that fails is retried after this pause, then after four times that, and so on.
FIRST_PAUSE = timedelta(seconds=5)
#: After this number of attempts a request is parked with its error.
MOST_ATTEMPTS = 5

RequestKind = Literal["CLUSTER", "FULL", "INCREMENTAL"]
RequestState = Literal["WAITING", "RUNNING", "PARKED"]


@dataclass(frozen=True)
class Request:
    """A row of app.etl_requests. cluster_id is None unless the kind is CLUSTER; error is that of
    the last attempt. A request is RUNNING while the session that took it is connected."""

    request_id: int
    kind: RequestKind
    cluster_id: str | None
    reason: str
    caused_by: str | None
    requested_at: datetime
    attempts: int
    next_attempt_at: datetime
    state: RequestState
    error: str | None


def unserved(connection: psycopg.Connection, after: int = 0, limit: int = 100) -> list[Request]:
    """Requests that no run has served yet, oldest first; only those with a larger request_id
    than after."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(query("requests_list"), {"after": after, "limit": limit}).fetchall()


def create(
    connection: psycopg.Connection,
    kind: str,
    cluster: str | None = None,
    caused_by: str | None = None,
) -> int:
    """Request a CLUSTER, FULL or INCREMENTAL run; returns the request_id.

    Another kind and an unknown cluster are a UsageError.
    """
    if cluster is not None:
        unknown = connection.execute(query("unknown_clusters"), {"clusters": [cluster]})
        if unknown.fetchone() is not None:
            raise UsageError(f"no cluster {cluster}")
    with database.constraint_errors(f"a run of kind '{kind}'"):
        request_id: int = database.value(
            connection,
            query("requests_create"),
            {"kind": kind, "cluster": cluster, "caused_by": caused_by},
        )
    return request_id


def retry(connection: psycopg.Connection, request_id: int) -> None:
    """Let a request be taken again at once; an unknown one is a UsageError."""
    if connection.execute(query("requests_retry"), {"request": request_id}).fetchone() is None:
        raise UsageError(f"no request {request_id}")


def any_waiting(connection: psycopg.Connection, *kinds: RequestKind) -> bool:
    """Whether take() would find a request of one of these kinds."""
    found: bool = database.value(connection, query("requests_any_waiting"), {"kinds": list(kinds)})
    return found


def take(connection: psycopg.Connection, kinds: Sequence[RequestKind], limit: int) -> list[Request]:
    """Take the oldest requests that wait, for the session of the connection: when that session
    ends, they wait again."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        taken = cursor.execute(query("requests_take"), {"kinds": list(kinds), "limit": limit})
        return sorted(taken, key=lambda request: request.request_id)


def serve_clusters(connection: psycopg.Connection) -> int:
    """Compute the clusters that are requested, many in one run, until no request waits; returns
    how many requests were served."""
    served = 0
    while taken := take(connection, ["CLUSTER"], BATCH):
        served += _serve(connection, taken)
    return served


def _serve(connection: psycopg.Connection, requests: list[Request]) -> int:
    """Compute the clusters of some requests in one run. Where it fails, each half is tried by
    itself, so that a cluster that cannot be computed does not delay the others."""
    ids = [request.request_id for request in requests]
    try:
        runs.cluster(
            [request.cluster_id for request in requests if request.cluster_id is not None],
            allow_unknown=True,
            caused_by=sorted({request.caused_by for request in requests if request.caused_by}),
        )
    except HedgeError as error:
        # A lost database is not the fault of a request: this raises, and the requests, whose
        # session has ended, wait again.
        connection.execute("select 1")
        if len(requests) > 1:
            half = len(requests) // 2
            return _serve(connection, requests[:half]) + _serve(connection, requests[half:])
        record_failure(connection, ids, str(error))
        return 0
    delete_served(connection, ids)
    return len(requests)


def delete_served(connection: psycopg.Connection, ids: Sequence[int]) -> None:
    """Delete requests that a run has served."""
    connection.execute(query("requests_delete_served"), {"requests": list(ids)})


def record_failure(connection: psycopg.Connection, ids: Sequence[int], error: str) -> None:
    """Let requests whose run failed wait for their next attempt; park them after the last."""
    connection.execute(
        query("requests_record_failure"),
        {
            "requests": list(ids),
            "error": error,
            "first_pause": FIRST_PAUSE,
            "most_attempts": MOST_ATTEMPTS,
        },
    )
