"""A server without memory for further locks (max_locks_per_transaction, SQLSTATE 53200)."""

import psycopg
import pytest

from hedge import database, runs
from hedge.queue import requests
from tests.faults import add_busy_and_idle, require_equal_to_a_computation_from_nothing
from tests.faults.soak.disasters import exhaust_locks
from tests.support import progress


@pytest.mark.ci
def test_no_request_uses_up_an_attempt_and_all_are_served_afterwards(
    connection: psycopg.Connection,
) -> None:
    """The error is the server's own; some runs of dbt, so some seconds."""
    runs.full()
    add_busy_and_idle(connection)
    with database.connect() as greedy:
        exhaust_locks(greedy)
        # there is room for the locks of a request, and not for those of a run
        greedy.execute(
            "select pg_advisory_unlock(1936679275, place) from generate_series(1, 100) as place"
        )
        assert requests.serve_clusters(connection) == 0
        left = requests.unserved(connection)
        assert [(one.cluster_id, one.state, one.attempts) for one in left] == [
            ("busy", "WAITING", 0),
            ("idle", "WAITING", 0),
        ]
        assert all("out of shared memory" in (one.error or "") for one in left)
        for one in left:
            requests.retry(connection, one.request_id)
        # and then for none
        exhaust_locks(greedy)
        with pytest.raises(psycopg.errors.OutOfMemory):
            requests.serve_clusters(connection)
        # a session that ends releases its locks a moment later
        greedy.execute("select pg_advisory_unlock_all()")
    assert [one.attempts for one in requests.unserved(connection)] == [0, 0]
    for one in left:
        requests.retry(connection, one.request_id)
    assert requests.serve_clusters(connection) == 2
    assert progress(connection, "busy")["arena_victor"] == 1
    require_equal_to_a_computation_from_nothing(connection)
