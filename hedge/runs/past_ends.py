"""The ends of past days, weeks and months: the progress of a cluster at such an instant, where
somebody has asked for it (app.past_ends)."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from hedge import database
from hedge.errors import HedgeError
from hedge.queries import query
from hedge.runs import cancelling
from hedge.runs.executing import run_dbt
from hedge.runs.locks import ready

#: How many ends one run computes. Each is a window over all earlier facts of the cluster.
MOST_ENDS = 31
#: The first key of the advisory lock of a cluster whose ends are computed.
_ENDS_LOCK = 0x656E6473


def ends(cluster: str, caused_by: Sequence[str] = ()) -> int:
    """Compute the ends of past periods that are asked for of a cluster and not stored as they are
    now, the newest ones first; returns how many.

    Each run computes all-time windows until some ends, with the links and the facts of now, and
    writes no mart but cluster_metrics, whose windows of ends are removed again when the run is
    over. caused_by are the ids of the API requests that asked. Nothing is computed of a cluster
    that does not exist. Where a run fails, or stores nothing, that is a HedgeError.
    """
    computed = 0
    with ready() as connection, _alone_with(connection, cluster):
        while wanted := _wanted(connection, cluster):
            run = run_dbt(
                connection,
                ["run", "--select", "cluster_metrics"],
                "ENDS",
                [cluster],
                caused_by=list(caused_by),
                windows=[end["window_key"] for end in wanted],
                ends=wanted,
            )
            stored = {"cluster": cluster, "run": run.run_id}
            number = database.value(connection, query("ends_stored"), stored)
            if not number and _wanted(connection, cluster):
                raise HedgeError(f"run {run.run_id} stored no end of cluster {cluster}")
            computed += number
    return computed


def _wanted(connection: psycopg.Connection, cluster: str) -> list[dict[str, Any]]:
    """The ends to compute in one run, as the variable ends of dbt_project.yml describes them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            query("ends_wanted"), {"cluster": cluster, "limit": MOST_ENDS}
        ).fetchall()


@contextlib.contextmanager
def _alone_with(connection: psycopg.Connection, cluster: str) -> Iterator[None]:
    """Keep other processes from computing ends of a cluster: one would remove the windows of the
    other from cluster_metrics."""
    key = [_ENDS_LOCK, cluster]
    with cancelling.waiting_for_a_lock(connection):
        connection.execute("select pg_advisory_lock(%s, hashtext(%s))", key)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", key)
