"""The views beside the marts say up to when their rows were verified: a run that writes no row of a
cluster verifies it as well, and a later run may write one row and verify no others."""

import psycopg
import pytest

from hedge import runs
from tests.integration.bucket_story import divide
from tests.support import AS_OF, BUSY, RIVAL, add_cluster, days_ago, put, pvp_match, verified_to

#: Each view, its instant, the mart whose rows it reads, and the columns that are the mart's key.
VIEWS = [
    ("measurements", "verified_to", "cluster_metrics", "cluster_id, window_key"),
    ("standings", "occurred_at", "cluster_metrics", "cluster_id, window_key"),
    ("mastery_parts", "occurred_at", "cluster_metrics", "cluster_id, window_key"),
    ("feat_goals", "occurred_at", "cluster_metrics", "cluster_id, window_key"),
    ("challenge_population", "verified_to", "challenge_progress", "cluster_id, challenge_key"),
]
FIRST, SECOND = days_ago(3), days_ago(2)


@pytest.mark.parametrize("buckets", [1, 2])
def test_a_row_of_a_view_is_verified_when_that_of_its_mart_is(
    connection: psycopg.Connection, buckets: int
) -> None:
    for cluster, wallet in (("busy", BUSY), ("rival", RIVAL)):
        add_cluster(connection, cluster, wallet)
        put(connection, pvp_match(wallet, at=days_ago(9)))
    if buckets > 1:
        divide(connection, buckets)
    # the second run finds both clusters unchanged, and then one of them changes
    for instant in (FIRST, SECOND):
        runs.full(as_of=instant)
    put(connection, pvp_match(BUSY, at=days_ago(1)))
    runs.cluster(["busy"], as_of=AS_OF)

    for view, column, mart, key in VIEWS:
        expected = verified_to(connection, mart)
        rows = connection.execute(f"select {key}, {column} from analytics.{view}").fetchall()
        assert {tuple(of_row): at for *of_row, at in rows} == {
            tuple(of_row): expected[tuple(of_row)] for *of_row, _ in rows
        }, view
        assert {at for *_, at in rows} == {SECOND, AS_OF}, view
