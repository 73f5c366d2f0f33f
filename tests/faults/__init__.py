"""Faults of the machines around Hedge: clocks, sessions, outages. Each ends as if nothing had been:
what was lost is noticed and mended, and the marts equal a computation from nothing."""

import psycopg

from hedge import runs
from hedge.runs import clock
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


def stamps(connection: psycopg.Connection) -> dict[str, int]:
    """How many stamps of each column are later than now."""
    found = clock.later_stamps(connection)
    return {f"{each.relation}.{each.column_name}": each.stamps for each in found}


def add_run(connection: psycopg.Connection, lead: str) -> None:
    """A full run that succeeded so much later than now."""
    connection.execute(
        "insert into app.etl_runs (invocation_id, kind, as_of, state, definitions)"
        " select gen_random_uuid(), 'FULL', clock_timestamp() + %s::interval, 'SUCCESS',"
        " app.deployed_definitions()",
        [lead],
    )
