"""Requested runs: the table app.etl_requests.

Triggers on wallet links insert requests for their clusters. A request is deleted when a run has
served it, not when a worker takes it, so that a worker that dies loses none.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
from psycopg.rows import class_row

from hedge import database, runs
from hedge.errors import HedgeError, NoRunNow, RunFailed, UsageError
from hedge.ids import is_id
from hedge.queries import query
from hedge.runs.cancelling import RunCancelled

log = logging.getLogger("hedge.queue.requests")
#: A worker whose last heartbeat is older than this has died, in seconds.
DEAD_AFTER = 20
#: How many clusters one run computes. More at once cost less each, but delay the next ones.
BATCH = 500
#: A request that fails is retried after this pause, then after four times that, and so on.
FIRST_PAUSE = timedelta(seconds=5)
#: After this number of attempts a request is parked with its error, and after this number of
#: workers that died while they computed it alone.
MOST_ATTEMPTS, MOST_DEATHS = 5, 3
#: The longest pause of requests that wait because every run fails.
LONGEST_PAUSE = timedelta(minutes=5)
#: So many clusters in turn that cannot be computed, and none that can, are the server's fault where
#: its errors say so.
ENOUGH_FAILURES = 8

RequestKind = Literal["CLUSTER", "ENDS", "FULL", "INCREMENTAL"]
RequestState = Literal["WAITING", "RUNNING", "PARKED"]


@dataclass(frozen=True)
class Request:
    """A row of app.etl_requests. cluster_id is None where the kind is FULL or INCREMENTAL; attempts
    are those that failed through its own fault; error is the last one. A request is RUNNING while
    the session that took it is connected."""

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


def retry(connection: psycopg.Connection, request_id: int | None = None) -> list[int]:
    """Let a request be taken again at once, or all that are parked; returns which. An unknown one
    is a UsageError."""
    found = []
    if request_id is None or is_id(request_id):
        found = connection.execute(query("requests_retry"), {"request": request_id}).fetchall()
    if request_id is not None and not found:
        raise UsageError(f"no request {request_id}")
    return sorted(number for (number,) in found)


def drop(connection: psycopg.Connection, request_id: int) -> None:
    """Delete a request; an unknown one, and one that a worker computes, is a UsageError."""
    if connection.execute(query("requests_drop"), {"request": request_id}).fetchone() is None:
        raise UsageError(f"no request {request_id} that no worker computes")


def any_waiting(connection: psycopg.Connection, *kinds: RequestKind) -> bool:
    """Whether take() would find a request of one of these kinds."""
    found: bool = database.value(connection, query("requests_any_waiting"), {"kinds": list(kinds)})
    return found


def take(connection: psycopg.Connection, kinds: Sequence[RequestKind], limit: int) -> list[Request]:
    """Take the oldest requests that wait, for the session of the connection: when that session
    ends, they wait again.

    Requests over which a worker has died are released first, and are then taken in ever smaller
    batches, until the one that kills workers is alone; it is parked when it has done so three
    times. FULL and INCREMENTAL ones have a process of their own, and so kill no worker.
    """
    connection.execute(query("requests_release_dead"), {"most_deaths": MOST_DEATHS})
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        taken = cursor.execute(query("requests_take"), {"kinds": list(kinds), "limit": limit})
        return sorted(taken, key=lambda request: request.request_id)


def serve_clusters(
    connection: psycopg.Connection, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Compute the clusters that are requested, many in one run, until no request waits or is
    stopping; returns how many requests were served. Ends of past periods are computed while no
    other request waits, those of one cluster at a time.

    Where the database is lost, the error of the driver is raised, and the requests in hand wait
    again without having used up an attempt. So do those of a run that is cancelled.
    """
    served = 0
    if _interrupted:
        release(connection, _interrupted)
        _interrupted.clear()
    while not is_stopping() and (
        taken := take(connection, ["CLUSTER"], BATCH) or take(connection, ["ENDS"], 1)
    ):
        try:
            served += _serve(connection, taken)
        except RunCancelled:
            # Those that were served before are deleted, and the others wait again.
            release(connection, _numbers(taken))
        except psycopg.OperationalError:
            _interrupted.extend(_numbers(taken))
            raise
    return served


#: Requests that this process held when it lost the database. Their session has ended, which looks
#: like the death of a worker to others.
_interrupted: list[int] = []


def _serve(connection: psycopg.Connection, taken: list[Request]) -> int:
    """Compute the clusters of some requests in one run, and return how many were served.

    Where that fails, each half is tried by itself, so that a cluster that cannot be computed does
    not delay the others. Where nothing can be computed, or only the server is to blame, all are
    held back, and none has used up an attempt.
    """
    served, failed = 0, list[tuple[Request, HedgeError]]()
    groups = [taken]
    while groups:
        group = groups.pop()
        if group is not taken:
            connection.execute(query("requests_begin"), {"requests": _numbers(group)})
        error = _compute(connection, group)
        if error is None:
            served += len(group)
        elif len(group) == 1:
            failed.append((group[0], error))
            if not served and len(failed) >= ENOUGH_FAILURES and _is_of_the_server(failed):
                break
        elif group is taken and _compute(connection, []) is not None:
            # Not even a run for no cluster succeeds.
            hold_back(connection, taken, error)
            return 0
        else:
            half = len(group) // 2
            groups += [group[half:], group[:half]]
    if failed and not served and (len(failed) > 1 or _is_of_the_server(failed)):
        left = [request for group in groups for request in group]
        hold_back(connection, [*left, *(request for request, _ in failed)], failed[0][1])
    else:
        for request, error in failed:
            record_failure(connection, [request.request_id], str(error))
    return served


def _is_of_the_server(failed: Sequence[tuple[Request, HedgeError]]) -> bool:
    """Whether the errors say nothing about the clusters."""
    return all(
        isinstance(error, NoRunNow) or (isinstance(error, RunFailed) and error.is_of_the_server)
        for _, error in failed
    )


def _compute(connection: psycopg.Connection, group: Sequence[Request]) -> HedgeError | None:
    """Compute the clusters of some requests in one run, and delete the requests; returns the error
    of a run that failed. RunCancelled is raised. Lines of the log name the requests of the API that
    caused the run, as its row of the ledger does."""
    # Every command imports this module, and only a worker the tenth of a second of structlog.
    import structlog

    caused_by = sorted({request.caused_by for request in group if request.caused_by})
    with structlog.contextvars.bound_contextvars(**({"caused_by": caused_by} if caused_by else {})):
        try:
            done = _run(group, caused_by)
        except RunCancelled:
            raise
        except HedgeError as error:
            # Raises where the database is lost.
            connection.execute("select 1")
            return error
        if done is not None and done.state == "PARTIAL":
            # The next incremental run computes it, when that is possible.
            log.error("a run left something out: %s", done.error)
        if done is not None and group:
            told = structlog.get_logger("hedge.queue.requests")
            told.info("clusters computed", run=done.run_id, requests=len(group))
    delete_served(connection, _numbers(group))
    return None


def _run(group: Sequence[Request], caused_by: Sequence[str]) -> runs.Run | None:
    """The run that computes the clusters of some requests; None for ends of past periods, of which
    several runs may compute those of one cluster."""
    clusters = [request.cluster_id for request in group if request.cluster_id is not None]
    if group and group[0].kind == "ENDS":
        runs.ends(clusters[0], caused_by=caused_by)
        return None
    return runs.cluster(clusters, allow_unknown=True, caused_by=caused_by)


def _numbers(group: Sequence[Request]) -> list[int]:
    return [request.request_id for request in group]


def delete_served(connection: psycopg.Connection, ids: Sequence[int]) -> None:
    """Delete requests that a run has served."""
    connection.execute(query("requests_delete_served"), {"requests": list(ids)})


def release(connection: psycopg.Connection, ids: Sequence[int]) -> None:
    """Let requests that were taken wait again, as if they had not been."""
    connection.execute(query("requests_release"), {"requests": list(ids)})


def hold_back(
    connection: psycopg.Connection, requests: Sequence[Request], error: Exception
) -> None:
    """Let requests wait while every run fails. The pause doubles each time, no attempt is used up,
    and a line in the log says why."""
    log.error("every run fails, %d requests wait: %s", len(requests), error)
    connection.execute(
        query("requests_hold_back"),
        {
            "requests": _numbers(requests),
            "error": str(error),
            "first_pause": FIRST_PAUSE,
            "longest_pause": LONGEST_PAUSE,
        },
    )


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
