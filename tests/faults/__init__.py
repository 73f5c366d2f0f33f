"""Faults of the machines around Hedge: clocks, sessions, outages. Each ends as if nothing had been:
what was lost is noticed and mended, and the marts equal a computation from nothing."""

import psycopg

from hedge import runs
from tests.support import (
    BUSY,
    IDLE,
    add_cluster,
    forget_runs,
    marts,
    put,
    pvp_match,
    without_instants,
)


def add_busy_and_idle(connection: psycopg.Connection) -> None:
    """Two clusters, of a wallet and a ranked match each."""
    for cluster, wallet in (("busy", BUSY), ("idle", IDLE)):
        add_cluster(connection, cluster, wallet)
        put(connection, pvp_match(wallet))


def require_equal_to_a_computation_from_nothing(connection: psycopg.Connection) -> None:
    """The marts are what a full run computes that begins without any."""
    found = without_instants(marts(connection))
    assert found["challenge_progress"]
    forget_runs(connection)
    runs.full()
    assert without_instants(marts(connection)) == found
