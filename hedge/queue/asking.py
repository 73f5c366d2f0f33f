"""Runs of clusters that a living worker does for a command.

A worker has loaded dbt already, which takes a command most of its time. Whatever goes wrong on this
way, the requests of the command are withdrawn, and it computes the clusters itself.
"""

import time
import uuid
from collections.abc import Callable, Sequence

import psycopg

from hedge import database, known_names
from hedge.queries import query
from hedge.queue import requests
from hedge.runs.ledger import Run, run_of_cause

#: Seconds for which a request may wait until a worker takes it.
PATIENCE = 1.0
#: Seconds between two looks at the requests.
PAUSE = 0.02


def compute(
    connection: psycopg.Connection,
    clusters: Sequence[str],
    tell: Callable[[str], object] = lambda sentence: None,
) -> Run | None:
    """Let a worker compute the named clusters; returns its run, which may have computed others as
    well. An unknown cluster is a UsageError.

    None where the caller has to compute them: no worker lives or takes them in time, there are more
    than one run of a worker computes, or the run failed. No request of this call waits then; what a
    worker took in the last moment is computed by both. Where a worker lives, tell is called with a
    sentence that says why the caller has to.
    """
    known_names.require_clusters(connection, clusters)
    if len(set(clusters)) > requests.BATCH:
        return None
    cause = f"command-{uuid.uuid4().hex}"
    since = database.value(connection, "select clock_timestamp()")
    asked = connection.execute(
        query("requests_ask"),
        {"clusters": sorted(set(clusters)), "cause": cause, "dead_after": requests.DEAD_AFTER},
    ).fetchall()
    if not asked:
        return None
    numbers = [number for (number,) in asked]
    try:
        is_served = _are_served(connection, numbers)
    finally:
        for number in numbers:
            connection.execute(query("requests_drop"), {"request": number})
    done = run_of_cause(connection, cause, since) if is_served else None
    if done is None:
        tell("no worker could compute this in time, so that it is computed here")
    return done


def _are_served(connection: psycopg.Connection, numbers: list[int]) -> bool:
    """Wait until a worker has served the requests; False where it fails, or does not take them."""
    begun = time.monotonic()
    while found := connection.execute(query("requests_asked"), {"requests": numbers}).fetchall():
        failed = [is_running for _, has_failed, is_running in found if has_failed]
        if failed and not any(failed):
            return False
        if any(is_running for *_, is_running in found):
            begun = time.monotonic()
        elif time.monotonic() - begun > PATIENCE:
            return False
        time.sleep(PAUSE)
    return True
